"""Plans by closed forms, before a clock advances: sizes, waits, throttles and price."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hinagata.planner.pricing.bill import price

__all__ = ["price"]


def __getattr__(name: str) -> object:
    """Loads what prices when it is first asked for: formulas need no YAML."""
    if name == "price":
        from hinagata.planner.pricing.bill import price

        return price
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
