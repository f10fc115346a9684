"""The month's bill of one account in one region, written item by item.

AWS reckons tiers and free tiers once for an account's month, over all its resources. So each
quantity is priced where the meter of its price stands when it is added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NoReturn

from hinagata.facts import Fact, Facts
from hinagata.planner.pricing.estimate import Charge, Item
from hinagata.planner.pricing.written import Written


class Account:
    """The meters of an account and the items written so far.

    Args:
        facts: Prices and rules.
        region: Where everything runs.
        hours: Hours of the month.
    """

    def __init__(self, facts: Facts, *, region: str, hours: float) -> None:
        self.facts, self.region, self.hours = facts, region, hours
        self.items: list[Item] = []
        self._metered: defaultdict[str, float] = defaultdict(float)
        self._freed: defaultdict[str, float] = defaultdict(float)

    def free(self, fact: Fact, quantity: float) -> float:
        """Returns how much of a quantity is free, and takes it off what is left of the month's."""
        granted = min(quantity, max(0.0, fact.value - self._freed[fact.name]))
        self._freed[fact.name] += granted
        return granted

    def charge(self, service: str, key: str, quantity: float) -> tuple[Charge, ...]:
        """Returns a quantity at the prices of the tiers that it falls into.

        Raises:
            FactError: The price of a tier that it reaches is missing.
        """
        tiers = self.facts.tiers(service, key, self.region)
        meter = f"{service}/{key}"
        start = self._metered[meter]
        end = self._metered[meter] = start + quantity
        charges: list[Charge] = []
        for tier in tiers:
            above = max(start, tier.above)
            below = end if tier.up_to is None else min(end, tier.up_to)
            # What is free altogether still shows its price.
            if below > above or not (quantity or charges):
                part = max(0.0, below - above)
                charges.append(
                    Charge(quantity=part, price=tier, amount=part / (tier.per or 1) * tier.value)
                )
        if not charges:
            # So little that the meter does not move: at the price where it stands.
            here = next((each for each in tiers if each.up_to is None or start < each.up_to), None)
            if here is None:
                raise self.facts.missing_tier(tiers[-1], self.region)
            amount = quantity / (here.per or 1) * here.value
            charges.append(Charge(quantity=quantity, price=here, amount=amount))
        last = tiers[-1]
        if last.up_to is not None and end > last.up_to:
            raise self.facts.missing_tier(last, self.region)
        return tuple(charges)


class Charges:
    """What one resource is charged: its usage, the facts of its service, and its items.

    Args:
        account: Whose bill it goes on.
        title: The service's name for people.
        facts_of: The service's name among the facts.
        name: The resource's name.
        values: The fields of its usage.
        written: Where each field stands, for what is wrong together with others.
        free: The names of what is free, or None for everything.
    """

    def __init__(
        self,
        account: Account,
        *,
        title: str,
        facts_of: str,
        name: str,
        values: Mapping[str, float | str | None],
        written: Mapping[str, Written],
        free: frozenset[str] | None,
    ) -> None:
        self._account, self._title, self._service, self._name = account, title, facts_of, name
        self._values, self._written, self._free = values, written, free
        self._used: list[Fact] = []
        self.hours = account.hours

    def number(self, field: str) -> float:
        """Returns a number that the usage gives or that has a default."""
        value = self._values[field]
        assert isinstance(value, float | int), field  # noqa: S101 - as declared
        return float(value)

    def text(self, field: str) -> str:
        """Returns a word of the usage, or the word that holds without."""
        return str(self._values[field])

    def given(self, field: str) -> bool:
        """Says whether the usage has a field."""
        return field in self._written

    def number_or(self, field: str, otherwise: float) -> float:
        """Returns a number of the usage, or what holds without."""
        return self.number(field) if self.given(field) else otherwise

    def fail(self, field: str, *, expected: str) -> NoReturn:
        """Refuses a field that does not fit the others."""
        self._written[field].fail(expected=expected)

    def fact(self, key: str, *, of: str | None = None) -> float:
        """Returns the number of a rule, and remembers that the next item rests on it."""
        fact = self._account.facts.get(of or self._service, key, self._account.region)
        self._used.append(fact)
        return fact.value

    def gb(self, times: str, kb: str, key: str, *, of: str | None = None) -> float:
        """Returns so many times so many KB in GB, of as many KB as a rule says.

        Args:
            times: The field that says how often.
            kb: The field that says how much.
            key: The fact of the rule.
            of: The service of that fact. Default: this one.
        """
        total = self.number(times) * self.number(kb)
        return total / self.fact(key, of=of) if total else 0.0

    def add(
        self,
        item: str,
        quantity: float,
        key: str,
        *,
        of: str | None = None,
        at_rest: bool = False,
        free: tuple[str, str] | None = None,
    ) -> None:
        """Writes an item, unless there is nothing of it.

        Args:
            item: What is charged.
            quantity: How much a month, in the unit of the price.
            key: The fact of the price, without its tier.
            of: The service of that fact. Default: this one.
            at_rest: Whether it is paid without traffic.
            free: The name by which the usage asks for what is free of it, and the fact that says
                how much that is.
        """
        used = tuple(self._used)
        self._used.clear()
        if quantity == 0:
            return
        service = of or self._service
        freed = 0.0
        if free and (self._free is None or free[0] in self._free):
            fact = self._account.facts.get(service, free[1], self._account.region)
            freed = self._account.free(fact, quantity)
            used = (*used, fact)
        charges = self._account.charge(service, key, quantity - freed)
        prices = [charge.price for charge in charges]
        self._account.items.append(
            Item(
                service=self._title,
                resource=self._name,
                name=item,
                quantity=quantity,
                unit=prices[0].unit,
                free=freed,
                charges=charges,
                at_rest=at_rest,
                facts=tuple(dict.fromkeys([*prices, *used])),
            )
        )
