"""What a station does with others for each message: how often, how long it waits, and how it tries.

Templates say little of that: of code they say what it may call, of services what is documented.
"""

from __future__ import annotations

import math

from hinagata.simulator.kept import Kept
from hinagata.simulator.model import NO_RETRY, Call, Retry
from hinagata.simulator.names import Names
from hinagata.simulator.own_times import waits
from hinagata.simulator.routes import KEEPS, RUNS_CODE, Link, Routes
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role

# "standard" mode: at most three attempts, waits of rand(0, 1) * min(2 ** i, 20) s (AWS SDKs and
# Tools reference, "Retry behavior"); botocore waits 60 s for an answer (Config, read_timeout).
_SDK_RETRY = Retry(retries=2, base_s=1.0, factor=2.0, cap_s=20.0)
_SDK_TIMEOUT_S = 60.0
# SNS developer guide, "Message delivery retries", of AWS managed endpoints: 3 at once, 2 after 1 s,
# 10 after 1 s to 20 s, 100,000 after 20 s.
_TOPIC_RETRY = Retry(
    retries=100_015,
    jitter=False,
    waits_s=(0.0, 0.0, 0.0, 1.0, 1.0, *(20.0 ** (step / 9) for step in range(10)), 20.0),
)
# EventBridge: for 24 hours and up to 185 times, with back off and jitter; its waits are not
# documented: doubled from 1 s to 300 s they take half a day.
_BUS_RETRY = Retry(retries=185, base_s=1.0, factor=2.0, cap_s=300.0)
# Amazon States Language, "Errors": IntervalSeconds and BackoffRate of a retrier that names none.
_TASK_INTERVAL_S, _TASK_BACKOFF, _TASK_CAP_S = 1.0, 2.0, 31_622_400.0


def calls_of(
    node: Node, *, topology: Topology, routes: Routes, names: Names, kept: Kept
) -> tuple[Call, ...]:
    """Returns the calls that a station makes for the messages that come to it.

    Args:
        node: The station.
        topology: Where the settings of its calls are.
        routes: Which ways the messages go.
        names: What the stations are called.
        kept: What is written to tables and buckets, and read.
    """
    visitors = set(routes.visitors.get(node, ()))
    calls = []
    for link in routes.links.get(node, ()):
        takers = routes.takers.get((node, link.target), ())
        if not takers or link.edges[0].kind is Kind.POLLS:
            continue
        target = names.of[link.target]
        if _is_asynchronous(link):
            target = events_of(target)
        timeout_s, retry = _patience(link, topology)
        uses = [(1.0, tuple(takers))]
        if link.target.role in KEEPS and node.type in RUNS_CODE:
            uses = [(use.calls, use.sources) for use in kept.uses(node, link.target, takers)]
        calls += [
            Call(
                target=target,
                messages=messages,
                waits=waits(link),
                timeout_s=timeout_s,
                retry=retry,
                sources=None if visitors == set(sources) else sources,
            )
            for messages, sources in uses
        ]
    return tuple(calls)


def events_of(function: str) -> str:
    """Returns what the service's own queue before a function is called."""
    return f"{function} (asynchronous)"


def stream_of(table: str) -> str:
    """Returns what the stream of a table is called."""
    return f"{table} (stream)"


def _is_asynchronous(link: Link) -> bool:
    edge = link.edges[0]
    return edge.kind is Kind.INVOKES_ASYNC and link.target.type == "AWS::Lambda::Function"


def _patience(link: Link, topology: Topology) -> tuple[float, Retry]:
    """Returns how long who goes a way waits for an answer, and what he does without one."""
    edge = link.edges[0]
    if edge.source.role is Role.BUS:
        return math.inf, _BUS_RETRY
    if edge.source.role is Role.TOPIC:
        return math.inf, _TOPIC_RETRY
    if edge.source.role is Role.WORKFLOW:
        return _timeout(edge, topology), _task_retry(edge, topology)
    if edge.source.role is Role.API:
        return _timeout(edge, topology), NO_RETRY
    if edge.source.type in RUNS_CODE:
        by_http = edge.kind is Kind.PASSES_ENV and link.target.type in RUNS_CODE
        return _SDK_TIMEOUT_S, NO_RETRY if by_http else _SDK_RETRY
    return math.inf, NO_RETRY


def _timeout(edge: Edge, topology: Topology) -> float:
    said = flow(edge, topology)
    return math.inf if said is None or said.timeout_s is None else said.timeout_s


def _task_retry(edge: Edge, topology: Topology) -> Retry:
    said = flow(edge, topology)
    retries = 0 if said is None or said.retries is None else int(said.retries)
    return Retry(
        retries=retries,
        base_s=_TASK_INTERVAL_S,
        factor=_TASK_BACKOFF,
        cap_s=_TASK_CAP_S,
        jitter=False,
    )
