"""The verbs that connect patterns: grants, environment and trace in one call.

A verb is typed by what it needs of the other side, so a pair that makes no sense is an error in
the editor. Environment names come from the other side's construct id: `sends_to(telemetry)`
with a stream of id `Telemetry` gives the code TELEMETRY_STREAM_NAME.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_iam as iam
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


class HttpService(Protocol):
    """What answers synchronous calls over HTTP."""

    def address(self) -> tuple[str, str]:
        """The environment variable that holds its URL, and the URL."""
        ...

    def grant_call(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` call it, where the network alone does not."""
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

    def _code(self) -> Iterable[Code]:
        """Each function or container of the pattern."""
        raise NotImplementedError

    def sends_to(self, destination: Destination) -> None:
        """Lets the code send messages to a queue, topic, stream or worker, and tells it where."""
        name, value = destination.address()
        for code in self._code():
            destination.grant_send(code.grant_principal)
            code.add_environment(name, value)

    def calls(self, service: HttpService) -> None:
        """Lets the code call a service over HTTP, and gives it the URL."""
        name, value = service.address()
        for code in self._code():
            service.grant_call(code.grant_principal)
            code.add_environment(name, value)

    def reads(self, store: dynamodb.ITable | s3.IBucket | secretsmanager.ISecret) -> None:
        """Lets the code read a table, bucket or secret, and tells it which."""
        self._uses(store, "grant_read_data" if hasattr(store, "grant_read_data") else "grant_read")

    def writes(self, store: dynamodb.ITable | s3.IBucket) -> None:
        """Lets the code write to a table or bucket, and tells it which. It may not read there."""
        write = "grant_write_data" if hasattr(store, "grant_write_data") else "grant_write"
        self._uses(store, write)

    def _uses(
        self, store: dynamodb.ITable | s3.IBucket | secretsmanager.ISecret, grant: str
    ) -> None:
        suffix = next(
            name for name in ("table_name", "bucket_name", "secret_arn") if hasattr(store, name)
        )
        value: str = getattr(store, suffix)
        for code in self._code():
            getattr(store, grant)(code.grant_principal)
            code.add_environment(environment_name(store.node.id, suffix.upper()), value)


def environment_name(construct_id: str, suffix: str) -> str:
    """`VehicleEvents`, `TOPIC_ARN` -> `VEHICLE_EVENTS_TOPIC_ARN`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|\W+", "_", construct_id)
    return f"{words}_{suffix}".upper()
