"""What cannot be delivered is dropped.

A topic or a bus that does not get an event to its target tries again: SNS for 23 days to SQS,
Lambda and Firehose, for an hour at most to HTTP; EventBridge and its Scheduler for 24 hours. A
target that was deleted, a policy or a key that no longer lets the service in are not tried again
at all. Then the event is dropped, unless the subscription, the target or the schedule has a
dead-letter queue. It happens when somebody changes a policy; and it is silent.

It is told for each place that takes one:

- SNS subscriptions of queues, functions, delivery streams and web addresses. E-mail, text messages
  and mobile push go to people and devices that come and go; they are left out.
- Each target of an EventBridge rule that is enabled.
- Schedules of the EventBridge Scheduler.

What a pipe gives up is told by FM303 where it reads a stream; where it reads a queue, by FM201.

A rule or schedule that fires at least daily is a note: by the time EventBridge gives an event up,
the next one has come, and it carries no data of its own. One that fires once, or skips days, is a
warning like the others. A log group as target is a note too: a line is lost, no work.

## How to mend it

Set `RedrivePolicy` on the subscription or `DeadLetterConfig` on the target or the schedule, with
one queue for each subscriber: then a dead letter tells who missed it. Let the service write to it
(FM207), and set an alarm on it (FM402).
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.schedule_period import DAY_S, longest_rest_s
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import UNKNOWN, Value, alternatives, referenced

# Protocols of machines that are meant to be always there.
_PROTOCOLS = {"firehose", "http", "https", "lambda", "sqs"}


@check(
    id="FM206",
    title="Undelivered events are dropped",
    severity=Severity.WARNING,
    reason="A delivery that keeps failing, or that is not allowed any more, is given up, and the "
    "event is dropped without a trace.",
    sources=(
        "https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html",
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html",
    ),
    fix="Set a dead-letter queue on the subscription, target or schedule.",
)
def undelivered_events(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for the dead-letter queue of each delivery that may have one."""
    for subscription in topology.of_type("AWS::SNS::Subscription"):
        yield from _subscription(subscription)
    for rule in topology.of_type("AWS::Events::Rule"):
        yield from _rule(rule)
    for schedule in topology.of_type("AWS::Scheduler::Schedule"):
        if schedule.strings("State") != frozenset({"DISABLED"}):
            yield from _judge(
                schedule,
                "Target.DeadLetterConfig.Arn",
                schedule.get("Target", "DeadLetterConfig", "Arn"),
                f"an event that {_target(schedule.get('Target', 'Arn'))} does not take",
                severity=_severity(schedule),
            )


def _subscription(subscription: Node) -> Iterator[Finding | Unresolved]:
    protocols = subscription.strings("Protocol")
    if protocols is None:
        yield Unresolved(node=subscription, property="Protocol")
    elif protocols & _PROTOCOLS:
        yield from _judge(
            subscription,
            "RedrivePolicy",
            subscription.get("RedrivePolicy"),
            f"a message that {_target(subscription.get('Endpoint'))} does not take",
        )


def _rule(rule: Node) -> Iterator[Finding | Unresolved]:
    if rule.strings("State") == frozenset({"DISABLED"}):
        return
    targets = rule.items("Targets")
    if targets is None:
        yield Unresolved(node=rule, property="Targets")
        return
    for index, target in enumerate(targets):
        yield from _judge(
            rule,
            f"Targets.{index}.DeadLetterConfig.Arn",
            walk(target, "DeadLetterConfig", "Arn"),
            f"an event that {_target(walk(target, 'Arn'))} does not take",
            severity=_severity_of_target(rule, walk(target, "Arn")),
        )


def _judge(
    node: Node, path: str, letters: Value, lost: str, *, severity: Severity | None = None
) -> Iterator[Finding | Unresolved]:
    found = list(alternatives(letters))
    if all(each is None for each in found):
        yield Finding(
            node=node,
            property=path,
            says=f"{lost} is dropped when the retries end, for there is no dead-letter queue",
            severity=severity,
        )
    elif None in found or UNKNOWN in found:
        yield Unresolved(node=node, property=path)


def _severity(declaration: Node) -> Severity | None:
    rest = longest_rest_s(declaration)
    return Severity.NOTE if rest is not None and rest <= DAY_S else None


def _severity_of_target(rule: Node, target: Value) -> Severity | None:
    nodes = list(referenced(target))
    if nodes and all(node.type == "AWS::Logs::LogGroup" for node in nodes):
        return Severity.NOTE
    return _severity(rule) if rule.get("EventPattern") is None else None


def _target(value: Value) -> str:
    return " or ".join(dict.fromkeys(node.name for node in referenced(value))) or "its target"
