"""From a usage to an estimate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.pricing.account import Account, Charges
from hinagata.planner.pricing.estimate import Estimate
from hinagata.planner.pricing.usage import read_usage


def price(
    usage: Path | str | Mapping[str, object],
    *,
    region: str | None = None,
    facts: Facts | Path | str | Mapping[str, object] | None = None,
    free_tier: bool | None = None,
) -> Estimate:
    """Returns what a usage costs a month, item by item, in USD.

    Args:
        usage: A usage file, or a mapping written as one; see docs/price.md.
        region: Where. Default: what the usage says, or us-east-1.
        facts: Facts, or what replaces some of them: a file or a mapping
            `{service: {key: {"value": ..., "source" or "reason": ...}}}`. Default: those that ship.
        free_tier: Whether what is free each month is taken off. Default: as the usage says, or not.

    Raises:
        HinagataError: The usage cannot be used, or a price is missing: never is one taken as zero.

    >>> estimate = price({"lambda": {"Orders": {"requests": 1_000_000, "duration_ms": 100}}})
    >>> round(estimate.total, 2)
    0.41
    """
    known = facts if isinstance(facts, Facts) else Facts(facts)
    hours = known.value("billing", "price.hours_per_month")
    month = read_usage(usage, hours=hours, free_tier=free_tier)
    where = region or month.region or DEFAULT_REGION
    account = Account(known, region=where, hours=month.hours)
    for resource in month.resources:
        resource.service.charge(
            Charges(
                account,
                title=resource.service.title,
                facts_of=resource.service.facts_of,
                name=resource.name,
                values=resource.values,
                written=resource.written,
                free=resource.free,
            )
        )
    return Estimate(
        name=month.name,
        region=where,
        hours=month.hours,
        items=tuple(account.items),
        events=month.events,
    )
