"""The engines by name, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

from hinagata.simulator.choice import Engine
from hinagata.simulator.model import Network
from hinagata.simulator.outcome import Outcome


def engine(name: Engine) -> Callable[[Network], Outcome]:
    """Returns what computes a network."""
    if name == "tick":
        from hinagata.simulator.tick import run_ticks

        return run_ticks
    from hinagata.simulator.event import run_events

    return run_events
