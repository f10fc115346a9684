"""A two-way gateway between cars and the services that follow them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import (
    EventStream,
    FanOut,
    LambdaWorker,
    PointToPointQueue,
    ProactiveService,
    ReactiveApi,
    Route,
    ScheduledStep,
    Situation,
    acknowledge,
    python_image,
)
from stacks._tables import keyed_table

if TYPE_CHECKING:
    from constructs import Construct

# A car reports once a minute; a shard takes 1,000 records a second
# (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
_REPORTS_PER_CAR_PER_SECOND = 1 / 60
_RECORDS_PER_SHARD = 1000
# What a quarter of a vCPU is expected to take at 60 % load, one record a request; not measured.
_REPORTS_PER_TASK = 200
_AWS_KEY = Situation(
    "encrypted with AWS's own key; a key of your own has a price each month",
    checkov=("CKV_AWS_149",),
)
_CHANGED_BY_HAND = Situation(
    "both sides read it when they start; change it, then restart both", cdk=("AwsSolutions-SMG4",)
)
_BOUNDED_WRITERS = (
    "who uses it is bounded: by the stream's shards, the tasks' ceiling, a worker's concurrency"
)
_COMMAND = {
    "type": "object",
    "required": ["command"],
    "properties": {"command": {"enum": ["lock", "unlock", "immobilise", "honk"]}},
}


class ConnectedCar(cdk.Stack):
    """Cars report to a gateway; services follow them, and send them commands.

    Args:
        cars: For how many cars gateway and stream are sized, at one report a minute by day and a
            twelfth by night. Of the rest `hinagata plan` says what it needs for so many.
    """

    def __init__(self, scope: Construct, construct_id: str, *, cars: int = 1_000) -> None:
        super().__init__(scope, construct_id, description="Connected-car platform")
        reports = cars * _REPORTS_PER_CAR_PER_SECOND
        tasks = max(2, math.ceil(reports / _REPORTS_PER_TASK))

        # Devices: car -> gateway -> telemetry -> ingest -> its state, and an event
        self.gateway = ProactiveService(
            self,
            "DeviceGateway",
            image=python_image("connected_car"),
            command=["python", "-m", "connected_car.gateway"],
            max_tasks=2 * tasks,
            steps=[
                ScheduledStep(at="cron(30 6 * * ? *)", min_tasks=tasks, time_zone="Asia/Tokyo"),
                ScheduledStep(at="cron(0 22 * * ? *)", min_tasks=2, time_zone="Asia/Tokyo"),
            ],
        )
        shards = max(1, math.ceil(reports / _RECORDS_PER_SHARD))
        telemetry = EventStream(self, "Telemetry", shards=shards)
        ingest = LambdaWorker(self, "Ingest", handler="connected_car.ingest.handler")
        vehicle_state = keyed_table(self, "VehicleState", "vehicle_id", bounded=_BOUNDED_WRITERS)
        vehicle_events = FanOut(self, "VehicleEvents")
        self.gateway.sends_to(telemetry)
        ingest.consumes(telemetry, parallelization=10)
        ingest.writes(vehicle_state)
        ingest.sends_to(vehicle_events)

        # Followers: each at its own pace, behind a queue of its own
        health_checks = PointToPointQueue(self, "HealthChecks")
        health_check = LambdaWorker(
            self, "HealthCheck", handler="connected_car.health_check.handler"
        )
        vehicle_events.delivers_to(health_checks, only={"type": ["vehicle.telemetry"]})
        health_check.consumes(health_checks)

        theft_reports = PointToPointQueue(self, "TheftReports")
        theft_tracking = LambdaWorker(
            self, "TheftTracking", handler="connected_car.theft_tracking.handler", idempotent=True
        )
        vehicle_events.delivers_to(theft_reports, only={"type": ["vehicle.alarm"]})
        theft_tracking.consumes(theft_reports)

        partner_updates = PointToPointQueue(self, "PartnerUpdates")
        partner_feed = LambdaWorker(
            self, "PartnerFeed", handler="connected_car.partner_feed.handler"
        )
        vehicle_events.delivers_to(partner_updates)
        partner_feed.consumes(partner_updates)

        # Retries: capped, so that a partner's outage cannot starve the API of concurrency
        retries = PointToPointQueue(self, "Retries", max_receive_count=10)
        partner_retry = LambdaWorker(
            self, "PartnerRetry", handler="connected_car.partner_retry.handler", max_concurrency=2
        )
        partner_feed.sends_to(retries)
        partner_retry.consumes(retries)

        # Services: API -> commands -> delivery -> gateway -> the car's mailbox
        self.command_api = ReactiveApi(
            self,
            "CommandApi",
            routes={
                "POST /vehicles/{vehicle_id}/commands": Route(
                    handler="connected_car.commands.handler", body=_COMMAND
                )
            },
        )
        commands = PointToPointQueue(self, "Commands")
        command_delivery = LambdaWorker(
            self, "CommandDelivery", handler="connected_car.command_delivery.handler"
        )
        command_mailbox = keyed_table(
            self,
            "CommandMailbox",
            "vehicle_id",
            "command_id",
            bounded=_BOUNDED_WRITERS,
            ttl="expires_at",
        )
        gateway_token = secretsmanager.Secret(self, "GatewayToken")
        acknowledge(gateway_token, _CHANGED_BY_HAND, _AWS_KEY)
        self.command_api.sends_to(commands)
        command_delivery.consumes(commands)
        command_delivery.calls(self.gateway)
        command_delivery.reads(gateway_token)
        self.gateway.reads(gateway_token)
        self.gateway.reads(command_mailbox)
        self.gateway.writes(command_mailbox)

        cdk.CfnOutput(self, "GatewayUrl", value=self.gateway.url)
        cdk.CfnOutput(self, "CommandApiUrl", value=self.command_api.url)
