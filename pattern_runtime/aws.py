"""The process's AWS clients: one for each service, with bounded retries and short timeouts."""

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_kinesis import KinesisClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

Service = Literal[
    "dynamodb", "events", "kinesis", "lambda", "s3", "secretsmanager", "sns", "sqs", "stepfunctions"
]

CONFIG = Config(
    # The SDK's own 60 s would outlast the function or the caller; what still fails after these is
    # retried by the queue, the stream or the client.
    connect_timeout=1,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    # As many as a container's thread pool has threads (anyio's default), so that none waits.
    max_pool_connections=40,
)


class Workflows(Protocol):
    """What is used of the client of Step Functions."""

    def start_execution(
        self,
        *,
        stateMachineArn: str,  # noqa: N803 - boto3's own name
        name: str,
        input: str,
    ) -> dict[str, Any]:
        """Start an execution, once for each name."""
        ...


class Buses(Protocol):
    """What is used of the client of EventBridge."""

    def put_events(
        self,
        *,
        Entries: list[dict[str, Any]],  # noqa: N803 - boto3's own name
    ) -> dict[str, Any]:
        """Put events, each of which may fail."""
        ...


@overload
def client(service: Literal["dynamodb"]) -> "DynamoDBClient": ...
@overload
def client(service: Literal["events"]) -> Buses: ...
@overload
def client(service: Literal["kinesis"]) -> "KinesisClient": ...
@overload
def client(service: Literal["lambda"]) -> "LambdaClient": ...
@overload
def client(service: Literal["s3"]) -> "S3Client": ...
@overload
def client(service: Literal["secretsmanager"]) -> "SecretsManagerClient": ...
@overload
def client(service: Literal["sns"]) -> "SNSClient": ...
@overload
def client(service: Literal["sqs"]) -> "SQSClient": ...
@overload
def client(service: Literal["stepfunctions"]) -> Workflows: ...


def client(service: Service) -> object:
    """Return the process's client of the service; the first call makes it.

    Args:
        service: Its name in the SDK.
    """
    return _make(service)


def prepare(*services: Service) -> None:
    """Make the clients now, at import, where Lambda lends a function a full CPU.

    Args:
        services: Their names in the SDK.
    """
    for service in services:
        _make(service)


@cache
def _make(service: Service) -> object:
    made: object = boto3.client(service, config=CONFIG)
    return made
