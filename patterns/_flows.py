"""The verbs that connect patterns: grants, environment and trace in one call.

A verb is typed by what it needs of the other side, so a pair that makes no sense is an error in
the editor. Environment names come from the other side's construct id: `sends_to(telemetry)`
with a stream of id `Telemetry` gives the code TELEMETRY_STREAM_NAME.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from aws_cdk import aws_iam as iam
from constructs import Construct

from patterns._acknowledgements import (
    OBJECTS_OF_ONE_BUCKET,
    Situation,
    acknowledge,
    acknowledge_key,
)
from patterns._asked import resource_of, stack_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_secretsmanager as secretsmanager


class Destination(Protocol):
    """Where messages can be sent: a queue, a topic, a stream, a worker."""

    def address(self) -> tuple[str, str]:
        """The environment variable that names it to a sender, and its value."""
        ...

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` send to it, and nothing else."""
        ...


class Service(Protocol):
    """What answers synchronous calls: over HTTP, or a function that is invoked."""

    def address(self) -> tuple[str, str]:
        """The environment variable that holds its URL or name, and that."""
        ...

    def grant_call(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` call it, where the network alone does not."""
        ...


class Store(Protocol):
    """What keeps data and knows itself what its readers and writers need."""

    def address(self) -> tuple[str, str]:
        """The environment variable that names it, and its value."""
        ...

    def grant_reads(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` read, and nothing else."""
        ...

    def grant_writes(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` write, and nothing else."""
        ...


class Records(Protocol):
    """What is consumed in order, shard by shard: a stream, or the changes of a table."""

    construct_id: str
    iterator_age_alarm: cdk.Duration

    @property
    def stream_arn(self) -> str:
        """The ARN of the stream."""
        ...

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` read its records."""
        ...


class Code(Protocol):
    """Something that runs code under a principal of its own: a function or a container."""

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The identity that the code runs as."""
        ...

    def add_environment(self, name: str, value: str) -> object:
        """Gives the code one more environment variable."""
        ...


class Sender:
    """The verbs of a pattern that runs code."""

    _id: str
    _told: dict[str, str] | None = None

    def _code(self) -> Iterable[Code]:
        """Each function or container of the pattern."""
        raise NotImplementedError

    def sends_to(self, destination: Destination) -> None:
        """Lets the code send messages to a queue, topic, stream or worker, and tells it where."""
        address = destination.address()
        for code in self._told_where(*address):
            destination.grant_send(code.grant_principal)
            code.add_environment(*address)

    def calls(self, service: Service) -> None:
        """Lets the code call a service and wait for its answer, and gives it the URL or name."""
        address = service.address()
        for code in self._told_where(*address):
            service.grant_call(code.grant_principal)
            code.add_environment(*address)

    def reads(self, store: Store | dynamodb.ITable | s3.IBucket | secretsmanager.ISecret) -> None:
        """Lets the code read a store, table, bucket or secret, and tells it which."""
        name = self._name_of(store)
        for code in self._told_where(*name):
            grantee = code.grant_principal
            if hasattr(store, "grant_reads"):
                store.grant_reads(grantee)
            elif hasattr(store, "bucket_arn"):
                _grant_on_objects(store, grantee, "s3:GetObject", "s3:ListBucket")  # type: ignore[arg-type]  # has bucket_arn
            elif hasattr(store, "grant_read_data"):
                store.grant_read_data(grantee)
            else:
                store.grant_read(grantee)
            code.add_environment(*name)

    def writes(self, store: Store | dynamodb.ITable | s3.IBucket) -> None:
        """Lets the code write to a store, table or bucket, and tells it which; not read there."""
        name = self._name_of(store)
        for code in self._told_where(*name):
            grantee = code.grant_principal
            if hasattr(store, "grant_writes"):
                store.grant_writes(grantee)
            elif hasattr(store, "bucket_arn"):
                _grant_on_objects(store, grantee, "s3:PutObject", "s3:AbortMultipartUpload")  # type: ignore[arg-type]  # has bucket_arn
            else:
                store.grant_write_data(grantee)
                acknowledge_key(grantee, getattr(store, "encryption_key", None))
            code.add_environment(*name)

    def told(self, variables: Mapping[str, str]) -> Iterable[Code]:
        """Gives the code variables, and returns each function or container that has them."""
        for name, value in variables.items():
            for code in self._told_where(name, value):
                code.add_environment(name, value)
        return self._code()

    def _name_of(
        self, store: Store | dynamodb.ITable | s3.IBucket | secretsmanager.ISecret
    ) -> tuple[str, str]:
        if hasattr(store, "address") and hasattr(store, "grant_reads"):
            return store.address()
        for suffix in ("table_name", "bucket_name", "secret_arn"):
            # Asked of the class: of the store itself it would be a question to Node.
            if hasattr(type(store), suffix):
                return environment_name(store.node.id, suffix.upper()), getattr(store, suffix)
        message = (
            f"{self._id}: {type(store).__name__} is no table, bucket or secret, which is what can "
            "be read and written: sends_to() reaches a queue, topic, stream or worker"
        )
        raise TypeError(message)

    def _told_where(self, name: str, value: str) -> Iterable[Code]:
        """The code to wire, once it is sure that the variable means nothing else already.

        Raises:
            ValueError: The environment, or another resource of one id, gave it another value.
        """
        self._told = self._told or {}
        if self._told.setdefault(name, value) != value:
            message = (
                f"{self._id}: the variable {name} already has another value, from environment= or "
                "from another resource of one id: leave it out there, or give one another id"
            )
            raise ValueError(message)
        return self._code()


def _grant_on_objects(bucket: s3.IBucket, grantee: iam.IPrincipal, *actions: str) -> None:
    # IBucket.grant_read() and grant_write() give whole families, such as s3:GetObject*.
    iam.Grant.add_to_principal_or_resource(
        actions=list(actions),
        grantee=grantee,
        resource=bucket,
        resource_arns=[bucket.bucket_arn, bucket.arn_for_objects("*")],
    )
    if bucket.encryption_key is not None:
        bucket.encryption_key.grant(grantee, "kms:Decrypt", "kms:GenerateDataKey")
    resource = resource_of(bucket)
    if resource is not None and isinstance(grantee, Construct):
        name = stack_of(bucket).get_logical_id(resource)
        rule = f"AwsSolutions-IAM5[Resource::<{name}.Arn>/*]"
        acknowledge(grantee, Situation(OBJECTS_OF_ONE_BUCKET, cdk=(rule,)))


def environment_name(construct_id: str, suffix: str) -> str:
    """`VehicleEvents`, `TOPIC_ARN` -> `VEHICLE_EVENTS_TOPIC_ARN`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|\W+", "_", construct_id)
    return f"{words}_{suffix}".upper()
