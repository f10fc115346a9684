"""Functions call functions while a client waits.

A function that invokes another and waits for it is paid for twice, and so on down the chain. The
timeouts stack: when the last gets slow, all of them wait, all of them hold concurrency, and the
API gives up before the first has an answer. An error at the end is the error of the whole.

Found are chains that begin with a function behind an API, a load balancer or another caller that
waits a known time, go on by `lambda:InvokeFunction` or `states:StartSyncExecution`, and whose
timeouts together exceed what that caller waits. A workflow counts with the slowest of its
functions. A template does not tell an invocation with a `RequestResponse` from one with an `Event`.
So what is likely the latter is left out, a durable function and one with a dead-letter queue or a
destination for its asynchronous events; and where a function may take longer than the one that
calls it, which could not wait for it anyway, the finding is a note. Acknowledge it if the call is
asynchronous.

## How to mend it

Put a queue, a topic or a bus between the functions, or let a workflow call them one after the
other (it waits for free); or, if both always run together, make one function of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.patience import calls

# AWS::Lambda::Function, Timeout.
_DEFAULT_TIMEOUT_S = 3
_FUNCTION = "AWS::Lambda::Function"
_WAITS = {
    _FUNCTION: ("lambda:InvokeFunction",),
    "AWS::StepFunctions::StateMachine": ("states:StartSyncExecution",),
}

# Seconds, and the functions and workflows that they are spent in.
Chain = tuple[float, tuple[Node, ...]]
_NOTHING: Chain = (0.0, ())


@check(
    id="FM110",
    title="Long synchronous chain",
    severity=Severity.WARNING,
    reason="Every function of the chain waits and is paid for while the last one works, and the "
    "API gives up first.",
    sources=("https://rules.sonarsource.com/python/RSPEC-6246",),
    fix="Put a queue or a workflow between the functions, or make them one.",
)
def synchronous_chain(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Adds up the timeouts of the functions that a synchronous call may pass through."""
    onward = _onward(topology)
    slowest: dict[Node, Chain] = {}
    found: set[Node] = set()
    for call in calls(topology):
        first = call.edge.target
        if first not in onward or first in found or not call.waits_s:
            continue
        total, chain = _slowest(first, onward, slowest)
        functions = [node for node in chain if node.type == _FUNCTION]
        if len(functions) > 1 and total > min(call.waits_s):
            found.add(first)
            yield Finding(
                node=first,
                property="Timeout",
                says=f"{call.edge.source.name} waits {min(call.waits_s):g} s, but "
                f"{' -> '.join(node.name for node in chain)} may take {total:g} s together",
                related=(call.edge.source, *chain[1:]),
                severity=None if _are_waited_for(functions) else Severity.NOTE,
            )
    for function in slowest:
        if function.numbers("Timeout") is None:
            yield Unresolved(node=function, property="Timeout")


def _onward(topology: Topology) -> dict[Node, list[Node]]:
    """The functions and workflows that each waits for."""
    onward: dict[Node, list[Node]] = {}
    for edge in topology.edges(Kind.MAY_WRITE):
        if (
            edge.detail in _WAITS.get(edge.target.type, ())
            and edge.source is not edge.target
            and not _takes_events(topology, edge.target)
        ):
            onward.setdefault(edge.source, []).append(edge.target)
    for edge in topology.edges(Kind.INVOKES_SYNC) if onward else ():
        if edge.source.type == "AWS::StepFunctions::StateMachine":
            onward.setdefault(edge.source, []).append(edge.target)
    return onward


def _slowest(first: Node, onward: dict[Node, list[Node]], known: dict[Node, Chain]) -> Chain:
    """The chain from a node whose timeouts add up to most; what leads back is not followed."""
    open_ = [first]
    entered: set[Node] = set()
    while open_:
        node = open_[-1]
        ahead = onward.get(node, ())
        if node not in entered:
            entered.add(node)
            open_ += [each for each in ahead if each not in entered and each not in known]
            continue
        open_.pop()
        if node in known:
            continue
        own = _timeout(node) if node.type == _FUNCTION else 0.0
        longest = max((known[each] for each in ahead if each in known), default=_NOTHING, key=_time)
        known[node] = own + longest[0], (node, *longest[1])
    return known[first]


def _time(chain: Chain) -> float:
    return chain[0]


def _timeout(function: Node) -> float:
    return max(function.numbers("Timeout", default=_DEFAULT_TIMEOUT_S) or (0.0,))


def _takes_events(topology: Topology, function: Node) -> bool:
    """Whether a function is made for asynchronous invocations."""
    return function.get("DurableConfig") is not None or any(
        edge.via.type in (_FUNCTION, "AWS::Lambda::EventInvokeConfig")
        for edge in topology.out(function, Kind.DEAD_LETTER, Kind.ON_FAILURE, Kind.ON_SUCCESS)
    )


def _are_waited_for(functions: list[Node]) -> bool:
    timeouts = [_timeout(function) for function in functions]
    return timeouts == sorted(timeouts, reverse=True)
