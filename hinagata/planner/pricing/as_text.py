"""An estimate for people: resource by resource, aligned, with what it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.facts import Fact
from hinagata.planner import fact_lines
from hinagata.planner.lines import WIDTH, unit_for
from hinagata.planner.pricing.estimate import Estimate, Item

if TYPE_CHECKING:
    from hinagata.planner.remarks import Remarks

_PER = {1.0: "", 1000.0: "/1k", 10_000.0: "/10k", 100_000.0: "/100k", 1_000_000.0: "/M"}
# What would no longer be read at a glance.
_LARGE = 1e12
_TINY = 1e-4
_MILLION = 1e6
# So much of an item's name stands before its numbers, however wide these are.
_SHORTEST_NAME = 12


def as_text(estimate: Estimate, *, sources: bool = False, remarks: Remarks | None = None) -> str:
    """Returns an estimate as lines.

    Args:
        estimate: What to show.
        sources: Whether to name source and date of every number.
        remarks: What else must be said.
    """
    lines = [_heading(estimate), *_table(estimate)]
    if estimate.total:
        lines += ["", "Most of it", *_most(estimate)]
    if remarks is not None:
        from hinagata.planner.remarks import as_lines

        lines += as_lines(remarks)
    if estimate.unverified:
        hint = "" if sources else "; --sources shows which"
        lines += ["", f"{fact_lines.UNVERIFIED} rests on a number that nobody has checked{hint}"]
    if sources:
        lines += ["", "Sources", *fact_lines.as_lines(estimate.facts)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def money(usd: float) -> str:
    """Returns an amount as a bill shows it.

    >>> money(1234.5), money(0.004), money(0)
    ('1,234.50', '<0.01', '0.00')
    """
    if 0 < usd < 0.005:
        return "<0.01"
    return f"{usd:,.2f}" if usd < _LARGE else f"{usd:.3e}"


def quantity(amount: float) -> str:
    """Returns a quantity, to four decimals if it is small.

    >>> quantity(3e6), quantity(0.34722), quantity(2.5e15)
    ('3,000,000', '0.3472', '2.5e+15')
    """
    if amount >= _LARGE:
        return f"{amount:.4g}"
    if amount >= 1000 or amount == int(amount):
        return f"{amount:,.0f}"
    return f"{amount:,.4g}"


def unit_price(fact: Fact) -> str:
    """Returns a price with what it is for, as `0.2/M`."""
    per = fact.per or 1.0
    if 0 < fact.value < _TINY and per == 1:
        return f"{fact_lines.number(fact.value * _MILLION)}{_PER[_MILLION]}"
    return f"{fact_lines.number(fact.value)}{_PER.get(per, f'/{per:,.0f}')}"


def _heading(estimate: Estimate) -> str:
    name = f"{estimate.name}, " if estimate.name else ""
    return f"{name}a month of {estimate.hours:g} hours in {estimate.region}"


def _table(estimate: Estimate) -> Iterator[str]:
    rows = [row for item in estimate.items for row in _rows(item)] or [("", "", "", "")]
    names, amounts, units, prices = (max(map(len, column)) for column in zip(*rows, strict=True))
    totals = [
        ("Total", estimate.total),
        ("Of it without any traffic", estimate.at_rest),
    ]
    if estimate.per_million_events is not None:
        totals.append(("For a million events", estimate.per_million_events))
    shown = [money(each.amount) for each in estimate.items] + [money(total) for _, total in totals]
    last = max(map(len, [*shown, "USD"]))
    labels = max(len(label) for label, _ in totals)
    prices = max(prices, labels - (2 + names + 2 + amounts + 1 + units + 2))
    numbers = 2 + amounts + 1 + units + 2 + prices
    # What follows an amount is a mark, if nobody has checked what it rests on.
    names = min(names, max(_SHORTEST_NAME, WIDTH - 2 - numbers - 2 - last - 2))
    left = 2 + names + numbers
    yield ""
    yield f"{'':<{left}}  {'USD':>{last}}"
    for service, resource, items in estimate.resources():
        yield f"{service}: {resource}"
        for item in items:
            for index, (name, amount, unit, price) in enumerate(_rows(item)):
                if len(name) > names:
                    yield f"  {name}"
                    name = ""  # noqa: PLW2901 - its numbers stand below it
                line = f"  {name:<{names}}  {amount:>{amounts}} {unit:<{units}}  {price:>{prices}}"
                if index == len(_rows(item)) - 1:
                    mark = "" if item.verified else f" {fact_lines.UNVERIFIED}"
                    line += f"  {money(item.amount):>{last}}{mark}"
                yield line
    yield ""
    for label, total in totals:
        yield f"{label:<{left}}  {money(total):>{last}}"


def _rows(item: Item) -> list[tuple[str, str, str, str]]:
    """Name, quantity, unit and price of each part of an item: what is free, then its tiers."""
    parts = [
        (*_amount(charge.quantity, item.unit), unit_price(charge.price))
        for charge in item.charges
        if charge.quantity or not item.free
    ]
    if item.free:
        parts.insert(0, (*_amount(item.free, item.unit), "free"))
    return [(item.name if not index else "", *part) for index, part in enumerate(parts)]


def _amount(amount: float, unit: str) -> tuple[str, str]:
    shown = quantity(amount)
    return shown, unit_for(shown, unit)


def _most(estimate: Estimate) -> Iterator[str]:
    for item in estimate.drivers:
        share = item.amount / estimate.total
        yield f"  {share:>4.0%}  {item.service}: {item.resource}, {item.name}"
