"""Retries of one layer multiply with those of the next.

Each layer that tries again does all that is below it again. AWS reckons with five layers of three
tries: the last one gets 243 times the load, just when it is in trouble, and is "unlikely to ever
recover". With messages it is the same: a consumer that fails after it has sent its own message
sends it again with each attempt, and each of these is tried as often as the next queue allows. Two
queues with five receives each are 25 executions for one message, three are 125.

Multiplied are the attempts along the way that messages take: the receives of a queue
(`maxReceiveCount`), of a stream (`MaximumRetryAttempts` + 1), of an asynchronous invocation
(`MaximumRetryAttempts` + 1, three by default), of a workflow's task (its `Retry`). Not counted are
deliveries that the service itself repeats when a target cannot be reached, and pipes that do not
wait for their target, as they start nothing twice; and attempts without a bound, which other
checks find (FM201, FM301). Loops are FM107's. At least two layers must multiply; the finding is at
the function where the product exceeds the bound first.

## How to mend it

Retry in one layer, the one that knows most of the failure, and let the others give up soon: lower
their `maxReceiveCount` and `MaximumRetryAttempts`, and keep what fails in a dead-letter queue. Back
off with jitter. Make consumers idempotent, so that the second attempt does not send again.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.pipe_answer import is_awaited
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.edge import FLOW, Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

_WORKFLOW = "AWS::StepFunctions::StateMachine"


@dataclass(frozen=True, slots=True)
class _Way:
    """The way to a node on which one message makes the most executions.

    Attributes:
        attempts: Executions at its end for one message at its beginning.
        layers: The edges on it that multiply, with their attempts.
    """

    attempts: float = 1.0
    layers: tuple[tuple[Edge, float], ...] = ()

    def exceeds(self, most: float) -> bool:
        """Whether several layers together make more executions than the bound."""
        return len(self.layers) > 1 and self.attempts > most


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
    ways: defaultdict[Node, _Way] = defaultdict(_Way)
    for edge in _in_order(topology):
        before = ways[edge.source]
        attempts = _attempts(edge, topology)
        if before.attempts * attempts <= ways[edge.target].attempts:
            continue
        layers = before.layers if attempts == 1 else (*before.layers, (edge, attempts))
        ways[edge.target] = _Way(before.attempts * attempts, layers)
    for node, way in ways.items():
        if way.exceeds(most) and way.layers[-1][0].target is node:
            earlier = way.layers[:-1]
            if len(earlier) < 2 or way.attempts / way.layers[-1][1] <= most:
                yield _finding(node, way)


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
