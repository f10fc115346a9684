"""A function's messages come back to it.

A function that writes to the queue, topic, bucket, table or stream that starts it, directly or
through others, may start itself without end: each turn costs, and with a fan-out in the loop each
turn starts several, until the concurrency of the account is used up.

Lambda stops a loop of its own accord after about 16 turns, but only one that consists of functions
and SQS, SNS and S3, whose messages carry a count, and only for supported SDKs. Then it is a
warning: the message ends at the dead-letter queue or failure destination, or is lost. Nothing stops
a loop with a DynamoDB or Kinesis stream, a bus or a workflow in it, or with a function that has
`RecursiveLoop: Allow`, or with a container: that is an error.

A loop is followed along triggers, deliveries, dead letters (what puts them back into the queue that
they come from never ends with a message that always fails) and what the role of a function lets it
write. What filters messages by their content ends it, as somebody has thought of it there: filter
criteria of a mapping or pipe, the filter policy of a subscription, a prefix or suffix of a bucket's
notification, the pattern of a rule that looks at source, detail type, detail or resources. A
permission to delete objects closes no loop, nor does one to call an API, by which a function also
answers its clients. The finding names the shortest loop through the function, in order.

## How to mend it

Write to another queue, bucket or table; or filter at the trigger: a prefix for what is written, an
attribute that marks it. Drop the permission if it is not used. A loop that is meant, as a queue to
which a function returns what it cannot do yet, needs a bound in the message (a count of turns, an
age), and an acknowledgement that names it; prefer the queue's own retries, which count for you.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.value import Unknown, Value, alternatives, referenced

_FUNCTION = "AWS::Lambda::Function"
_WORKFLOW = "AWS::StepFunctions::StateMachine"
_LEADS_ON = (
    Kind.POLLS,
    Kind.INVOKES_ASYNC,
    Kind.INVOKES_SYNC,
    Kind.DELIVERS,
    Kind.MAY_WRITE,
    Kind.ON_SUCCESS,
    Kind.ON_FAILURE,
    Kind.DEAD_LETTER,
    Kind.LOGS_TO,
)
# Between these Lambda itself counts the turns (invocation-recursion.html).
_COUNTED = (_FUNCTION, "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket")
# Where a trigger or a delivery says what it passes on; an unknown filter counts as one.
_FILTERS = {
    "AWS::Lambda::EventSourceMapping": ("FilterCriteria", "Filters"),
    "AWS::Pipes::Pipe": ("SourceParameters", "FilterCriteria", "Filters"),
    "AWS::SNS::Subscription": ("FilterPolicy",),
    "AWS::Logs::SubscriptionFilter": ("FilterPattern",),
}
# What the pattern of a rule may look at besides where an event comes from.
_CONTENT = ("source", "detail-type", "detail", "resources")


@check(
    id="FM107",
    title="Recursion loop",
    severity=Severity.ERROR,
    reason="A function's own messages start it again and again: cost and concurrency grow until "
    "somebody looks.",
    sources=("https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html",),
    fix="Write to another target, filter at the trigger, or bound the loop and acknowledge it.",
)
def recursion_loop(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for loops of messages that hold a function and that no filter ends."""
    loop_of = {
        node: number
        for number, members in enumerate(topology.loops(*_LEADS_ON))
        for node in members
    }
    unfiltered = Topology(
        loop_of,
        (
            edge
            for node, number in loop_of.items()
            for edge in topology.out(node, *_LEADS_ON)
            if loop_of.get(edge.target) == number and _leads_on(edge)
        ),
    )
    for members in unfiltered.loops(*_LEADS_ON):
        yield from _findings(members, unfiltered)


def _findings(members: list[Node], unfiltered: Topology) -> Iterator[Finding]:
    told: set[Node] = set()
    for function in members:
        if function.type != _FUNCTION or function in told:
            continue
        loop = _shortest(function, unfiltered)
        told.update(loop)
        names = [node.name for node in (*loop, function)]
        yield Finding(
            node=function,
            property="",
            says=f"what it sends may come back to it: {' -> '.join(names)}",
            related=tuple(loop[1:]),
            severity=Severity.WARNING if _is_counted(loop) else None,
        )


def _shortest(start: Node, unfiltered: Topology) -> list[Node]:
    """The shortest way from a node back to itself, in order; there is one."""
    came: dict[Node, Node] = {}
    open_ = deque([start])
    while open_:
        node = open_.popleft()
        for edge in unfiltered.out(node):
            if edge.target is start:
                way = [node]
                while way[-1] is not start:
                    way.append(came[way[-1]])
                return way[::-1]
            if edge.target not in came:
                came[edge.target] = node
                open_.append(edge.target)
    raise AssertionError(start)


def _is_counted(loop: list[Node]) -> bool:
    return all(
        node.type in _COUNTED and node.get("RecursiveLoop") in (None, "Terminate") for node in loop
    )


def _leads_on(edge: Edge) -> bool:
    """Whether an edge passes on every message, as far as anybody can tell."""
    via = edge.via
    if edge.kind is Kind.INVOKES_SYNC:
        return edge.source.type == _WORKFLOW
    if edge.kind is Kind.LOGS_TO:
        return edge.source.type == _FUNCTION
    if edge.kind is Kind.MAY_WRITE:
        return edge.detail != "s3:DeleteObject" and edge.target.role is not Role.API
    if edge.kind not in (Kind.ON_SUCCESS, Kind.ON_FAILURE) and via.type in _FILTERS:
        return not via.get(*_FILTERS[via.type])
    if via.type == "AWS::Events::Rule":
        return not _looks_at_content(via.get("EventPattern"))
    return edge.source.type != "AWS::S3::Bucket" or _notifies_of_all(edge)


def _looks_at_content(pattern: Value) -> bool:
    return any(
        isinstance(each, dict) and any(name in each for name in _CONTENT)
        for each in alternatives(pattern)
    )


def _notifies_of_all(edge: Edge) -> bool:
    """Whether a bucket tells of new objects to this target without looking at their names."""
    configuration = edge.via.get("NotificationConfiguration")
    entries = [
        entry
        for each in (configuration.values() if isinstance(configuration, dict) else ())
        if isinstance(each, list)
        for entry in each
        if {edge.target, edge.qualifier}.intersection(referenced(entry))
    ]
    return not entries or any(
        _tells_of_new(entry)
        and not walk(entry, "Filter", "S3Key", "Rules")
        and not walk(entry, "Filter", "Key", "FilterRules")
        for entry in entries
    )


def _tells_of_new(entry: Value) -> bool:
    events = walk(entry, "Events") or [walk(entry, "Event")]
    return not isinstance(events, list) or any(
        isinstance(event, Unknown) or "ObjectCreated" in str(event) for event in events
    )
