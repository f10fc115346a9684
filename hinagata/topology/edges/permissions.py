"""IAM: which role code runs as, and what the role's policies let it read and write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder, once
from hinagata.topology.edges.containers import SERVICE, TASK_DEFINITION, computes_of
from hinagata.topology.edges.environment import named_to
from hinagata.topology.edges.target import EXTERNAL, FUNCTION, Target, targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Text, Value, alternatives, items, referenced

if TYPE_CHECKING:
    from hinagata.topology.world import World

_ROLE = "AWS::IAM::Role"
_MANAGED = "AWS::IAM::ManagedPolicy"

# What runs as a role, and the property that names it.
_RUNS_AS = {
    FUNCTION: "Role",
    TASK_DEFINITION: "TaskRoleArn",
    "AWS::StepFunctions::StateMachine": "RoleArn",
    "AWS::Pipes::Pipe": "RoleArn",
}


@dataclass(frozen=True, slots=True, eq=False)
class Access:
    """Actions of a service that come to the same for an architecture.

    Attributes:
        service: The service's prefix in actions.
        kind: Whether they read or write.
        actions: Their names, the one that says most first.
        types: CloudFormation types of the resources that they are allowed on.
    """

    service: str
    kind: Kind
    actions: tuple[str, ...]
    types: tuple[str, ...]


_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
_BUSES = ("AWS::Events::EventBus", "Hinagata::DefaultBus")
_APIS = ("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api")
# Names as in the Service Authorization Reference, "Actions defined by ..." of each service: those
# that move data or start code. A batch is allowed by the single one where that has no name here.
_ACCESSES = (
    Access("sqs", Kind.MAY_WRITE, ("SendMessage",), ("AWS::SQS::Queue",)),
    Access("sqs", Kind.MAY_READ, ("ReceiveMessage",), ("AWS::SQS::Queue",)),
    Access("sns", Kind.MAY_WRITE, ("Publish",), ("AWS::SNS::Topic",)),
    Access("kinesis", Kind.MAY_WRITE, ("PutRecord", "PutRecords"), ("AWS::Kinesis::Stream",)),
    Access("kinesis", Kind.MAY_READ, ("GetRecords", "SubscribeToShard"), ("AWS::Kinesis::Stream",)),
    Access(
        "firehose",
        Kind.MAY_WRITE,
        ("PutRecord", "PutRecordBatch"),
        ("AWS::KinesisFirehose::DeliveryStream",),
    ),
    Access(
        "dynamodb",
        Kind.MAY_WRITE,
        (
            "PutItem",
            "UpdateItem",
            "BatchWriteItem",
            "DeleteItem",
            "PartiQLInsert",
            "PartiQLUpdate",
            "PartiQLDelete",
        ),
        _TABLES,
    ),
    Access(
        "dynamodb",
        Kind.MAY_READ,
        ("GetItem", "Query", "BatchGetItem", "Scan", "PartiQLSelect", "GetRecords"),
        _TABLES,
    ),
    Access("s3", Kind.MAY_WRITE, ("PutObject", "DeleteObject"), ("AWS::S3::Bucket",)),
    Access("s3", Kind.MAY_READ, ("GetObject", "ListBucket"), ("AWS::S3::Bucket",)),
    Access("events", Kind.MAY_WRITE, ("PutEvents",), _BUSES),
    Access("lambda", Kind.MAY_WRITE, ("InvokeFunction", "InvokeFunctionUrl"), (FUNCTION,)),
    Access("states", Kind.MAY_WRITE, ("StartExecution",), ("AWS::StepFunctions::StateMachine",)),
    Access(
        "states", Kind.MAY_WRITE, ("StartSyncExecution",), ("AWS::StepFunctions::StateMachine",)
    ),
    Access("ecs", Kind.MAY_WRITE, ("RunTask",), (TASK_DEFINITION,)),
    Access("iot", Kind.MAY_WRITE, ("Publish",), ()),
    Access("execute-api", Kind.MAY_WRITE, ("Invoke", "ManageConnections"), _APIS),
)
# What all of a resource's parts are written as: a bucket's objects, a function's versions.
_ALL_PARTS = re.compile(r"(?:[:/]\*)+$")
# What is left of an ARN that means every resource of a kind.
_KINDS = ("deliverystream", "event-bus", "function", "stateMachine", "stream", "table", "topic")
_ARN_FIELDS = 6


def accesses(service: str, action: str) -> Iterator[tuple[Access, str]]:
    """Yields what an action of a service comes to, with the action's proper name.

    Args:
        service: E.g. "dynamodb".
        action: E.g. "putItem"; case does not count.
    """
    for access, at in _matched(f"{service}:{action}"):
        yield access, access.actions[at]


def accepts(access: Access, node: Node) -> bool:
    """Whether an action can be one on a node; on what lies outside, the ARN's service tells."""
    if node.type == EXTERNAL:
        # arn:partition:service:..., or the URL of a queue.
        service = node.logical_id.split(":", 3)[2:3]
        return service == [access.service] or f"/{access.service}." in node.logical_id
    return node.type in access.types


@lru_cache(maxsize=4096)
def _matched(pattern: str) -> tuple[tuple[Access, int], ...]:
    """Returns the accesses of an action with wildcards, and which of their actions is the first."""
    service, _, action = pattern.lower().partition(":")
    if not action:
        service, action = ("*", "*") if service == "*" else ("", "")
    found = []
    for access in _ACCESSES:
        if not fnmatchcase(access.service, service):
            continue
        for at, name in enumerate(access.actions):
            if fnmatchcase(name.lower(), action):
                found.append((access, at))
                break
    return tuple(found)


def roles_of(compute: Node, world: World) -> tuple[Node, ...]:
    """Returns the roles that a function, service, workflow or pipe runs as."""
    return _assumed(world)[0].get(compute, ())


def _computes_as(role: Node, world: World) -> tuple[Node, ...]:
    return _assumed(world)[1].get(role, ())


@once
def _assumed(world: World) -> tuple[dict[Node, tuple[Node, ...]], dict[Node, tuple[Node, ...]]]:
    """The roles of each compute, and the computes of each role."""
    roles: dict[Node, tuple[Node, ...]] = {}
    computes: dict[Node, tuple[Node, ...]] = {}
    for type_, property_ in _RUNS_AS.items():
        for node in world.of_type(type_):
            for role, _ in targets(node, world, property_, named=_ROLE):
                for compute in computes_of(node, world):
                    roles[compute] = (*roles.get(compute, ()), role)
                    computes[role] = (*computes.get(role, ()), compute)
    return roles, computes


def _policy(property_: str) -> Builder:
    def build(policy: Node, world: World) -> Iterator[Edge]:
        roles = [role for role, _ in targets(policy, world, property_, named=_ROLE)]
        computes = [compute for role in roles for compute in _computes_as(role, world)]
        yield from _allowed(computes, policy, ("PolicyDocument",), world)

    return build


def _role(role: Node, world: World) -> Iterator[Edge]:
    computes = _computes_as(role, world)
    if not computes:
        return
    for index in range(len(role.items("Policies") or ())):
        yield from _allowed(computes, role, ("Policies", index, "PolicyDocument"), world)
    if world.of_type(_MANAGED):
        for policy in role.nodes("ManagedPolicyArns"):
            if policy.type == _MANAGED:
                yield from _allowed(computes, policy, ("PolicyDocument",), world)


def _allowed(
    computes: Iterable[Node], policy: Node, path: tuple[str | int, ...], world: World
) -> Iterator[Edge]:
    """Yields what the statements of a policy allow to those that run as its roles."""
    # Of the actions of one access on one resource, the one that says most is told.
    found: dict[tuple[Access, Target], int] = {}
    for matched, resources in _allowances(policy, path):
        if "*" in items(resources):
            for compute in computes:
                yield from _on_what_it_knows(compute, matched, policy, world)
        for resource in _resources(resources):
            for target in targets_of(resource, world):
                for access, at in matched.items():
                    if accepts(access, target.node):
                        key = (access, target)
                        found[key] = min(at, found.get(key, at))
    for (access, (node, through)), at in found.items():
        detail = f"{access.service}:{access.actions[at]}"
        for compute in computes:
            yield Edge(compute, node, access.kind, policy, through, detail)


def _on_what_it_knows(
    compute: Node, matched: dict[Access, int], policy: Node, world: World
) -> Iterator[Edge]:
    """Yields what code may do that may do it to every resource, if it knows one.

    It knows those that its environment names. The default bus needs no name, where there is no
    other; but who may do everything says nothing of it.
    """
    known = list(dict.fromkeys(named_to(compute, world)))
    for access, at in matched.items():
        fit = [target for target in known if accepts(access, target.node)]
        if not fit and access.types == _BUSES and not world.of_type(_BUSES[0]):
            fit = [Target(world.default_bus)] if len(matched) < len(_ACCESSES) else []
        for node, through in fit:
            if node is not compute:
                detail = f"{access.service}:{access.actions[at]}"
                yield Edge(compute, node, access.kind, policy, through, detail)


def _allowances(
    policy: Node, path: tuple[str | int, ...]
) -> Iterator[tuple[dict[Access, int], Value]]:
    """Yields what each statement that allows something allows, and on which resources."""
    raw: Any = policy.raw.get("Properties")
    for step in (*path, "Statement"):
        if isinstance(raw, list) and isinstance(step, int):
            # What is resolved may have items that are not written here, e.g. by a condition.
            raw = raw[step] if step < len(raw) else None
        else:
            raw = raw.get(step) if isinstance(raw, dict) else None
    if not isinstance(raw, list):
        for statement in policy.items(*path, "Statement") or ():
            yield from _allowance(statement)
        return
    for statement in raw:
        actions = _plain_actions(statement)
        if actions is None:
            for resolved in alternatives(policy.template.resolve(statement)):
                yield from _allowance(resolved)
        elif matched := _matched_by(actions):
            # Most statements move no data: only the resources of the others are resolved.
            yield matched, policy.template.resolve(statement.get("Resource"))


def _plain_actions(statement: Any) -> tuple[str, ...] | None:
    """Returns the actions of a statement that can be read as it stands; None of others."""
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return None
    if statement["Effect"] == "Deny":
        return ()
    listed = statement.get("Action")
    actions = tuple(listed) if isinstance(listed, list) else (listed,)
    return actions if all(isinstance(action, str) for action in actions) else None


def _allowance(statement: Value) -> Iterator[tuple[dict[Access, int], Value]]:
    if walk(statement, "Effect") != "Allow":
        return
    actions = _strings(walk(statement, "Action"))
    excepted = _strings(walk(statement, "NotAction"))
    matched = _matched_by(tuple(actions)) if actions else _all_but(excepted) if excepted else {}
    if matched:
        yield matched, walk(statement, "Resource")


@lru_cache(maxsize=4096)
def _matched_by(actions: tuple[str, ...]) -> dict[Access, int]:
    """Returns the accesses of some actions, with the first of the actions of each."""
    found: dict[Access, int] = {}
    for action in actions:
        for access, at in _matched(action):
            found[access] = min(at, found.get(access, at))
    return found


def _all_but(patterns: list[str]) -> dict[Access, int]:
    first = ((access, _first_other_than(access, patterns)) for access in _ACCESSES)
    return {access: at for access, at in first if at is not None}


def _first_other_than(access: Access, patterns: list[str]) -> int | None:
    for at, name in enumerate(access.actions):
        action = f"{access.service}:{name}".lower()
        if not any(fnmatchcase(action, pattern.lower()) for pattern in patterns):
            return at
    return None


def _strings(value: Value) -> list[str]:
    return [each for each in items(value) if isinstance(each, str)]


def _resources(value: Value) -> Iterator[Value]:
    """Yields the single resources of a statement, without the wildcard for all of their parts."""
    for resource in items(value):
        if isinstance(resource, str):
            yield from _single(resource)
        elif isinstance(resource, Text) and not any(referenced(resource)):
            parts = (part if isinstance(part, str) else "?" for part in resource.parts)
            yield from _single("".join(parts))
        else:
            yield resource


def _single(arn: str) -> Iterator[str]:
    one = _ALL_PARTS.sub("", arn)
    fields = one.split(":", _ARN_FIELDS - 1)
    if len(fields) < _ARN_FIELDS or "*" in fields[-1] or fields[-1] in _KINDS:
        # Every resource, or every one of a kind, or of some names: none in particular.
        return
    yield one


def _assumes(compute: Node, world: World) -> Iterator[Edge]:
    for role in roles_of(compute, world):
        yield Edge(compute, role, Kind.ASSUMES, compute)


BUILDERS: dict[str, Builder] = {
    **dict.fromkeys((*_RUNS_AS, SERVICE), _assumes),
    _ROLE: _role,
    _MANAGED: _policy("Roles"),
    "AWS::IAM::Policy": _policy("Roles"),
    "AWS::IAM::RolePolicy": _policy("RoleName"),
}
