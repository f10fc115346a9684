"""What happened at each station over time, as a table that any program reads."""

from __future__ import annotations

import csv
import io
import math

from hinagata.simulator.bins import COUNTS, LEVELS, bins
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import rows

# In the order of a message's way through a station.
_COLUMNS = (*COUNTS, *LEVELS, "latency_s")


def as_csv(simulation: Simulation) -> str:
    """Returns a row for each station and bin: a second, or a minute of a day.

    Counts are those of the bin, levels its highest; a time that nothing took is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("seconds", "station", *_COLUMNS))
    binned = bins(simulation.outcome)
    for row in rows(simulation.network, simulation.outcome):
        series = binned.of[row.station]
        for index, second in enumerate(binned.seconds):
            values = (series[name][index] for name in _COLUMNS)
            writer.writerow((f"{second:g}", row.station, *map(_shown, values)))
    return text.getvalue()


def _shown(value: float) -> str:
    return "" if not math.isfinite(value) else f"{value:.10g}"
