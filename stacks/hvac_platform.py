"""The air conditioners of the world: differences written, a building read in one query."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk

from patterns import (
    EventStream,
    LambdaWorker,
    Off,
    ReactiveApi,
    Situation,
    TelemetryStore,
    acknowledge,
)

if TYPE_CHECKING:
    from constructs import Construct

# A device reports once a minute; a shard takes 1,000 records a second
# (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
_REPORTS_PER_DEVICE_PER_SECOND = 1 / 60
_RECORDS_PER_SHARD = 1000
# An open screen reads once a minute.
_READS_PER_SCREEN_PER_SECOND = 1 / 60
_SCREENS_PER_DEVICE = 90_000 / 5_000_000
# Of hundreds of data items a few change between two reports (assumed: five), each of which is a
# write unit; a report's device is read before that, some 7 units.
_WRITE_UNITS_PER_REPORT = 5
_READ_UNITS_PER_REPORT = 7
# A building of ten devices with 300 data items each.
_READ_UNITS_PER_SCREEN = 36
# What a new table on demand takes at once is the least that is worth a bound.
_LEAST_WRITE_UNITS, _LEAST_READ_UNITS = 4_000, 12_000
_HEADROOM = 2
_CURRENT = "GET /buildings/{building_id}/current"
_SAME_TWICE = Situation(
    "it puts the newest value under its own key: done twice, it is the same",
    cdk=("Hinagata::FM603",),
)

Layout = Literal["building", "device", "item"]
# Partition and sort key of each layout.
_KEYS: dict[Layout, tuple[str, str | None]] = {
    "building": ("building_id", "device_item"),
    "device": ("device", None),
    "item": ("item", None),
}


class HvacPlatform(cdk.Stack):
    """Devices report once a minute; what changed is stored; a screen reads its whole building.

    Args:
        devices: How many devices it is sized for.
        screens: How many screens are open at once. None: 18 for each 1,000 devices.
        layout: How the table is laid out: `building` is the one that wins; `device` and `item`
            are the two that lost, to compare with.

    Raises:
        ValueError: There is no such layout.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        devices: int = 5_000,
        screens: int | None = None,
        layout: Layout = "building",
    ) -> None:
        super().__init__(scope, construct_id, description="Air conditioners, and who watches them")
        if layout not in _KEYS:
            message = f"layout={layout!r}: give one of {', '.join(_KEYS)}"
            raise ValueError(message)
        reports = devices * _REPORTS_PER_DEVICE_PER_SECOND
        if screens is None:
            screens = math.ceil(devices * _SCREENS_PER_DEVICE)
        reads = screens * _READS_PER_SCREEN_PER_SECOND
        code = {"TABLE_LAYOUT": layout}

        # Devices -> reports -> what changed -> current
        stream = EventStream(
            self, "Reports", shards=max(1, math.ceil(reports / _RECORDS_PER_SHARD))
        )
        ingest = LambdaWorker(
            self, "Ingest", handler="hvac_platform.ingest.handler", environment=code
        )
        partition_key, sort_key = _KEYS[layout]
        wanted = reports * _READ_UNITS_PER_REPORT + reads * _READ_UNITS_PER_SCREEN
        current = TelemetryStore(
            self,
            "Current",
            partition_key=partition_key,
            sort_key=sort_key,
            max_write_units=max(
                _LEAST_WRITE_UNITS, math.ceil(_HEADROOM * reports * _WRITE_UNITS_PER_REPORT)
            ),
            max_read_units=max(_LEAST_READ_UNITS, math.ceil(_HEADROOM * wanted)),
        )
        ingest.consumes(stream, batch_size=500, parallelization=10)
        ingest.reads(current)
        ingest.writes(current)

        # Screens -> API -> one query
        screen = ReactiveApi(
            self,
            "Screen",
            routes={_CURRENT: "hvac_platform.screen.handler"},
            requests_per_second=max(100.0, _HEADROOM * reads),
            environment=code,
        )
        screen.reads(current)

        if layout != "building":
            register = TelemetryStore(
                self, "Register", protection=Off("it is there for a comparison, and goes with it")
            )
            ingest.writes(register)
            acknowledge(ingest.function, _SAME_TWICE)
            screen.reads(register)

        cdk.CfnOutput(self, "ReportsStream", value=stream.stream.stream_name)
        cdk.CfnOutput(self, "ScreenUrl", value=screen.url)
