"""From the TOML of a fact file to facts: every field checked, every refusal with its line.

A file has one table a fact, `[service."key"]`, with what holds everywhere (`unit`, and for prices
`per`, `above`, `up_to`) and one inline table a region. A fact with the same value everywhere has
the region `any`, or says `value` in its own table.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from hinagata.facts.error import FactError
from hinagata.facts.fact import Confidence, Fact
from hinagata.suggestion import suggest

ANY = "any"
# Facts by service and key, then by region.
Table = dict[tuple[str, str], dict[str, Fact]]
# Any fact of a service and key, for what its regions have in common.
Known = Callable[[str, str], Fact | None]

_SHARED = ("unit", "per", "above", "up_to")
_OWN = ("value", "source", "reason", "as_of", "confidence", "note")
_DATE = re.compile(r"undated|\d{4}(-\d\d(-\d\d)?)?", re.ASCII)
_REGION = re.compile(r"any|[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
_DATE_EXPECTED = 'a date such as "2026", "2026-09" or "2026-09-30", or "undated"'


class _Place:
    """A table of a file, to say what is wrong with it and where it stands."""

    def __init__(self, file: str, text: str, *names: str) -> None:
        self._file, self._text, self._names = file, text, names

    def fail(self, field: str, *, found: str, expected: str) -> NoReturn:
        path = ".".join([*self._names, field] if field else self._names)
        line = self._line(field)
        place = f"{self._file}:{line}: " if line else f"{self._file}: "
        raise FactError(f"{place}{path}: found {found}; expected {expected}")

    def at(self, name: str) -> _Place:
        return _Place(self._file, self._text, *self._names, name)

    def _line(self, field: str) -> int | None:
        """The line, found by its words: tomllib does not tell."""
        lines = self._text.splitlines()
        line = 0
        for name in [*self._names, field]:
            word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
            for number in range(max(line, 1), len(lines) + 1):
                text = lines[number - 1]
                if name == field and line and number > line and text.startswith("["):
                    break
                if name and word.search(text):
                    line = number
                    break
        return line or None


def read_facts(text: str, *, file: str) -> Table:
    """Returns the facts of a file that ships with this package.

    Args:
        text: The TOML.
        file: Its name, for messages.

    Raises:
        FactError: It is not a fact file; the message says where and what is expected.
    """
    return _read(_parse(text, file), file=file, text=text, known=None)


def read_overrides(overrides: Path | Mapping[str, object], *, known: Known) -> Table:
    """Returns the facts of a user, completed by the facts that they replace.

    Each needs a value and a `source` or `reason`; the date may be missing. The unit, and for prices
    `per`, `above` and `up_to`, come from the fact of that name where there is one.

    Args:
        overrides: A TOML file, or a mapping written as one.
        known: The facts that may be replaced.

    Raises:
        FactError: They are not written as facts; the message says where and what is expected.
    """
    if isinstance(overrides, Mapping):
        return _read(overrides, file="facts", text="", known=known)
    try:
        text = overrides.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FactError(f"{overrides}: there is no such fact file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FactError(f"{overrides}: the fact file cannot be read: {error}") from None
    return _read(_parse(text, str(overrides)), file=str(overrides), text=text, known=known)


def _parse(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactError(f"{file}: found text that is not TOML: {error}") from None


def _read(document: Mapping[str, object], *, file: str, text: str, known: Known | None) -> Table:
    top = _Place(file, text)
    sources = document.get("sources", {})
    if not isinstance(sources, Mapping):
        top.fail("sources", found="no table", expected="a table of names and addresses")
    table: Table = {}
    for service, keys in document.items():
        if service == "sources":
            continue
        if not isinstance(keys, Mapping):
            top.fail(service, found="no table", expected='tables such as [lambda."price.request"]')
        for key, fields in keys.items():
            place = top.at(service).at(key)
            if not isinstance(fields, Mapping):
                place.fail("", found="no table", expected="a table with a unit and values")
            base = known(service, key) if known else None
            facts = {
                fact.region: fact
                for fact in _facts(
                    service, key, fields, place, sources, base, shipped=known is None
                )
            }
            if not facts:
                place.fail("", found="no value", expected="a value, or one for each region")
            table[service, key] = facts
    return table


def _facts(
    service: str,
    key: str,
    fields: Mapping[str, object],
    place: _Place,
    sources: Mapping[str, object],
    base: Fact | None,
    *,
    shipped: bool,
) -> Iterator[Fact]:
    unit = _text(fields, "unit", place) or (base.unit if base else None)
    if not unit:
        place.fail("unit", found="no unit", expected="what is counted, since this fact is new")
    per, above, up_to = (_number(fields, name, place) for name in ("per", "above", "up_to"))
    if per is not None and per <= 0:
        place.fail("per", found=f"{per:g}", expected="more than zero")
    if base:
        per = base.per if per is None else per
        above = base.above if above is None else above
        up_to = base.up_to if up_to is None else up_to
    for region, row, at in _rows(fields, place):
        value = _number(row, "value", at)
        if value is None:
            at.fail("value", found="no value", expected="a number")
        said = _text(row, "source", at) or _text(row, "reason", at)
        if said is None:
            at.fail("source", found="no source", expected="a source or a reason")
        yield Fact(
            service=service,
            key=key,
            region=region,
            value=value,
            unit=unit,
            per=per,
            above=above or 0.0,
            up_to=up_to,
            source=str(sources.get(said, said)),
            as_of=_date(row, at, shipped=shipped),
            confidence=_confidence(row, at, shipped=shipped),
            note=_text(row, "note", at) or "",
        )


def _rows(
    fields: Mapping[str, object], place: _Place
) -> Iterator[tuple[str, Mapping[str, object], _Place]]:
    """Yields the fields of each region, and where they stand."""
    for name, value in fields.items():
        if not isinstance(value, Mapping):
            _know(name, (*_SHARED, *_OWN), place)
            continue
        if not _REGION.fullmatch(name):
            place.fail(name, found="a table of that name", expected="a region, or any")
        for field in value:
            _know(field, _OWN, place.at(name))
        yield name, value, place.at(name)
    if any(name in fields for name in _OWN):
        yield ANY, {name: value for name, value in fields.items() if name in _OWN}, place


def _know(name: str, known: tuple[str, ...], place: _Place) -> None:
    if name not in known:
        place.fail(name, found="a field that is not known", expected=suggest(name, known))


def _date(row: Mapping[str, object], place: _Place, *, shipped: bool) -> str:
    as_of = _text(row, "as_of", place) or ("" if shipped else "undated")
    if not _DATE.fullmatch(as_of):
        place.fail("as_of", found=f'"{as_of}"', expected=_DATE_EXPECTED)
    return as_of


def _confidence(row: Mapping[str, object], place: _Place, *, shipped: bool) -> Confidence:
    word = _text(row, "confidence", place)
    if word is None:
        if shipped:
            place.fail("confidence", found="none", expected=suggest("", Confidence))
        return Confidence.OVERRIDE
    if word not in set(Confidence):
        place.fail("confidence", found=f'"{word}"', expected=suggest(word, Confidence))
    return Confidence(word)


def _text(fields: Mapping[str, object], name: str, place: _Place) -> str | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        place.fail(name, found=repr(value), expected="a text")
    return value


def _number(fields: Mapping[str, object], name: str, place: _Place) -> float | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        place.fail(name, found=repr(value), expected="a number of at least 0")
    return float(value)
