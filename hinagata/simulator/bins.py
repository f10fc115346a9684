"""An outcome in as many steps as a plot or a table of numbers needs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hinagata.simulator.outcome import Outcome, Series

# A minute of a day.
MOST_BINS = 1440
# Counts of a bin are added up, levels are its highest.
COUNTS = (
    "arrivals",
    "attempts",
    "throttled",
    "errors",
    "done",
    "failed",
    "dead",
    "expired",
    "cold_starts",
    "billed_s",
    "calls",
)
LEVELS = ("in_flight", "queued", "busy", "capacity", "oldest_s")


@dataclass(frozen=True, kw_only=True)
class Bins:
    """An outcome, binned.

    Attributes:
        width_s: The length of a bin.
        seconds: When each begins.
        of: For each station its series by name; `latency_s` is the mean of what ended in the bin.
    """

    width_s: float
    seconds: Series
    of: Mapping[str, Mapping[str, Series]]


def bins(outcome: Outcome, *, most: int = MOST_BINS) -> Bins:
    """Returns an outcome in at most so many bins.

    Args:
        outcome: What happened.
        most: How many bins there are at most.
    """
    ticks = max((len(series.arrivals) for series in outcome.stations.values()), default=0)
    size = max(1, math.ceil(ticks / most))
    starts = np.arange(0, ticks, size)
    of: dict[str, dict[str, Series]] = {}
    for name, series in outcome.stations.items():
        found = {count: added(getattr(series, count), size) for count in COUNTS}
        for level in LEVELS:
            values = np.nan_to_num(getattr(series, level))
            found[level] = np.maximum.reduceat(values, starts) if ticks else values
        ended = series.done + series.failed + series.dead + series.expired
        weights = np.where(np.isnan(series.latency_s), 0.0, ended)
        took = added(np.nan_to_num(series.latency_s) * weights, size)
        counts = added(weights, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            found["latency_s"] = np.where(counts > 0, took / counts, np.nan)
        of[name] = found
    return Bins(
        width_s=size * outcome.tick_s, seconds=starts.astype(np.float64) * outcome.tick_s, of=of
    )


def added(series: Series, size: int) -> Series:
    """Returns the sums of a series over bins of so many ticks."""
    if not len(series):
        return series
    return np.add.reduceat(series, np.arange(0, len(series), size))
