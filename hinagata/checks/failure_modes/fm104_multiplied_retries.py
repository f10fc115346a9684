"""Retries of one layer multiply with those of the next.

Each layer that tries again does all that is below it again. AWS reckons with five layers of three
tries: the last one gets 243 times the load, just when it is in trouble, and is "unlikely to ever
recover". With messages it is the same: when one message of a batch fails, or the consumer is cut
off, the whole batch is tried again, and what its good messages sent is sent again; each of these
is tried as often as the next queue allows. Two queues with five receives each are 25 executions
for one message, three are 125.

Multiplied are the attempts along the way that messages take: the receives of a queue
(`maxReceiveCount`), of a stream (`MaximumRetryAttempts` + 1), of an asynchronous invocation
(`MaximumRetryAttempts` + 1, three by default), of a workflow's task (its `Retry`). Not multiplied
with what follows are the attempts of a mapping with `ReportBatchItemFailures`, as good messages are
not tried again, unless the function waits for what follows. Not counted are deliveries that the
service itself repeats when a target cannot be reached, and pipes that do not wait for their target,
as they start nothing twice; and attempts without a bound, which other checks find (FM201, FM301).
Loops are FM107's. At least two layers must multiply; the finding is at the function where the
product exceeds the bound first.

## How to mend it

Retry in one layer, the one that knows most of the failure, and let the others give up soon: lower
their `maxReceiveCount` and `MaximumRetryAttempts`, and keep what fails in a dead-letter queue. Let
consumers of batches name the messages that failed. Back off with jitter, and make consumers
idempotent, so that the second attempt does not send again.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import NamedTuple

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.pipe_answer import is_awaited
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FLOW, Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_CALLS = ("lambda:InvokeFunction", "states:StartSyncExecution")
_WORKFLOW = "AWS::StepFunctions::StateMachine"


class _Way(NamedTuple):
    """The way to a node on which one message makes the most executions.

    Attributes:
        attempts: Executions at its end for one message at its beginning.
        layers: The edges on it that multiply, with their attempts.
    """

    attempts: float = 1.0
    layers: tuple[tuple[Edge, float], ...] = ()

    def then(self, edge: Edge, attempts: float) -> _Way:
        """The way that goes on by an edge."""
        if attempts == 1:
            return self
        return _Way(self.attempts * attempts, (*self.layers, (edge, attempts)))

    def exceeds(self, most: float) -> bool:
        """Whether several layers together make more executions than the bound."""
        return len(self.layers) > 1 and self.attempts > most


_ONCE = _Way()


@check(
    id="FM104",
    title="Retries multiply along a chain",
    severity=Severity.WARNING,
    reason="Each layer's retries repeat those of all layers below it: when the last one is in "
    "trouble it gets many times its load.",
    sources=("https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/",),
    fix="Retry in one layer, and lower the attempts of the others.",
)
def multiplied_retries(
    topology: Topology, thresholds: Thresholds
) -> Iterator[Finding | Unresolved]:
    """Multiplies the attempts along all ways, each edge once however dense the graph is."""
    most = thresholds.attempts_along_a_chain
    ways: dict[Node, _Way] = {}
    # What is sent on: less than what is tried, where only what failed is tried again.
    sent: dict[Node, _Way] = {}
    for edge in _in_order(topology):
        before = (ways if _waits(edge) else sent).get(edge.source, _ONCE)
        attempts = _attempts(edge, topology)
        if before.attempts == 1 and attempts == 1:
            continue
        way = before.then(edge, attempts)
        _keep_longer(ways, edge.target, way)
        _keep_longer(sent, edge.target, before if _names_failures(edge.via) else way)
    for node, way in ways.items():
        if way.exceeds(most) and way.layers[-1][0].target is node:
            earlier = way.layers[:-1]
            if len(earlier) < 2 or way.attempts / way.layers[-1][1] <= most:
                yield _finding(node, way)


def _keep_longer(ways: dict[Node, _Way], node: Node, way: _Way) -> None:
    if way.attempts > ways.get(node, _ONCE).attempts:
        ways[node] = way


def _waits(edge: Edge) -> bool:
    """Whether a failure of the target is one of the source, which then tries all of it again."""
    return edge.kind is Kind.INVOKES_SYNC or edge.detail in _CALLS


def _names_failures(reader: Node) -> bool:
    """Whether of a batch only the messages that failed are tried again; so if nobody knows."""
    if reader.type != "AWS::Lambda::EventSourceMapping":
        return False
    responses = reader.strings("FunctionResponseTypes")
    return responses is None or "ReportBatchItemFailures" in responses


def _finding(node: Node, way: _Way) -> Finding:
    steps = " -> ".join(f"{edge.target.name} x {attempts:g}" for edge, attempts in way.layers)
    beginning = way.layers[0][0].source
    return Finding(
        node=node,
        property="",
        says=f"one message of {beginning.name} may start it {way.attempts:g} times: {steps}",
        related=tuple(dict.fromkeys(edge.via for edge, _ in way.layers)),
    )


def _attempts(edge: Edge, topology: Topology) -> float:
    """How often the target may be started for one message; 1 where nobody knows."""
    repeats = (
        edge.kind is Kind.INVOKES_ASYNC
        or (edge.kind is Kind.POLLS and is_awaited(edge))
        or (edge.kind is Kind.INVOKES_SYNC and edge.source.type == _WORKFLOW)
    )
    travels = flow(edge, topology) if repeats else None
    if travels is None or travels.retries is None or travels.retries == math.inf:
        return 1.0
    return 1.0 + travels.retries


def _in_order(topology: Topology) -> Iterator[Edge]:
    """Yields the flow edges outside loops, each after all that lead to its source."""
    loop_of = {
        node: number for number, members in enumerate(topology.loops(*FLOW)) for node in members
    }
    onward: defaultdict[Node, list[Edge]] = defaultdict(list)
    missing: defaultdict[Node, int] = defaultdict(int)
    for edge in topology.edges(*FLOW):
        if edge.source not in loop_of or loop_of[edge.source] != loop_of.get(edge.target):
            onward[edge.source].append(edge)
            missing[edge.target] += 1
    ready = deque(node for node in onward if not missing[node])
    while ready:
        for edge in onward.get(ready.popleft(), ()):
            yield edge
            missing[edge.target] -= 1
            if not missing[edge.target]:
                ready.append(edge.target)
