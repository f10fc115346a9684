"""Plans by closed forms, before a clock advances: sizes, waits, throttles and price."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hinagata.planner.deriving.estimate import price_scenario
    from hinagata.planner.pricing.bill import price
    from hinagata.planner.sizes.plan import plan

__all__ = ["plan", "price", "price_scenario"]

# Loaded when they are first asked for: formulas need no YAML.
_MODULES = {
    "plan": "hinagata.planner.sizes.plan",
    "price": "hinagata.planner.pricing.bill",
    "price_scenario": "hinagata.planner.deriving.estimate",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
