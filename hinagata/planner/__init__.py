"""Plans by closed forms, before a clock advances: sizes, waits, throttles and price.

- `price`: what a usage costs a month. `price_scenario`: what an architecture does under a scenario.
- `plan`: how large an architecture must be for a scenario, against each limit.
- `choose`: which pattern suits a `Traffic`. `compare`: three layouts of a table for `Devices`.
- `hinagata.planner.queueing`: the formulas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hinagata.planner.choosing.choice import choose
    from hinagata.planner.choosing.traffic import Traffic
    from hinagata.planner.deriving.estimate import price_scenario
    from hinagata.planner.layouts.compare import Devices, compare
    from hinagata.planner.pricing.bill import price
    from hinagata.planner.sizes.plan import plan

__all__ = ["Devices", "Traffic", "choose", "compare", "plan", "price", "price_scenario"]

# Loaded when they are first asked for: formulas need no YAML.
_MODULES = {
    "Devices": "layouts.compare",
    "Traffic": "choosing.traffic",
    "choose": "choosing.choice",
    "compare": "layouts.compare",
    "plan": "sizes.plan",
    "price": "pricing.bill",
    "price_scenario": "deriving.estimate",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
