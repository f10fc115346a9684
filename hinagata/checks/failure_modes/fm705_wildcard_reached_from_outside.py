"""Code that the internet reaches may do too much.

Sooner or later a request makes code do what it was not written for. What the code's role may do is
then what the request may do. Wildcards are everywhere, so this check ranks them by reach: only
roles of functions, services and workflows are looked at to which messages lead from the internet,
through APIs, load balancers, queues, topics and buses.

An error is a statement that allows every action, every action of a service on every resource, or
one of the actions that open all else (passing and assuming roles, reading secrets, decrypting,
changing IAM or code) on every resource. A warning is an action that reads, writes or starts
something on every resource, and a policy of AWS's own that does (`...FullAccess`). Statements with
a condition are left out, and so are actions that take no resource, such as `ec2:Describe*` or
`xray:PutTraceSegments`: for those `*` is the only thing that one can write.

## How to mend it

Name the actions that the code calls, and the ARNs that it calls them on; in the CDK, the
`grant_...` methods do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FLOW, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import UNKNOWN, Text, Value, alternatives, items, referenced

# Services whose actions move a system's data or its rights.
_SENSITIVE = (
    "cloudformation",
    "dynamodb",
    "ec2",
    "ecs",
    "events",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "organizations",
    "rds",
    "rds-data",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "states",
    "sts",
)
# Actions that open all else, whatever their resource.
_OPENS_ALL = (
    "iam:PassRole",
    "iam:Create*",
    "iam:Put*",
    "iam:Attach*",
    "iam:Update*",
    "sts:AssumeRole",
    "secretsmanager:GetSecretValue",
    "kms:Decrypt",
    "lambda:UpdateFunctionCode",
)
# Service Authorization Reference ("Actions, resources, and condition keys for AWS services"): the
# actions of those services for which the column of resource types is empty, or that only list.
_NO_RESOURCE = (
    "*:List*",
    "*:Describe*",
    "dynamodb:ListTables",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:Get*",
    "ecs:DiscoverPollEndpoint",
    "kms:GenerateRandom",
    "lambda:GetAccountSettings",
    "s3:GetAccountPublicAccessBlock",
    "secretsmanager:GetRandomPassword",
    "sns:CheckIfPhoneNumberIsOptedOut",
    "sns:GetSMSAttributes",
    "sts:GetCallerIdentity",
)
_EVERYTHING = ("*", "*:*")
_MANAGED_ERRORS = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
_INLINE = {
    "AWS::IAM::Policy": "Roles",
    "AWS::IAM::ManagedPolicy": "Roles",
    "AWS::IAM::RolePolicy": "RoleName",
}


@check(
    id="FM705",
    title="Wildcard grant reachable from outside",
    severity=Severity.ERROR,
    reason="Whoever makes the code do what it was not written for may do all that its role may.",
    sources=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        (
            "https://docs.aws.amazon.com/service-authorization/latest/reference/"
            "reference_policies_actions-resources-contextkeys.html"
        ),
    ),
    fix="Name the actions that the code calls and the ARNs that it calls them on.",
)
def wildcard_reached_from_outside(
    topology: Topology, _: Thresholds
) -> Iterator[Finding | Unresolved]:
    """Looks for wildcards in what the roles of reachable code may do."""
    reached = topology.reachable(topology.of_type("Hinagata::Internet"), *FLOW)
    computes: dict[Node, Node] = {}
    for edge in topology.edges(Kind.ASSUMES):
        if edge.source in reached:
            computes.setdefault(edge.target, edge.source)
    if not computes:
        return
    for type_, property_ in _INLINE.items():
        for policy in topology.of_type(type_):
            roles = [role for role in policy.nodes(property_) if role in computes]
            if roles:
                yield from _policy(policy, ("PolicyDocument",), computes[roles[0]])
    for role, compute in computes.items():
        if role.type != "AWS::IAM::Role":
            continue
        for index in range(len(role.items("Policies") or ())):
            yield from _policy(role, ("Policies", index, "PolicyDocument"), compute)
        yield from _managed(role, compute)


def _policy(
    policy: Node, path: tuple[str | int, ...], compute: Node
) -> Iterator[Finding | Unresolved]:
    name = ".".join(map(str, (*path, "Statement")))
    worst: tuple[Severity, str] | None = None
    for statement in _statements(policy, (*path, "Statement")):
        if not isinstance(statement, dict):
            yield Unresolved(node=policy, property=name)
            continue
        if walk(statement, "Effect") != "Allow" or walk(statement, "Condition") is not None:
            continue
        for found in _wildcards(statement):
            worst = found if worst is None or found[0] > worst[0] else worst
    if worst is not None:
        yield Finding(
            node=policy,
            property=name,
            says=f"lets {compute.name}, which the internet reaches, {worst[1]}",
            related=(compute,),
            severity=worst[0],
        )


def _statements(policy: Node, path: tuple[str | int, ...]) -> Iterator[Value]:
    """Yields the statements of a policy that may open something; `UNKNOWN` for unknown ones."""
    written: Any = policy.written(str(path[0]))
    for step in path[1:]:
        if isinstance(written, dict):
            written = written.get(step)
        elif isinstance(written, list) and isinstance(step, int) and step < len(written):
            written = written[step]
    if not isinstance(written, list):
        statements = policy.items(*path)
        yield from (UNKNOWN,) if statements is None else statements
        return
    for index, statement in enumerate(written):
        if not _is_harmless(statement):
            yield from alternatives(policy.get(*path, index))


def _is_harmless(statement: object) -> bool:
    """Whether a statement as it is written opens nothing: most are not worth resolving."""
    if not isinstance(statement, dict) or "NotResource" in statement:
        return False
    actions, resources = (
        each if isinstance(each, list) else [each]
        for each in (statement.get("Action"), statement.get("Resource"))
    )
    if not all(isinstance(action, str) and action not in _EVERYTHING for action in actions):
        return False
    return all(map(_names_one, resources)) or all(_severity(action) is None for action in actions)


def _names_one(resource: object) -> bool:
    """Whether a resource as it is written is one of the templates' own, or a part of it."""
    if not isinstance(resource, dict):
        return False
    match resource.get("Fn::Join"):
        case [_, list(parts)]:
            return any(isinstance(part, dict) and "Fn::GetAtt" in part for part in parts)
    return "Fn::GetAtt" in resource


def _wildcards(statement: Value) -> Iterator[tuple[Severity, str]]:
    everywhere = walk(statement, "NotResource") is not None or any(
        _is_every(resource) for resource in items(walk(statement, "Resource"))
    )
    if walk(statement, "NotAction") is not None and everywhere:
        yield Severity.ERROR, "do everything but a few actions on every resource"
    for action in items(walk(statement, "Action")):
        if not isinstance(action, str):
            continue
        if action in _EVERYTHING:
            yield Severity.ERROR, "do everything"
        elif everywhere:
            severity = _severity(action)
            if severity is not None:
                yield severity, f"call {action} on every resource"


@lru_cache(maxsize=4096)
def _severity(action: str) -> Severity | None:
    service, _, name = action.partition(":")
    service, name = service.lower(), name.lower()
    if service not in _SENSITIVE:
        return None
    action = f"{service}:{name}"
    if any(fnmatchcase(action, pattern.lower()) for pattern in _NO_RESOURCE):
        return None
    opens_all = any(
        fnmatchcase(action, pattern.lower()) or fnmatchcase(pattern.lower(), action)
        for pattern in _OPENS_ALL
    )
    return Severity.ERROR if name == "*" or opens_all else Severity.WARNING


def _is_every(resource: Value) -> bool:
    """Whether a resource is all of a service: `*`, or an ARN with nothing but wildcards at its end.

    `arn:aws:s3:::*` and `arn:aws:dynamodb:*:*:table/*` are.
    """
    if isinstance(resource, Text):
        if any(True for _ in referenced(resource)):
            return False
        resource = resource.with_placeholders()
    if not isinstance(resource, str):
        return False
    fields = resource.split(":", 5)
    return resource == "*" or (
        len(fields) == 6 and fields[5].strip("*/:") in ("", "table", "function", "secret", "role")
    )


def _managed(role: Node, compute: Node) -> Iterator[Finding]:
    worst: list[str] = []
    for policy in _texts(role.items("ManagedPolicyArns") or ()):
        name = policy.rpartition("/")[2]
        if ":aws:policy/" in policy and (name in _MANAGED_ERRORS or name.endswith("FullAccess")):
            worst.append(name)
    if worst:
        severe = any(name in _MANAGED_ERRORS for name in worst)
        yield Finding(
            node=role,
            property="ManagedPolicyArns",
            says=f"gives {compute.name}, which the internet reaches, {', '.join(worst)}",
            related=(compute,),
            severity=Severity.ERROR if severe else Severity.WARNING,
        )


def _texts(values: Iterable[Value]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, Text):
            yield value.with_placeholders()
