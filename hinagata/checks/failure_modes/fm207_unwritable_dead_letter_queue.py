"""The service that should write to a dead-letter queue is not let in.

SNS and EventBridge write their dead letters as themselves, `sns.amazonaws.com` and
`events.amazonaws.com`, not with a role of yours. So the queue's policy must allow that principal
`sqs:SendMessage`, and if the queue is encrypted with a KMS key, the key's policy must allow it
`kms:GenerateDataKey` and `kms:Decrypt`. The key that AWS manages, `alias/aws/sqs`, has a policy
that nobody can change and that lets no service in: it cannot be used here. Without the
permission the deployment succeeds, and the dead-letter queue stays empty while events are lost;
only the metrics `NumberOfNotificationsFailedToRedriveToDlq` and `InvocationsFailedToBeSentToDLQ`
tell.

Looked at are queue policies and keys that are in the assembly. A statement whose `aws:SourceArn`
names other topics or rules counts as none.

Not looked at, because they need no such permission: SQS's own redrive, Lambda's destinations and
dead-letter queues, and the Scheduler, which use roles.

## How to mend it

Allow the principal `sqs:SendMessage` in a queue policy, with `aws:SourceArn` as a condition.
Encrypt the queue with SQS's own encryption (`SqsManagedSseEnabled`), or with a key of yours whose
policy names the principal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Text, Unknown, Value, alternatives, referenced

_SERVICES = {"AWS::SNS::Subscription": "sns", "AWS::Events::Rule": "events"}
_POLICIES = ("AWS::SQS::QueuePolicy", "AWS::SQS::QueueInlinePolicy")


@check(
    id="FM207",
    title="Dead-letter queue cannot be written",
    severity=Severity.ERROR,
    reason="The queue's policy or its key does not let the service in: events are lost although "
    "there is a dead-letter queue for them.",
    sources=(
        "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html",
    ),
    fix="Allow the service principal sqs:SendMessage in the queue's policy, and the use of the key "
    "in the key's policy.",
)
def unwritable_dead_letter_queue(
    topology: Topology, _: Thresholds
) -> Iterator[Finding | Unresolved]:
    """Looks at the policies of each queue that takes dead letters of SNS or EventBridge."""
    writers: dict[tuple[Node, str], list[Edge]] = defaultdict(list)
    for edge in topology.edges(Kind.DEAD_LETTER):
        service = _SERVICES.get(edge.via.type)
        if service and edge.target.type == "AWS::SQS::Queue":
            writers[edge.target, service].append(edge)
    for (queue, service), edges in writers.items():
        yield from _policy(topology, queue, service, edges)
        yield from _key(queue, service, edges)


def _policy(
    topology: Topology, queue: Node, service: str, edges: list[Edge]
) -> Iterator[Finding | Unresolved]:
    documents = [
        edge.source.get("PolicyDocument")
        for edge in topology.into(queue, Kind.PERMITS)
        if edge.source.type in _POLICIES
    ]
    verdicts = {
        edge: _any(_allows(each, service, "sqs:sendmessage", edge) for each in documents)
        for edge in edges
    }
    refused = [edge for edge, verdict in verdicts.items() if verdict is False]
    if refused:
        yield Finding(
            node=queue,
            property="",
            says=f"no queue policy lets {service}.amazonaws.com send to it for {_names(refused)}: "
            "dead letters are lost",
            related=tuple(edge.via for edge in refused),
        )
    elif None in verdicts.values():
        yield Unresolved(node=queue, property="")


def _key(queue: Node, service: str, edges: list[Edge]) -> Iterator[Finding | Unresolved]:
    reasons = []
    for key in queue.alternatives("KmsMasterKeyId"):
        if isinstance(key, Unknown):
            yield Unresolved(node=queue, property="KmsMasterKeyId")
            return
        reasons.append(_key_refuses(key, service, edges))
    if all(reasons):
        yield Finding(
            node=queue,
            property="KmsMasterKeyId",
            says=f"{reasons[0]}: dead letters of {_names(edges)} are lost",
            related=tuple(edge.via for edge in edges),
        )
    elif any(reasons):
        yield Unresolved(node=queue, property="KmsMasterKeyId")


def _key_refuses(key: Value, service: str, edges: list[Edge]) -> str:
    """Returns why a key keeps a service out; empty if it does not, or if nobody can tell."""
    if isinstance(key, str) and key.endswith("alias/aws/sqs"):
        return f"the key that AWS manages for SQS does not let {service}.amazonaws.com in"
    for node in referenced(key):
        for each in node.nodes("TargetKeyId") if node.type == "AWS::KMS::Alias" else (node,):
            if each.type == "AWS::KMS::Key" and not all(
                _allows(each.get("KeyPolicy"), service, action, edge) is not False
                for edge in edges
                for action in ("kms:generatedatakey", "kms:decrypt")
            ):
                return f"the policy of {each.name} does not let {service}.amazonaws.com in"
    return ""


def _names(edges: list[Edge]) -> str:
    return " and ".join(edge.via.name for edge in edges)


def _any(verdicts: Iterator[bool | None]) -> bool | None:
    found = set(verdicts)
    return True if True in found else None if None in found else False


def _allows(document: Value, service: str, action: str, edge: Edge) -> bool | None:
    """Whether a policy lets a service act for the topic or rule of an edge; None if unknown."""
    statements = walk(document, "Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        return None
    return _any(
        None if isinstance(each, Unknown) else _statement_allows(each, service, action, edge)
        for statement in statements
        for each in alternatives(statement)
    )


def _statement_allows(statement: Value, service: str, action: str, edge: Edge) -> bool | None:
    if walk(statement, "Effect") != "Allow":
        return False
    principals = [walk(statement, "Principal")]
    if isinstance(principals[0], dict):
        principals = [*_texts(principals[0].get("Service")), *_texts(principals[0].get("AWS"))]
    verdicts = (
        _any(_matches(each, f"{service}.", whole=False) for each in principals),
        _any(_matches(each, action, whole=True) for each in _texts(walk(statement, "Action"))),
        _meant_for(edge, walk(statement, "Condition")),
    )
    return False if False in verdicts else None if None in verdicts else True


def _texts(value: Value) -> list[Value]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _matches(value: Value, wanted: str, *, whole: bool) -> bool | None:
    """Whether a principal or an action of a statement is the wanted one; None if unknown."""
    if isinstance(value, Text) and isinstance(value.parts[0], str):
        # E.g. `sns.${AWS::URLSuffix}`: what is known of it decides.
        value = value.parts[0]
    if not isinstance(value, str):
        return None
    return fnmatchcase(wanted, value.lower()) if whole or value == "*" else value.startswith(wanted)


def _meant_for(edge: Edge, conditions: Value) -> bool:
    """Whether the `aws:SourceArn` of a statement, if it has one, can be an edge's topic or rule."""
    if not isinstance(conditions, dict):
        return True
    for comparison in conditions.values():
        for key, value in comparison.items() if isinstance(comparison, dict) else ():
            named = list(referenced(value))
            if key.lower() == "aws:sourcearn" and named and not {edge.source, edge.via} & {*named}:
                return False
    return True
