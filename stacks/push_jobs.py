"""Messages of a system outside of AWS, brought to phones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import (
    EventStream,
    LambdaWorker,
    PointToPointQueue,
    PushGateway,
    Situation,
    acknowledge,
)

if TYPE_CHECKING:
    from constructs import Construct

# Of one message, with two or three calls to AWS; assumed, not measured there.
_SECONDS_PER_MESSAGE = 0.3
# Of one message on its way from the stream to the queue, which is one call.
_SECONDS_PER_RELAY = 0.02
_MOST_PARALLEL = 10
# (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
_RECORDS_PER_SHARD = 1000
# What stands in the made-up credentials beside their key.
_NO_MORE = "{}"
_MADE_UP = Situation(
    "nobody's credentials: what a laptop's push service takes; an account gives its own by "
    "credentials=",
    cdk=("AwsSolutions-SMG4",),
    checkov=("CKV_AWS_149",),
)


class PushJobs(cdk.Stack):
    """A producer puts jobs into a stream; each reaches its phone, or the phone is gone.

    Args:
        messages_per_minute: How many it is sized for.
        credentials: Name of the secret with the credentials of Firebase, which has to be there
            before. None: made-up ones, which only a laptop's push service takes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        messages_per_minute: float = 3_700,
        credentials: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="Messages to phones")
        per_second = messages_per_minute / 60
        shards = math.ceil(per_second / _RECORDS_PER_SHARD)
        lanes = math.ceil(per_second * _SECONDS_PER_RELAY / shards)

        # producer -> stream -> queue: what buffers, so that the producer never waits
        intake = EventStream(self, "Intake", shards=shards)
        relay = LambdaWorker(self, "Relay", handler="push_jobs.relay.handler")
        jobs = PointToPointQueue(self, "Jobs")
        relay.consumes(intake, parallelization=min(_MOST_PARALLEL, lanes))
        relay.sends_to(jobs)

        # queue -> sender -> SNS -> phones
        sender = LambdaWorker(
            self,
            "Sender",
            handler="push_jobs.sender.handler",
            max_concurrency=max(2, math.ceil(per_second * _SECONDS_PER_MESSAGE)),
        )
        sender.consumes(jobs)
        phones = PushGateway(self, "Phones", credentials=self._secret(credentials))
        phones.serves(sender)

        cdk.CfnOutput(self, "IntakeStream", value=intake.stream.stream_name)

    def _secret(self, name: str | None) -> secretsmanager.ISecret:
        if name is not None:
            return secretsmanager.Secret.from_secret_name_v2(self, "Credentials", name)
        made_up = secretsmanager.Secret(
            self,
            "Credentials",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=_NO_MORE, generate_string_key="PlatformCredential"
            ),
        )
        acknowledge(made_up, _MADE_UP)
        return made_up
