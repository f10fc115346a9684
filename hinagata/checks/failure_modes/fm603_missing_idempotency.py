"""A function has effects that it may have twice, and nothing in its reach to notice.

Queues, topics, buses, streams and Lambda's own retries deliver at least once: after a timeout, a
failed batch or a lost acknowledgement the same message comes again. If the function had already
started a workflow or told a customer, it does so once more.

What the template shows of idempotency is a table with a time to live that the function may write
to: that is where Powertools and its like keep the ids of what was done. The absence of one is weak
evidence, so this is a note, and it is silent wherever idempotency may well come from the design:

- The function only writes to one table, or to buckets. A write keyed or conditioned by the
  message's id is safe to repeat, and no template shows whether it is.
- It passes messages on to a queue, topic, bus or stream that has consumers here. The hop may
  double messages by itself; the consumers have to cope, and are judged on their own.
- It sends to a FIFO queue or topic, which drops what was sent twice within five minutes.
- What it sends to takes failures (a dead-letter queue).
- A schedule or a log group invokes it, or it consumes a dead-letter queue.
- Something that it invokes has such a table.

What remains is told: two tables that cannot be guarded by one condition, a workflow, another
function, or a message that leaves what was read, e.g. by e-mail.

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
_CHANNELS = (Role.QUEUE, Role.TOPIC, Role.BUS, Role.STREAM)
_LASTING = (Role.TABLE, Role.COMPUTE, Role.WORKFLOW)


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
    for function, feeds in fed.items():
        sources = dict.fromkeys(edge.source for edge in feeds)
        effects = list(_effects(topology, function))
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


def _effects(topology: Topology, function: Node) -> Iterator[Node]:
    """Yields what a function may do that a repeated message would repeat for good."""
    sources = {edge.source for edge in topology.into(function, *_FEEDS)}
    for node in dict.fromkeys(edge.target for edge in topology.out(function, Kind.MAY_WRITE)):
        if node is function or node in sources or node in topology.failure_destinations:
            continue
        if node.role in _LASTING or (node.role in _CHANNELS and _leaves(topology, node)):
            yield node


def _leaves(topology: Topology, channel: Node) -> bool:
    if channel.flag("FifoQueue") or channel.flag("FifoTopic"):
        return False
    return not topology.out(channel, *_FEEDS, Kind.DELIVERS)


def _names(nodes: Iterable[Node]) -> str:
    return " and ".join(node.name for node in nodes)
