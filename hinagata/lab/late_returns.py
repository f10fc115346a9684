"""Faults whose messages come back later than a run waits: said before it, not found out after it.

What a handler fails at in a queue is hidden for the queue's visibility timeout, which is minutes
where it is six times the handler's own, as it should be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.lab.hops import read_hops
from hinagata.scenario.fault import Inject
from hinagata.scenario.units import show_seconds
from hinagata.topology.edge import Kind
from hinagata.topology.flow import flow
from hinagata.topology.node import Role

if TYPE_CHECKING:
    from hinagata.scenario import Scenario
    from hinagata.topology.graph import Topology

# Those that fail invocations; what strikes calls may be bridged by the handler.
_FAILING = (Inject.RAISE, Inject.CRASH, Inject.HANG, Inject.POISON)


def late_returns(
    scenario: Scenario, topology: Topology, *, deadline_seconds: float
) -> Iterator[str]:
    """Yield a sentence for each fault whose messages a run does not wait for.

    Args:
        scenario: its faults.
        topology: the queues, with their visibility timeouts.
        deadline_seconds: how long the run waits after its last message.
    """
    names = read_hops(topology).names
    for fault in scenario.faults:
        if fault.inject not in _FAILING:
            continue
        for function in (node for node, name in names.items() if name == fault.target):
            for edge in topology.into(function, Kind.POLLS):
                way = flow(edge, topology)
                hidden = None if way is None else way.visibility_s
                if way is None or hidden is None or edge.source.role is not Role.QUEUE:
                    continue
                retries = way.retries if fault.inject is Inject.POISON else 0
                wait = hidden * (1 + (retries or 0))
                if deadline_seconds < wait < math.inf:
                    yield (
                        f"{fault.inject} on {fault.target}: what it strikes comes out of "
                        f"{edge.source.name} again after {show_seconds(hidden)}, the queue's "
                        f"visibility timeout{_so_often(retries)}, and this run waits "
                        f"{show_seconds(deadline_seconds)}: give --deadline {wait:.0f} or more"
                    )


def _so_often(retries: float | None) -> str:
    return f", {1 + retries:.0f} times until it is dead" if retries else ""
