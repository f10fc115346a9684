"""Facts as people and programs read them: value, source, date, confidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from hinagata.facts import Fact
from hinagata.planner.lines import WIDTH

UNVERIFIED = "?"


def as_lines(facts: Iterable[Fact]) -> Iterator[str]:
    """Yields a few lines for each fact; what nobody has checked is marked."""
    for fact in facts:
        mark = "" if fact.verified else f" {UNVERIFIED}"
        yield from _wrapped("  ", f"{fact.name} = {_value(fact)}, {fact.region}{mark}")
        for told in (f"{fact.source}, {fact.as_of}, {fact.confidence}", fact.note):
            yield from _wrapped("    ", told)


def _wrapped(indent: str, text: str) -> list[str]:
    """Lines of a text; an address is not broken, however long."""
    return wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def as_document(fact: Fact) -> dict[str, object]:
    """Returns a fact as JSON has it."""
    return {
        "fact": fact.name,
        "region": fact.region,
        "value": fact.value,
        "per": fact.per,
        "unit": fact.unit,
        "above": fact.above,
        "up_to": fact.up_to,
        "source": fact.source,
        "as_of": fact.as_of,
        "confidence": str(fact.confidence),
        "note": fact.note,
    }


def number(value: float) -> str:
    """Returns all digits of a price, at least two decimals, never an exponent."""
    text = f"{value:.12f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:<02}"


def _value(fact: Fact) -> str:
    if fact.per is None:
        return f"{fact.value:,.10g} {fact.unit}"
    per = f"{fact.per:,.0f} " if fact.per != 1 else ""
    return f"{number(fact.value)} USD per {per}{fact.unit}"
