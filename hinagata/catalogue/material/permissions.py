"""Who may do what: the statements of all policies in a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hinagata.catalogue.material.naming import Names
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_ROLE, _POLICY = "AWS::IAM::Role", "AWS::IAM::Policy"
_OF_RESOURCES = ("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One statement.

    Attributes:
        who: The role or the principal.
        effect: "may" or "may not".
        actions: As IAM calls them.
        resources: What they are done to.
        condition: Under which condition; empty if under any.
    """

    who: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str


def read_permissions(topology: Topology) -> tuple[Permission, ...]:
    """Returns what the policies of a template permit and forbid, each once."""
    return tuple(dict.fromkeys(_permissions(topology)))


def _permissions(topology: Topology) -> Iterator[Permission]:
    names = Names(topology)
    for node in topology.of_type(_ROLE):
        policies = node.written("Policies")
        for policy in policies if isinstance(policies, list) else ():
            yield from _statements(node.name, policy.get("PolicyDocument"), names, node)
    for node in topology.of_type(_POLICY):
        roles = names.shown(node.written("Roles"), node.template.name)
        yield from _statements(roles, node.written("PolicyDocument"), names, node)
    for node in topology.of_type(*_OF_RESOURCES):
        yield from _statements("", node.written("PolicyDocument"), names, node)


def _statements(who: str, document: object, names: Names, node: Node) -> Iterator[Permission]:
    if not isinstance(document, Mapping):
        return
    stack = node.template.name
    for statement in document.get("Statement", ()):
        principal = statement.get("Principal")
        yield Permission(
            who=who or _principal(principal, names, stack),
            effect="may" if statement.get("Effect") == "Allow" else "may not",
            actions=tuple(names.shown(each, stack) for each in _list(statement.get("Action"))),
            resources=tuple(names.shown(each, stack) for each in _list(statement.get("Resource"))),
            condition=_condition(statement.get("Condition"), names, stack),
        )


def _principal(principal: object, names: Names, stack: str) -> str:
    if isinstance(principal, Mapping):
        return ", ".join(names.shown(each, stack) for each in principal.values())
    return "anybody" if principal == "*" else names.shown(principal, stack)


def _condition(condition: object, names: Names, stack: str) -> str:
    if not isinstance(condition, Mapping):
        return ""
    return "; ".join(
        f"{key} {operator} {names.shown(value, stack)}"
        for operator, keys in condition.items()
        for key, value in keys.items()
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
