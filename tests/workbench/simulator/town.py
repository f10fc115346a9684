"""A small town of cars: its template, its scenario, and an engine in which nothing goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hinagata.scenario import (
    ConstantRate,
    Expectations,
    Key,
    LaptopShare,
    Request,
    Scenario,
    ServiceTime,
    Source,
)
from hinagata.simulator.choice import Engine
from hinagata.simulator.model import Network
from hinagata.simulator.network import Built, build_network
from hinagata.simulator.outcome import Outcome, PathLatency, StationSeries
from hinagata.simulator.self_check import Run
from hinagata.simulator.visits import visits
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of

DLQ_ARN = {"Fn::GetAtt": ["HealthDead", "Arn"]}


def arn(logical_id: str) -> dict[str, Any]:
    """Returns a reference to a resource's ARN."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def resource(type_: str, path: str, **properties: Any) -> dict[str, Any]:
    """Returns a resource, with the construct path that the CDK would write beside it."""
    metadata = {"aws:cdk:path": f"Town/{path}"}
    return {"Type": f"AWS::{type_}", "Properties": properties, "Metadata": metadata}


def function(
    name: str, *statements: tuple[list[str], str], **properties: Any
) -> dict[str, dict[str, Any]]:
    """Returns a function that calls itself by its name, and its role."""
    variables = {"POWERTOOLS_SERVICE_NAME": name, **properties.pop("variables", {})}
    return {
        name: resource(
            "Lambda::Function",
            f"{name}/Function/Resource",
            Role=arn(f"{name}Role"),
            Environment={"Variables": variables},
            **properties,
        ),
        f"{name}Role": role(f"{name}/Role/Resource", *statements),
    }


def role(path: str, *statements: tuple[list[str], str]) -> dict[str, Any]:
    """Returns a role that may do actions on resources."""
    allowed = [
        {"Effect": "Allow", "Action": actions, "Resource": arn(target)}
        for actions, target in statements
    ]
    return resource(
        "IAM::Role",
        path,
        Policies=[{"PolicyName": "own", "PolicyDocument": {"Statement": allowed}}],
    )


def mapping(source: str, target: str, **properties: Any) -> dict[str, Any]:
    """Returns an event source mapping."""
    return resource(
        "Lambda::EventSourceMapping",
        f"{target}/From{source}",
        EventSourceArn=arn(source),
        FunctionName={"Ref": target},
        **properties,
    )


def subscription(queue: str, **properties: Any) -> dict[str, Any]:
    """Returns a queue's subscription to the events."""
    return resource(
        "SNS::Subscription",
        f"Events/To{queue}",
        TopicArn={"Ref": "Events"},
        Protocol="sqs",
        Endpoint=arn(queue),
        **properties,
    )


# Cars -> Gateway -> Telemetry -> Ingest -> State, Events -> Health / Theft;
# operators -> Api -> Commands -> Delivery -> Gateway -> Mailbox.
TOWN: Mapping[str, Any] = {
    "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", "Gateway/LoadBalancer/Resource"),
    "Listener": resource(
        "ElasticLoadBalancingV2::Listener",
        "Gateway/Listener",
        LoadBalancerArn={"Ref": "Balancer"},
        DefaultActions=[{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
    ),
    "Group": resource("ElasticLoadBalancingV2::TargetGroup", "Gateway/Targets/Resource"),
    "Task": resource(
        "ECS::TaskDefinition",
        "Gateway/Task/Resource",
        Cpu="2048",
        Memory="4096",
        TaskRoleArn=arn("GatewayRole"),
        ContainerDefinitions=[
            {
                "Name": "Container",
                "Environment": [{"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gateway"}],
            }
        ],
    ),
    "GatewayRole": role(
        "Gateway/Role/Resource",
        (["kinesis:PutRecord"], "Telemetry"),
        (["dynamodb:PutItem"], "Mailbox"),
    ),
    "Service": resource(
        "ECS::Service",
        "Gateway/Service/Service",
        TaskDefinition={"Ref": "Task"},
        DesiredCount=3,
        LoadBalancers=[{"ContainerName": "Container", "TargetGroupArn": {"Ref": "Group"}}],
    ),
    "Scalable": resource(
        "ApplicationAutoScaling::ScalableTarget",
        "Gateway/Service/Target/Resource",
        MinCapacity=2,
        MaxCapacity=8,
        ResourceId={"Fn::Join": ["/", ["service", "cluster", {"Fn::GetAtt": ["Service", "Name"]}]]},
        ScheduledActions=[
            {
                "Schedule": "cron(30 6 * * ? *)",
                "Timezone": "Asia/Tokyo",
                "ScalableTargetAction": {"MinCapacity": 6},
            },
            {
                "Schedule": "cron(0 22 * * ? *)",
                "Timezone": "Asia/Tokyo",
                "ScalableTargetAction": {"MinCapacity": 4},
            },
        ],
    ),
    "Policy": resource(
        "ApplicationAutoScaling::ScalingPolicy",
        "Gateway/Service/Cpu/Resource",
        ScalingTargetId={"Ref": "Scalable"},
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 60,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    ),
    "Telemetry": resource("Kinesis::Stream", "Telemetry/Stream/Resource", ShardCount=4),
    **function(
        "Ingest",
        (["dynamodb:PutItem"], "State"),
        (["sns:Publish"], "Events"),
        (["sqs:SendMessage"], "IngestDead"),
        Timeout=30,
        MemorySize=512,
    ),
    "IngestDead": resource("SQS::Queue", "Ingest/Failures/Resource"),
    "FromTelemetry": mapping(
        "Telemetry",
        "Ingest",
        BatchSize=50,
        ParallelizationFactor=2,
        MaximumRetryAttempts=5,
        BisectBatchOnFunctionError=True,
        DestinationConfig={"OnFailure": {"Destination": arn("IngestDead")}},
    ),
    "State": resource("DynamoDB::Table", "State/Resource", BillingMode="PAY_PER_REQUEST"),
    "Mailbox": resource("DynamoDB::Table", "Mailbox/Resource", BillingMode="PAY_PER_REQUEST"),
    "Events": resource("SNS::Topic", "Events/Topic/Resource"),
    "HealthQueue": resource(
        "SQS::Queue",
        "HealthChecks/Queue/Resource",
        VisibilityTimeout=180,
        RedrivePolicy={"deadLetterTargetArn": DLQ_ARN, "maxReceiveCount": 5},
    ),
    "HealthDead": resource("SQS::Queue", "HealthChecks/DeadLetters/Resource"),
    "ToHealth": subscription("HealthQueue", FilterPolicy={"type": ["telemetry"]}),
    **function("Health", Timeout=30, ReservedConcurrentExecutions=20),
    "FromHealth": mapping(
        "HealthQueue",
        "Health",
        ScalingConfig={"MaximumConcurrency": 15},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    ),
    "TheftQueue": resource("SQS::Queue", "TheftReports/Queue/Resource"),
    "ToTheft": subscription("TheftQueue", FilterPolicy={"type": ["alarm"]}),
    **function("Theft"),
    "FromTheft": mapping("TheftQueue", "Theft"),
    "Api": resource("ApiGateway::RestApi", "CommandApi/Api/Resource"),
    "Stage": resource(
        "ApiGateway::Stage",
        "CommandApi/Api/Stage",
        RestApiId={"Ref": "Api"},
        MethodSettings=[{"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 200}],
    ),
    "Method": resource(
        "ApiGateway::Method",
        "CommandApi/Api/POST",
        RestApiId={"Ref": "Api"},
        Integration={
            "Type": "AWS_PROXY",
            "Uri": {
                "Fn::Join": ["", ["arn:aws:apigateway:x:lambda:path/", arn("Command"), "/invoke"]]
            },
        },
    ),
    **function("Command", (["sqs:SendMessage"], "CommandQueue"), Timeout=10),
    "CommandQueue": resource("SQS::Queue", "Commands/Queue/Resource"),
    "FromCommands": mapping("CommandQueue", "Delivery"),
    **function(
        "Delivery",
        variables={
            "GATEWAY": {"Fn::Join": ["", ["http://", {"Fn::GetAtt": ["Balancer", "DNSName"]}]]}
        },
    ),
}


def town(**changed: Any) -> Topology:
    """Returns the town's topology, with resources changed or, if None, left out."""
    resources = {name: each for name, each in {**TOWN, **changed}.items() if each is not None}
    return topology_of(Town={"Resources": resources})


def source(name: str, entry: str, per_second: float, *reaches: str, **changed: Any) -> Source:
    """Returns a source of messages at a steady rate."""
    made = Source(
        name=name,
        entry=entry,
        request=Request(method="POST", path="/{car}", body={"car": "", "text": "x" * 80}),
        rate=ConstantRate(per_second=per_second),
        keys={"car": Key(cardinality=1000)},
        reaches=reaches,
        run=LaptopShare(messages=1, per_second=1, keys=1),
    )
    return replace(made, **changed)


CARS = source("cars", "Gateway", 40.0, "Gateway", "Ingest", "Health")
ALARMS = source("alarms", "Gateway", 2.0, "Gateway", "Ingest", "Theft")
OPERATORS = source("operators", "CommandApi", 1.0, "Command", "Delivery", "Gateway")
HOPS = ("Gateway", "Ingest", "Health", "Theft", "Command", "Delivery")


def scenario(*sources: Source, **changed: Any) -> Scenario:
    """Returns a quarter of an hour in town; by default with all of its sources."""
    made = Scenario(
        name="town",
        file=Path("town.yaml"),
        sources={each.name: each for each in sources or (CARS, ALARMS, OPERATORS)},
        seed=7,
        duration_seconds=900.0,
        service_times={hop: ServiceTime(mean_seconds=0.04, cold_start_seconds=0.3) for hop in HOPS},
        expectations=Expectations(),
    )
    return replace(made, **changed)


def built(*sources: Source, topology: Topology | None = None, **changed: Any) -> Built:
    """Returns the town's network."""
    return build_network(topology or town(), scenario(*sources, **changed))


def nothing_happens(name: Engine) -> Run:
    """Returns an engine in whose world every message is done with at once."""

    def run(network: Network) -> Outcome:
        ticks = int(np.ceil(network.duration_s))
        sent = {each.name: each.rate for each in network.traffic}
        stations = {}
        for station, came in visits(network).items():
            series = StationSeries.zeros(ticks)
            for each, times in came.items():
                series.arrivals[:] += [
                    times * sent[each].count(second, second + 1) for second in range(ticks)
                ]
            stations[station] = replace(
                series, attempts=series.arrivals, done=series.arrivals, calls=series.arrivals
            )
        return Outcome(
            engine=name,
            tick_s=1.0,
            duration_s=network.duration_s,
            stations={**stations, "": StationSeries.zeros(ticks)},
            sent={source: rate.count(0.0, network.duration_s) for source, rate in sent.items()},
            latencies=tuple(
                PathLatency(source=each, station=station, p50_s=0.1, p95_s=0.2, p99_s=0.3)
                for station, came in visits(network).items()
                for each in came
            ),
        )

    return run
