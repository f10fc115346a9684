"""What a pattern sets where nothing is asked for: from the template of its smallest use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.catalogue.material.naming import Names
from hinagata.catalogue.material.proofs import Proof, Proofs
from hinagata.topology.graph import Topology

# Alarms and permissions are told of for themselves.
_ELSEWHERE = (
    "AWS::CloudWatch::Alarm",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::Lambda::Permission",
    "Hinagata::",
)
_ASSETS = ("Code.S3", "Content.S3", "ContainerDefinitions")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One property of one resource.

    Attributes:
        resource: The resource, by its construct.
        type: Its CloudFormation type.
        path: The property's path, as `StreamEncryption.KeyId`.
        value: In words; the whole of it.
        proof: The test that holds it: one that names it, else the one that holds all settings.
    """

    resource: str
    type: str
    path: str
    value: str
    proof: Proof

    @property
    def is_asset(self) -> bool:
        """Whether it says where code lies, by a hash that changes with the code."""
        return self.path.startswith(_ASSETS)


def read_settings(topology: Topology, pattern: str, proofs: Proofs) -> tuple[Setting, ...]:
    """Returns all settings of a template, resource by resource, in its own order.

    Args:
        topology: Of the smallest use of a pattern.
        pattern: Whose tests come first.
        proofs: All tests.
    """
    return tuple(_settings(topology, pattern, proofs))


def _settings(topology: Topology, pattern: str, proofs: Proofs) -> Iterator[Setting]:
    names = Names(topology)
    for node in topology.nodes:
        if node.type.startswith(_ELSEWHERE):
            continue
        for path, value in names.settings(node):
            yield Setting(
                resource=node.name,
                type=node.type,
                path=path,
                value=value,
                proof=proofs.of(pattern, node.type, path, value),
            )
