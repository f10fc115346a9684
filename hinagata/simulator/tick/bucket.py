"""Stations that take so many a second, and hold tokens for bursts: API Gateway and DynamoDB."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from hinagata.simulator.model import Gateway, Table
from hinagata.simulator.outcome import StationSeries
from hinagata.simulator.tick.law import Law
from hinagata.simulator.tick.ledger import Amount, At, Ledger
from hinagata.simulator.tick.place import Place

Values = npt.NDArray[np.float64]

# A table's peak is that of a minute, so that a second's burst is none.
_MINUTE_S = 60.0


class GatewayPlace(Place):
    """API Gateway."""

    keeps = ("_tokens",)

    def __init__(self, station: Gateway, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._gateway = station
        self._tokens = station.burst
        self._refill = station.per_s * ledger.tick_s

    def work(self) -> Law:
        """Returns its own time."""
        return Law(self._gateway.overhead_s, 0.0)

    def judge(self, _tick: int, /) -> float:
        """Returns the share of the tick's tries that there is no token for."""
        there = self._tokens + self._refill
        wanted = self.tries_now * self.open_share()
        return 1.0 - there / wanted if wanted > there else 0.0

    def happen(self, at: At, _tries: Amount, admitted: Amount, /) -> None:
        """Takes the tokens."""
        if isinstance(at, int):
            left = self._tokens + self._refill - float(admitted)
        else:
            left = self._tokens + self._refill * (at.stop - at.start) - float(np.sum(admitted))
        self._tokens = min(self._gateway.burst, max(0.0, left))

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which more comes than flows in."""
        return first_true(_tries(self, at) > self._refill, at)


class TablePlace(Place):
    """DynamoDB: a bucket for the table, and one for each partition, for writes and for reads."""

    keeps = ("_table_tokens", "_tokens", "_rates", "_table_most", "_minutes", "_tick", "_last")

    def __init__(self, station: Table, ledger: Ledger) -> None:
        super().__init__(station, ledger)
        self._table = station
        self._shares = np.array(station.shares) / sum(station.shares)
        self._units = np.array([station.write_units, station.read_units])
        provisioned = (station.writes_per_s, station.reads_per_s)
        first = (station.at_most_writes_per_s, station.at_most_reads_per_s)
        self._on_demand = [rate is None for rate in provisioned]
        self._rates = np.array(
            [most if rate is None else rate for rate, most in zip(provisioned, first, strict=True)]
        )
        self._quotas = np.array([station.quota_writes_per_s, station.quota_reads_per_s])
        self._each = np.array([station.partition_writes_per_s, station.partition_reads_per_s])
        credit = max(1.0, station.credit_s)
        seconds = np.array([1.0 if free else credit for free in self._on_demand])
        self._table_most = self._rates * seconds
        self._table_tokens = self._table_most.copy()
        self._most = np.repeat(self._each[:, None], len(self._shares), axis=1)
        self._tokens = self._most.copy()
        self._kinds = [kind for kind in (0, 1) if self._units[kind] > 0.0]
        self._grows = any(self._on_demand[kind] for kind in self._kinds)
        # The units taken in each minute, the tick that comes next, and those of the one before.
        minutes = math.ceil(ledger.ticks * ledger.tick_s / _MINUTE_S) + 1 if self._grows else 0
        self._minutes = np.zeros((2, minutes))
        self._tick = 0
        self._last = np.zeros(2)

    def work(self) -> Law:
        """Returns its own time."""
        return Law.of(self._table.latency)

    def judge(self, _tick: int, /) -> float:
        """Returns the share of the tick's tries that a bucket is too empty for."""
        wanted = self.tries_now * self.open_share()
        if wanted <= 0.0:
            return 0.0
        tick_s = self.ledger.tick_s
        served = 1.0
        for kind in self._kinds:
            units = wanted * self._units[kind]
            there = self._table_tokens[kind] + self._rates[kind] * tick_s
            each = self._tokens[kind] + self._each[kind] * tick_s
            taken = np.minimum(units * self._shares, each)
            served = min(served, float(taken.sum()) / units, there / units)
        return max(0.0, 1.0 - served) if served < 1.0 - 1e-12 else 0.0

    def happen(self, at: At, tries: Amount, admitted: Amount, /) -> None:
        """Takes the tokens."""
        one = isinstance(at, int)
        ticks = 1 if isinstance(at, int) else at.stop - at.start
        seconds = ticks * self.ledger.tick_s
        count = float(admitted) if one else float(np.sum(admitted))
        if self._grows:
            self._remember(np.broadcast_to(np.asarray(admitted, dtype=float), (ticks,)))
        for kind in self._kinds:
            units = count * self._units[kind]
            there = self._table_tokens[kind] + self._rates[kind] * seconds - units
            self._table_tokens[kind] = min(self._table_most[kind], max(0.0, there))
            each = self._tokens[kind] + self._each[kind] * seconds
            # What a hot partition could not take, the others did not take for it.
            offered = (float(np.sum(tries)) * self.open_share() * self._units[kind]) * self._shares
            self._tokens[kind] = np.minimum(self._most[kind], np.maximum(0.0, each - offered))

    def strained(self, at: slice, /) -> int | None:
        """Returns the first tick at which more comes than flows in."""
        tries = _tries(self, at) * self.open_share()
        most = math.inf
        for kind in self._kinds:
            hottest = self._each[kind] / float(self._shares.max())
            most = min(most, min(self._rates[kind], hottest) / self._units[kind])
        return first_true(tries > most * self.ledger.tick_s, at)

    def _remember(self, admitted: Values) -> None:
        """Counts the units of ticks that have just happened, and grows by them every half hour."""
        start, stop = self._tick, self._tick + len(admitted)
        self._last = float(admitted[-1]) * self._units
        edges = np.arange(start, stop) * self.ledger.tick_s
        minutes = ((edges + 1e-9) / _MINUTE_S).astype(np.int64)
        counted = np.bincount(minutes - minutes[0], weights=admitted)
        self._minutes[:, minutes[0] : minutes[0] + len(counted)] += np.outer(self._units, counted)
        self._tick = stop
        if self._period(stop) == self._period(start):
            return
        # As large as twice its busiest minute has ever been, up to what an account allows.
        until = round(self._period(stop) * self._table.grows_after_s / _MINUTE_S)
        for kind in self._kinds:
            if self._on_demand[kind]:
                grown = self._table.grows_by * float(self._minutes[kind, :until].max()) / _MINUTE_S
                grown = max(self._rates[kind], min(grown, self._quotas[kind]))
                self._rates[kind] = self._table_most[kind] = grown

    def _period(self, tick: int) -> int:
        return int((tick * self.ledger.tick_s + 1e-9) / self._table.grows_after_s)

    def repeats_until(self, tick: int, /) -> int:
        """Returns until which tick it takes no more than now."""
        for kind in self._kinds:
            taken = max(
                float(self._minutes[kind].max(initial=0.0)) / _MINUTE_S,
                float(self._last[kind]) / self.ledger.tick_s,
            )
            grown = min(self._table.grows_by * taken, float(self._quotas[kind]))
            if self._on_demand[kind] and grown > float(self._rates[kind]) * (1 + 1e-9):
                return math.ceil(
                    (self._period(tick) + 1) * self._table.grows_after_s / self.ledger.tick_s
                )
        return self.ledger.ticks

    def remains(self) -> list[Any]:
        """Returns what is the same a while later, if it repeats itself."""
        return [self._table_tokens, self._tokens, self._rates, self.limited]

    def repeat(self, ticks: int, _more: Values, /) -> None:
        """Lets ticks pass in which it takes what it did."""
        if self._grows:
            one = self._kinds[0]
            self._remember(np.full(ticks, self._last[one] / self._units[one]))

    def series(self) -> StationSeries:
        """Returns what happened."""
        series = super().series()
        series.busy[:] = (
            (series.attempts - series.throttled) * self.work().mean / self.ledger.tick_s
        )
        return series


def _tries(place: Place, at: slice) -> Values:
    tries = np.zeros(at.stop - at.start)
    for flow in place.flows:
        tries += flow.tries[at]
    return tries


def first_true(found: npt.NDArray[np.bool_], at: slice) -> int | None:
    """Returns the tick of the first value that is true; None if none is."""
    place = int(np.argmax(found)) if len(found) else 0
    return int(at.start) + place if len(found) and found[place] else None
