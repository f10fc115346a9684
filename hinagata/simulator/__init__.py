"""What an architecture would do under traffic: the same stations, by expectation and by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hinagata.simulator.simulation import simulate

__all__ = ["simulate"]


def __getattr__(name: str) -> object:
    """Loads what simulates when it is first asked for: most of it needs no numpy."""
    if name == "simulate":
        from hinagata.simulator.simulation import simulate

        return simulate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
