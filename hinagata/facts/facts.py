"""All facts, and how to ask for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from hinagata.facts.error import FactError
from hinagata.facts.fact import Fact
from hinagata.facts.reading import ANY, Table, read_facts, read_overrides
from hinagata.suggestion import suggest

PRICES, COLD_STARTS, QUOTAS = "prices.toml", "cold_starts.toml", "quotas.toml"
FILES = (PRICES, QUOTAS, COLD_STARTS)
DEFAULT_REGION = "us-east-1"


class Facts:
    """What is known about AWS, and what the user knows better.

    Args:
        overrides: A file or a mapping of facts that take precedence, written as
            `[service."key"]` with `value` and `source` or `reason`. Default: none.

    Raises:
        FactError: The overrides are not written as facts.

    >>> Facts().get("lambda", "price.request", "us-east-1").value
    0.2
    """

    def __init__(self, overrides: Path | str | Mapping[str, object] | None = None) -> None:
        self._overrides: Table = {}
        if overrides is not None:
            given = overrides if isinstance(overrides, Mapping) else Path(overrides)
            self._overrides = read_overrides(given, known=_any_region)

    def get(self, service: str, key: str, region: str = DEFAULT_REGION) -> Fact:
        """Returns a fact; the user's own first, one of the region before one of everywhere.

        Args:
            service: As `lambda`.
            key: As `price.request`.
            region: As `ap-northeast-1`. Default: us-east-1.

        Raises:
            FactError: There is none; the message names it, and how to give it.
        """
        fact = self.find(service, key, region)
        if fact is None:
            raise FactError(self._missing(service, key, region))
        return fact

    def find(self, service: str, key: str, region: str = DEFAULT_REGION) -> Fact | None:
        """Returns a fact, or None."""
        for rows in (
            self._overrides.get((service, key), {}),
            _regions(service, key),
        ):
            fact = rows.get(region) or rows.get(ANY)
            if fact is not None:
                return fact
        return None

    def value(self, service: str, key: str, region: str = DEFAULT_REGION) -> float:
        """Returns the number of a fact, which must exist."""
        return self.get(service, key, region).value

    def tiers(self, service: str, key: str, region: str = DEFAULT_REGION) -> tuple[Fact, ...]:
        """Returns the prices of a key from the first unit on, as far as they are known.

        The first has the key itself or the key with `.tier1`, the others `.tier2` and so on.

        Raises:
            FactError: The first is missing.
        """
        tiers: list[Fact] = []
        while True:
            names = (f"{key}.tier{len(tiers) + 1}",) if tiers else (key, f"{key}.tier1")
            found = [fact for name in names if (fact := self.find(service, name, region))]
            if not found:
                break
            tiers.append(found[0])
            if found[0].up_to is None:
                break
        if not tiers:
            raise FactError(self._missing(service, key, region))
        return tuple(tiers)

    def missing_tier(self, last: Fact, region: str) -> FactError:
        """Returns the error of a quantity above the last tier that is known."""
        stem, _, number = last.key.rpartition(".tier")
        key = f"{stem}.tier{int(number) + 1}" if stem else f"{last.key}.tier2"
        return FactError(
            f"{self._missing(last.service, key, region)} "
            f"(the price above {last.up_to:,.0f} {last.unit} a month)"
        )

    def all(self) -> Iterator[Fact]:
        """Yields every fact that ships, then those of the user."""
        for file in FILES:
            for rows in _shipped(file).values():
                yield from rows.values()
        for rows in self._overrides.values():
            yield from rows.values()

    def _missing(self, service: str, key: str, region: str) -> str:
        mend = (
            f'; give it in a file of yours, with a value, a unit and a source: [{service}."{key}"] '
            "(--facts FILE)"
        )
        regions = {*_regions(service, key), *_regions(service, f"{key}.tier1")}
        if regions:
            return (
                f"no fact {service}/{key} for {region}, only for {', '.join(sorted(regions))}{mend}"
            )
        table = _shipped(_file_of(key))
        services = sorted({name for name, _ in table})
        if service not in services:
            return f"no facts of a service {service}; expected {suggest(service, services)}{mend}"
        close = get_close_matches(key, [key for name, key in table if name == service], n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        return f"no fact {service}/{key} for {region}{meant}{mend}"


def every_fact() -> Iterator[Fact]:
    """Yields all facts that ship."""
    for file in FILES:
        for rows in _shipped(file).values():
            yield from rows.values()


def _file_of(key: str) -> str:
    if key.startswith("price."):
        return PRICES
    return COLD_STARTS if key.startswith("coldstart.init_ms") else QUOTAS


@cache
def _shipped(file: str) -> Table:
    path = Path(__file__).with_name(file)
    return read_facts(path.read_text(encoding="utf-8"), file=file)


def _regions(service: str, key: str) -> dict[str, Fact]:
    return _shipped(_file_of(key)).get((service, key), {})


def _any_region(service: str, key: str) -> Fact | None:
    return next(iter(_regions(service, key).values()), None)
