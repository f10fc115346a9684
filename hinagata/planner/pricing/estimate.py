"""An estimate: items with their quantities, prices and amounts, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from hinagata.facts import Fact

# Items are dominant until they make up this share of the total.
_DOMINANT = 0.8
_MOST_DRIVERS = 5


@dataclass(frozen=True, kw_only=True)
class Charge:
    """A quantity at one price: an item is one, or one for each tier that it reaches."""

    quantity: float
    price: Fact
    amount: float


@dataclass(frozen=True, kw_only=True)
class Item:
    """One line of the bill.

    Attributes:
        service: The service's title, as `Lambda`.
        resource: The name that the usage gives it.
        name: What is charged, as `Requests`.
        quantity: How much of it a month, free units included.
        unit: Of what.
        free: How much of it is free.
        charges: What is left, at its prices.
        at_rest: Whether it is paid without any traffic.
        facts: All facts that it rests on: prices, chunks, minimums, what is free.
    """

    service: str
    resource: str
    name: str
    quantity: float
    unit: str
    free: float
    charges: tuple[Charge, ...]
    at_rest: bool
    facts: tuple[Fact, ...]

    @property
    def amount(self) -> float:
        """USD a month."""
        return math.fsum(charge.amount for charge in self.charges)

    @property
    def verified(self) -> bool:
        """Whether every number that it rests on was read somewhere."""
        return all(fact.verified for fact in self.facts)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a month costs.

    Attributes:
        name: The name of what is priced; empty if it has none.
        region: Where.
        hours: Hours of the month.
        items: What is charged, resource by resource.
        events: Events a month that the architecture is for; None if the usage does not say.
        resting: USD a month without any traffic, if somebody reckoned it apart; None adds up the
            items that are paid at rest.
    """

    name: str
    region: str
    hours: float
    items: tuple[Item, ...]
    events: float | None
    resting: float | None = None

    @property
    def total(self) -> float:
        """USD a month."""
        return math.fsum(item.amount for item in self.items)

    @property
    def at_rest(self) -> float:
        """USD a month that are paid without any traffic."""
        if self.resting is not None:
            return self.resting
        return math.fsum(item.amount for item in self.items if item.at_rest)

    @property
    def per_million_events(self) -> float | None:
        """USD for a million events, what is paid at rest included; None without events."""
        return self.total / self.events * 1e6 if self.events else None

    @property
    def drivers(self) -> tuple[Item, ...]:
        """The dearest items, until they make up four fifths of the total."""
        drivers: list[Item] = []
        reached = 0.0
        for item in sorted(self.items, key=lambda item: -item.amount):
            if reached >= _DOMINANT * self.total or len(drivers) == _MOST_DRIVERS:
                break
            drivers.append(item)
            reached += item.amount
        return tuple(drivers)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Every fact that the estimate rests on, once."""
        return tuple(dict.fromkeys(fact for item in self.items for fact in item.facts))

    @property
    def unverified(self) -> tuple[Fact, ...]:
        """Those facts that nobody has read anywhere."""
        return tuple(fact for fact in self.facts if not fact.verified)

    def resources(self) -> Iterator[tuple[str, str, tuple[Item, ...]]]:
        """Yields service, name and items of each resource."""
        for (service, resource), items in groupby(
            self.items, key=lambda item: (item.service, item.resource)
        ):
            yield service, resource, tuple(items)
