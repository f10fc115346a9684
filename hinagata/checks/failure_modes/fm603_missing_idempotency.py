"""A function has effects that it may have twice, and nothing in its reach to notice.

Queues, topics, buses, streams and Lambda's own retries deliver at least once: after a timeout, a
failed batch or a lost acknowledgement the same message comes again. If the function had already
started a workflow or told a customer, it does so once more.

What the template shows of idempotency is a table with a time to live that the function may write
to: that is where Powertools and its like keep the ids of what was done. The absence of one is weak
evidence, so this is a note, and it is told only where nothing but such a table helps:

- The function may write to two tables or more. One table can guard itself: a write keyed or
  conditioned by the message's id is safe to repeat. Two cannot be guarded by one condition.
- It may start a workflow or invoke another function, and what it invokes has no such table either.
- It may publish to a topic that people are subscribed to by e-mail, text message or push; not one
  that alarms use.

Left out are buckets, where a repeated write leaves the same object, and queues, streams, buses and
other topics: the hop may double a message by itself, so whoever consumes it has to cope, and is
judged on its own. So are functions that a schedule or a log group invokes, and consumers of
dead-letter queues.

## How to mend it

Make the handler idempotent by the message's id: the idempotency utility of Powertools with a table
that has a time to live, or a conditional write in a transaction with the effect. If it is so
already, acknowledge the finding and say how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

_FEEDS = (Kind.POLLS, Kind.INVOKES_ASYNC)
_WITHOUT_MESSAGE = (Role.SCHEDULE, Role.LOG)
_LASTING = (Role.TABLE, Role.COMPUTE, Role.WORKFLOW)
_PEOPLE = {"application", "email", "email-json", "sms"}


@check(
    id="FM603",
    title="Delivered at least once, nothing to notice repetition",
    severity=Severity.NOTE,
    reason="A message that is delivered twice has its effects twice: two workflows, two e-mails, "
    "a counter too high.",
    sources=(
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
        "https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/",
    ),
    fix="Make the handler idempotent, e.g. by Powertools with a table that has a time to live.",
)
def missing_idempotency(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at what each function that is fed at least once may do, and for a table of ids."""
    fed: dict[Node, list[Edge]] = {}
    for edge in topology.edges(*_FEEDS):
        if (
            edge.target.type == "AWS::Lambda::Function"
            and edge.source.role not in _WITHOUT_MESSAGE
            and edge.source not in topology.failure_destinations
        ):
            fed.setdefault(edge.target, []).append(edge)
    told = frozenset(_told(topology))
    for function, feeds in fed.items():
        sources = dict.fromkeys(edge.source for edge in feeds)
        effects = list(_effects(topology, function, told))
        tables = [each for each in effects if each.role is Role.TABLE]
        if len(effects) == len(tables) < 2:
            continue
        reach = topology.reachable([function], Kind.MAY_WRITE, Kind.INVOKES_SYNC)
        kept = [each.flag("TimeToLiveSpecification", "Enabled") for each in reach]
        if True in kept:
            continue
        if None in kept or any(each.role is Role.EXTERNAL for each in reach):
            yield Unresolved(node=function, property="")
        else:
            yield Finding(
                node=function,
                property="",
                says=f"{_names(sources)} may deliver a message twice, and what it does to "
                f"{_names(effects)} would be done twice: no table with a time to live that it may "
                "write to could hold the ids of what was done",
                related=(*sources, *effects),
            )


def _effects(topology: Topology, function: Node, told: frozenset[Node]) -> Iterator[Node]:
    """Yields what a function may do that a repeated message would repeat for good."""
    for node in dict.fromkeys(edge.target for edge in topology.out(function, Kind.MAY_WRITE)):
        if node is not function and (node.role in _LASTING or node in told):
            yield node


def _told(topology: Topology) -> Iterator[Node]:
    """Yields the topics from which people hear, but not of alarms."""
    for subscription in topology.of_type("AWS::SNS::Subscription"):
        if _PEOPLE & (subscription.strings("Protocol") or frozenset()):
            for topic in subscription.nodes("TopicArn"):
                if not topology.into(topic, Kind.NOTIFIES):
                    yield topic


def _names(nodes: Iterable[Node]) -> str:
    return " and ".join(node.name for node in nodes)
