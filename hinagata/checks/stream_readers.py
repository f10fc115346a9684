"""What reads streams: event source mappings and pipes, with where their settings stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_KAFKA = ("Topics", "SelfManagedEventSource", "AmazonManagedKafkaEventSourceConfig")


class StreamReader(NamedTuple):
    """A mapping or pipe that reads a stream.

    Attributes:
        node: The mapping or pipe.
        at: Path of its settings: empty for a mapping.
        failures: Path of the destination of what it gives up.
        is_kafka: Whether it reads Kafka, else Kinesis or DynamoDB.
    """

    node: Node
    at: tuple[str, ...]
    failures: tuple[str, ...]
    is_kafka: bool

    @property
    def is_pipe(self) -> bool:
        """Whether it is a pipe of EventBridge, not a mapping of Lambda."""
        return bool(self.at)

    def property(self, name: str) -> str:
        """The path of a setting, for a finding."""
        return ".".join((*self.at, name))


def stream_readers(topology: Topology) -> Iterator[StreamReader]:
    """Yields the readers of Kinesis, DynamoDB and Kafka streams, wherever the stream is declared.

    Told by their own properties: only streams have a starting position. Change streams of
    DocumentDB have none of the settings that checks ask for, and Kafka has none in pipes.
    """
    for mapping in topology.of_type("AWS::Lambda::EventSourceMapping"):
        if mapping.get("StartingPosition") is None:
            continue
        if mapping.get("DocumentDBEventSourceConfig") is None:
            yield StreamReader(
                node=mapping,
                at=(),
                failures=("DestinationConfig", "OnFailure", "Destination"),
                is_kafka=any(mapping.get(name) is not None for name in _KAFKA),
            )
    for pipe in topology.of_type("AWS::Pipes::Pipe"):
        for name in ("KinesisStreamParameters", "DynamoDBStreamParameters"):
            at = ("SourceParameters", name)
            if pipe.get(*at) is not None:
                yield StreamReader(
                    node=pipe, at=at, failures=(*at, "DeadLetterConfig", "Arn"), is_kafka=False
                )
