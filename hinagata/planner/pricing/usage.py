"""A usage file: what each resource does in a month, by service.

region: ap-northeast-1
events: 3_000_000
lambda:
  Orders: {requests: 3_000_000, duration_ms: 120, memory_mb: 1536}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.planner.pricing.field import measured, monthly
from hinagata.planner.pricing.service import Service
from hinagata.planner.pricing.services import SERVICES
from hinagata.planner.pricing.written import Written, written_as, written_in
from hinagata.suggestion import suggest

# What stands beside the services.
SETTINGS = ("name", "region", "hours", "events", "free_tier")
# A resource may say by itself what is free of it.
FREE_TIER = "free_tier"
LONGEST_MONTH = 744


@dataclass(frozen=True, kw_only=True)
class Resource:
    """What one resource does in a month.

    Attributes:
        service: Its service.
        name: Its name in the file.
        values: Every field of the service, as given or by default.
        written: Where the given ones stand.
        free: What is free of it: None for all that the service grants.
    """

    service: Service
    name: str
    values: Mapping[str, float | str | None]
    written: Mapping[str, Written]
    free: frozenset[str] | None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A month of an architecture.

    Attributes:
        name: Its name; empty if it has none.
        region: Where it runs; None if the usage does not say.
        hours: Hours of the month.
        events: Events a month that it is for; None if the usage does not say.
        resources: What is used, in the order of the file.
    """

    name: str
    region: str | None
    hours: float
    events: float | None
    resources: tuple[Resource, ...]


def read_usage(
    usage: Path | str | Mapping[str, object], *, hours: float, free_tier: bool | None = None
) -> Usage:
    """Returns a usage, checked to the last field.

    Args:
        usage: A file, or a mapping that is written as one.
        hours: Hours of a month that does not say.
        free_tier: Whether everything free is taken off; None: as the usage says, else not.

    Raises:
        HinagataError: It cannot be used; the message says where, what is found, what is expected.
    """
    document = written_as(usage) if isinstance(usage, Mapping) else written_in(Path(usage))
    return _read(document, hours=hours, free_tier=free_tier)


def _read(document: Written, *, hours: float, free_tier: bool | None) -> Usage:
    entries = document.known([*SETTINGS, *SERVICES], kind="service or setting")
    if "hours" in entries:
        hours = measured(entries["hours"])
        if not 1 <= hours <= LONGEST_MONTH:
            entries["hours"].fail(expected=f"the hours of a month, 1 to {LONGEST_MONTH}")
    default: frozenset[str] | None = frozenset()
    if free_tier is not None:
        default = None if free_tier else frozenset()
    elif FREE_TIER in entries:
        every = {part for service in SERVICES.values() for part in service.free}
        default = _free(entries[FREE_TIER], sorted(every))
    resources = [
        _resource(SERVICES[service], name, value, hours=hours, free=default, asked=free_tier)
        for service, listed in entries.items()
        if service in SERVICES
        for name, value in listed.entries().items()
    ]
    if not resources:
        document.fail(found="no resource", expected=f"at least one, of {suggest('', SERVICES)}")
    name, region, events = entries.get("name"), entries.get("region"), entries.get("events")
    return Usage(
        name=name.text() if name else "",
        region=region.text() if region else None,
        hours=hours,
        events=monthly(events, hours=hours) or None if events else None,
        resources=tuple(resources),
    )


def _resource(
    service: Service,
    name: str,
    value: Written,
    *,
    hours: float,
    free: frozenset[str] | None,
    asked: bool | None,
) -> Resource:
    names = [field.name for field in service.fields]
    written = value.known([*names, FREE_TIER], kind="field")
    missing = [
        field.name for field in service.fields if field.required and field.name not in written
    ]
    if missing:
        value.fail(found=f"no {' and no '.join(missing)}", expected="these fields too")
    values: dict[str, float | str | None] = {
        field.name: field.read(written[field.name], hours=hours)
        if field.name in written
        else field.default
        for field in service.fields
    }
    if FREE_TIER in written and asked is None:
        free = _free(written[FREE_TIER], service.free)
    return Resource(service=service, name=name, values=values, written=written, free=free)


def _free(value: Written, parts: Iterable[str]) -> frozenset[str] | None:
    if isinstance(value.content, list):
        return value.some_of(parts)
    return None if value.one_of(("true", "false")) == "true" else frozenset()
