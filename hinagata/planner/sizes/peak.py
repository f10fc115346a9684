"""The peak in the making: the traffic, and the sizes that follow from it so far."""

from __future__ import annotations

import math

from hinagata.facts import Fact
from hinagata.planner.busy import busy_quantile
from hinagata.planner.deriving.month import Month
from hinagata.planner.sizes.need import Need
from hinagata.topology.node import Node

# The number in service is exceeded for a thousandth of the time.
QUANTILE = 0.999
# Its normal approximation's standard deviations above the mean, where the exact sum takes long.
_DEVIATIONS = 3.09
_MANY = 1e6


class Peak:
    """What those who size a service need, and where they write it.

    Args:
        month: The architecture and its traffic.

    Attributes:
        month: The same.
        needs: What is needed.
    """

    def __init__(self, month: Month) -> None:
        self.month = month
        self.needs: list[Need] = []
        self._used: list[Fact] = []

    def fact(self, service: str, key: str) -> float:
        """Returns the number of a quota or rule, and remembers that the next need rests on it."""
        fact = self.month.facts.get(service, key, self.month.region)
        self._used.append(fact)
        return fact.value

    def quota(self, service: str, key: str) -> float | None:
        """Returns the number of a quota that is not known of every region, or None."""
        if self.month.facts.find(service, key, self.month.region) is None:
            self.month.notes.append(
                f"the quota {service}/{key} of {self.month.region} is not known"
            )
            return None
        return self.fact(service, key)

    def add(
        self,
        node: Node | str,
        what: str,
        needed: float,
        has: float | None,
        unit: str,
        *,
        formula: str,
        advice: str = "",
        room: bool = True,
    ) -> None:
        """Writes a need; see `Need`."""
        used = tuple(dict.fromkeys(self._used))
        self._used.clear()
        self.needs.append(
            Need(
                node=node if isinstance(node, str) else self.month.names.shown(node),
                what=what,
                needed=needed,
                has=has,
                unit=unit,
                formula=formula,
                advice=advice,
                facts=used,
                room=room,
            )
        )


def busy_at_most(load: float) -> int:
    """Returns how many are busy at most, but for a thousandth of the time (M/G/infinity)."""
    if load <= 0:
        return 0
    if load > _MANY:
        return math.ceil(load + _DEVIATIONS * math.sqrt(load))
    return max(1, busy_quantile(load, 1.0, QUANTILE))


def shown(amount: float) -> str:
    """Returns an amount for a formula: three significant digits if it is small.

    >>> shown(16667.1), shown(0.0416666), shown(223)
    ('16,667', '0.0417', '223')
    """
    if amount == math.inf:
        return "no limit"
    if amount >= 1e12:
        return f"{amount:.3g}"
    if amount >= 100 or amount == int(amount):
        return f"{amount:,.0f}"
    return f"{amount:.3g}"


def duration(seconds: float) -> str:
    """Returns a time for a formula.

    >>> duration(0.04), duration(1.5), duration(0)
    ('40 ms', '1.5 s', '0 s')
    """
    return f"{seconds * 1000:.3g} ms" if 0 < seconds < 1 else f"{seconds:.4g} s"
