"""Three layouts of a table that holds what devices report, and what each costs.

A device has many data items; of them a few change between two reports. A building's screen reads
all items of all its devices.

- A, `device`: one item for each device, with all its data items. A write is charged for the whole
  item, however little of it changes (DynamoDB developer guide, "Capacity unit consumption").
- B, `data item`: one item for each data item of each device, under a key of its own. A write is
  small; a screen reads every item by its key.
- C, `building`: as B, but under the building's key, sorted by device and data item. A write is
  small; a screen is one query.

What has changed is known only by what is kept, so each report is held against that before it is
written, in a strongly consistent read: the device's item in A, each data item by its key in B, one
query of the device in C.

C writes less than A as long as fewer data items change than the device's item has KB begun:
k < ceil(item KB). Source of the case: the talk "Daikin Global Platform", ServerlessDays Tokyo 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.facts import Fact, Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.billed_units import read_units, write_units
from hinagata.planner.pricing.bill import price
from hinagata.planner.pricing.estimate import Estimate
from hinagata.planner.pricing.written import UsageFileError

# A hundred for each person on Earth.
_MOST = 1e12


@dataclass(frozen=True, kw_only=True)
class Devices:
    """What reports and what is read.

    Attributes:
        devices: How many there are.
        interval_s: How often each reports.
        items: Data items of a device.
        item_bytes: Size of one, its name included.
        changed: How many of them change between two reports, and are written.
        key_bytes: What the key adds to an item that has one of its own.
        devices_per_building: Devices that a screen shows.
        screens: Screens that are open at once.
        refresh_s: How often a screen reads.
        call_ms: How long a call of the table takes.
        kb_per_ms: How much of what was read a function works up in a millisecond.
        memory_mb: Memory of that function, which runs on arm as the patterns' functions do.
    """

    devices: float = 5_000_000
    interval_s: float = 60.0
    items: float = 300
    item_bytes: float = 64
    changed: float = 5
    key_bytes: float = 32
    devices_per_building: float = 10
    screens: float = 90_000
    refresh_s: float = 60.0
    call_ms: float = 5.0
    kb_per_ms: float = 20.0
    memory_mb: float = 512

    def __post_init__(self) -> None:
        """Refuses what no devices are.

        Raises:
            HinagataError: A number is out of its bounds; the message says which, and its bounds.
        """
        bounds = {
            "devices": (0.0, _MOST),
            "interval_s": (0.001, 1e9),
            "items": (1.0, 1e6),
            "item_bytes": (1.0, 400 * 1024),
            "changed": (0.0, 1e6),
            "key_bytes": (0.0, 3072),
            "devices_per_building": (1.0, 1e6),
            "screens": (0.0, 1e12),
            "refresh_s": (0.001, 1e9),
            "call_ms": (0.0, 60_000.0),
            "kb_per_ms": (0.001, 1e6),
            "memory_mb": (128.0, 10_240.0),
        }
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise HinagataError(
                    f"devices: {name}: found {value:g}; expected {least:g} to {most:g}"
                )
        if self.changed > self.items:
            raise HinagataError(
                f"devices: changed: found {self.changed:g}; expected at most the {self.items:g} "
                "items of a device"
            )


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What one layout comes to.

    Attributes:
        name: A, B or C.
        what: An item of it.
        item_kb: The size of an item, its key included.
        units_per_report: Write units that a report takes.
        write_units: Write units a second.
        units_to_compare: Read units that it takes to find out what a report changes.
        items_read: Items that a screen reads.
        calls: Calls of the table that a screen makes, one after the other.
        read_units: Read units that a screen takes.
        read_ms: How long it takes.
        concurrency: Functions that read at once.
        estimate: What table and reading function cost a month.
    """

    name: str
    what: str
    item_kb: float
    units_per_report: float
    write_units: float
    units_to_compare: float
    items_read: float
    calls: float
    read_units: float
    read_ms: float
    concurrency: float
    estimate: Estimate


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The layouts beside each other.

    Attributes:
        devices: What they are for.
        layouts: A, B and C.
        crossover: C writes less than A below so many changed data items: ceil(item KB) of A.
        rows: By changed data items: the write units of a report in A, and in C.
        hottest_share: The share of a partition's write units that a building takes in C.
        facts: What all rests on.
    """

    devices: Devices
    layouts: tuple[Layout, ...]
    crossover: int
    rows: tuple[tuple[int, float, float], ...]
    hottest_share: float
    facts: tuple[Fact, ...]

    @property
    def cheapest(self) -> Layout:
        """The one with the lowest price."""
        return min(self.layouts, key=lambda layout: layout.estimate.total)


def compare(
    devices: Devices,
    *,
    region: str | None = None,
    facts: Facts | Path | str | Mapping[str, object] | None = None,
) -> Comparison:
    """Returns the three layouts beside each other.

    Args:
        devices: What reports and what is read.
        region: Where. Default: us-east-1.
        facts: Facts, or what replaces some of them; as `hinagata.planner.price` takes them.

    Raises:
        HinagataError: A price is missing, or an item is larger than a table takes.

    >>> found = compare(Devices())
    >>> [round(layout.write_units) for layout in found.layouts], found.crossover
    ([1583333, 416667, 416667], 19)
    """
    known = facts if isinstance(facts, Facts) else Facts(facts)
    where = region or DEFAULT_REGION
    maker = _Maker(devices, known, where)
    layouts = (maker.by_device(), maker.by_data_item(), maker.by_building())
    crossover = math.ceil(layouts[0].units_per_report)
    shown = sorted({1, 2, 5, 10, round(devices.changed), *range(crossover - 1, crossover + 2)})
    each = maker.units(layouts[2].item_kb)
    building = devices.devices_per_building * devices.changed * each / devices.interval_s
    limit = maker.fact("dynamodb", "partition.write")
    return Comparison(
        devices=devices,
        layouts=layouts,
        crossover=crossover,
        rows=tuple(
            (changed, layouts[0].units_per_report, changed * each)
            for changed in shown
            if 1 <= changed <= devices.items
        ),
        hottest_share=building / limit,
        facts=tuple(
            dict.fromkeys(
                (*maker.used, *(fact for each in layouts for fact in each.estimate.facts))
            )
        ),
    )


class _Maker:
    def __init__(self, devices: Devices, facts: Facts, region: str) -> None:
        self._devices, self._facts, self._region = devices, facts, region
        self.used: list[Fact] = []

    def fact(self, service: str, key: str) -> float:
        fact = self._facts.get(service, key, self._region)
        self.used.append(fact)
        return fact.value

    def units(self, item_kb: float) -> int:
        return write_units(item_kb, unit_kb=self.fact("dynamodb", "write_unit"))

    def _read(self, kb: float, consistency: str = "eventual") -> float:
        unit_kb = self.fact("dynamodb", "read_unit")
        return read_units(kb, consistency=consistency, unit_kb=unit_kb)

    def by_device(self) -> Layout:
        d = self._devices
        item_kb = d.items * d.item_bytes / 1024
        largest = self.fact("dynamodb", "item_max")
        if item_kb > largest:
            raise HinagataError(
                f"devices: {d.items:g} items of {d.item_bytes:g} bytes are {item_kb:,.0f} KB; "
                f"expected at most the {largest:g} KB of an item"
            )
        read = d.devices_per_building
        return self._layout(
            "A",
            "device",
            item_kb=item_kb,
            units=self.units(item_kb) if d.changed else 0,
            to_compare=self._read(item_kb, "strong"),
            stored=d.devices,
            read=read,
            calls=self._batches(read, item_kb),
            read_kb=read * item_kb,
            read_units_each=read * self._read(item_kb),
        )

    def by_data_item(self) -> Layout:
        d = self._devices
        item_kb = (d.item_bytes + d.key_bytes) / 1024
        read = d.devices_per_building * d.items
        return self._layout(
            "B",
            "data item",
            item_kb=item_kb,
            units=d.changed * self.units(item_kb),
            to_compare=d.items * self._read(item_kb, "strong"),
            stored=d.devices * d.items,
            read=read,
            calls=self._batches(read, item_kb),
            read_kb=read * item_kb,
            read_units_each=read * self._read(item_kb),
        )

    def by_building(self) -> Layout:
        d = self._devices
        item_kb = (d.item_bytes + d.key_bytes) / 1024
        read = d.devices_per_building * d.items
        read_kb = read * item_kb
        page_kb = self.fact("dynamodb", "query.bytes") * 1024
        # A query is rounded up as a whole, page by page.
        return self._layout(
            "C",
            "data item of a building",
            item_kb=item_kb,
            units=d.changed * self.units(item_kb),
            to_compare=self._read(d.items * item_kb, "strong"),
            stored=d.devices * d.items,
            read=read,
            calls=max(1, math.ceil(read_kb / page_kb)),
            read_kb=read_kb,
            read_units_each=self._read(read_kb),
        )

    def _batches(self, read: float, item_kb: float) -> float:
        """Calls of BatchGetItem: so many items, and so many MB, fit into one."""
        per_call = self.fact("dynamodb", "batch_get.items")
        mb = self.fact("dynamodb", "batch.bytes")
        return max(1, math.ceil(read / per_call), math.ceil(read * item_kb / 1024 / mb))

    def _layout(
        self,
        name: str,
        what: str,
        *,
        item_kb: float,
        units: float,
        to_compare: float,
        stored: float,
        read: float,
        calls: float,
        read_kb: float,
        read_units_each: float,
    ) -> Layout:
        d = self._devices
        reports, reads = d.devices / d.interval_s, d.screens / d.refresh_s
        read_ms = calls * d.call_ms + read_kb / d.kb_per_ms
        hours = self.fact("billing", "price.hours_per_month")
        seconds = hours * 3600
        estimate = self._price(
            {
                "dynamodb": {
                    "Table": {
                        "write_units": reports * units * seconds,
                        "read_units": (reports * to_compare + reads * read_units_each) * seconds,
                        "items": stored,
                        "item_kb": item_kb,
                    }
                },
                "lambda": {
                    "Screen": {
                        "requests": reads * seconds,
                        "duration_ms": read_ms,
                        "memory_mb": d.memory_mb,
                        "architecture": "arm",
                    }
                },
            }
        )
        return Layout(
            name=name,
            what=what,
            item_kb=item_kb,
            units_per_report=units,
            write_units=reports * units,
            units_to_compare=to_compare,
            items_read=read,
            calls=calls,
            read_units=read_units_each,
            read_ms=read_ms,
            concurrency=reads * read_ms / 1000,
            estimate=estimate,
        )

    def _price(self, usage: Mapping[str, object]) -> Estimate:
        try:
            return price(usage, region=self._region, facts=self._facts)
        except UsageFileError as error:
            raise HinagataError(f"devices: no table is used so much: {error}") from None
