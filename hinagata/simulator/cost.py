"""What a simulated time costs: what was tried is paid for, not what was sent.

Prices are those of the first tier, without what is free each month: a day is no month. A month's
bill, with tiers, logs and data transfer, is what `hinagata price` is for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.simulator.model import (
    Function,
    Gateway,
    Network,
    Queue,
    Service,
    Station,
    Stream,
    Table,
    Topic,
    Workflow,
)
from hinagata.simulator.outcome import Outcome, Series, StationSeries

_HOUR_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one kind of thing costs at a station.

    Attributes:
        station: The station.
        service: The service, as prices know it.
        item: What is paid for.
        usd: In each tick.
    """

    station: str
    service: str
    item: str
    usd: Series

    @property
    def total(self) -> float:
        """What it costs over the whole time, in USD."""
        return float(np.sum(self.usd))


def costs(
    network: Network, outcome: Outcome, *, facts: Facts, region: str = DEFAULT_REGION
) -> tuple[Cost, ...]:
    """Returns what each station costs, tick by tick.

    Args:
        network: The stations.
        outcome: What happened at them.
        facts: The prices.
        region: Where it runs. Default: us-east-1.

    Raises:
        FactError: A price is missing; none is taken as zero.
    """
    bill = _Bill(facts, region, outcome.tick_s)
    return tuple(
        Cost(station=name, service=service, item=item, usd=usd)
        for name, station in network.stations.items()
        for service, item, usd in bill.lines(station, outcome.stations[name])
    )


@dataclass(frozen=True)
class _Bill:
    facts: Facts
    region: str
    tick_s: float

    def lines(self, station: Station, series: StationSeries) -> Iterator[tuple[str, str, Series]]:
        match station:
            case Function():
                yield from self._function(station, series)
            case Service():
                yield from self._service(station, series)
            case Stream() if station.records_per_s < math.inf:
                yield from self._stream(station, series)
            case Table():
                yield from self._table(station, series)
            case Workflow():
                yield self._workflow(station, series)
            case Gateway() | Queue() | Topic():
                yield self._requests(station, series)

    def _requests(
        self, station: Gateway | Queue | Topic, series: StationSeries
    ) -> tuple[str, str, Series]:
        match station:
            case Gateway(http=http):
                service, key = "apigateway", "price.http" if http else "price.rest"
            case Queue(ordered=ordered):
                service, key = "sqs", "price.fifo" if ordered else "price.standard"
            case Topic(bus=True):
                service, key = "eventbridge", "price.custom_event"
            case Topic():
                service, key = "sns", "price.publish"
        return service, "requests", series.calls * self._price(service, key)

    def _workflow(self, station: Workflow, series: StationSeries) -> tuple[str, str, Series]:
        if station.express:
            price = self._price("stepfunctions", "price.express_request")
            return "stepfunctions", "executions", series.attempts * price
        price = self._price("stepfunctions", "price.transition") * station.transitions
        return "stepfunctions", "transitions", series.attempts * price

    def _function(
        self, station: Function, series: StationSeries
    ) -> Iterator[tuple[str, str, Series]]:
        chip = "arm" if station.arm else "x86"
        gigabytes = station.memory_mb / self._price("lambda", "price.mb_per_gb")
        yield "lambda", "requests", series.calls * self._price("lambda", "price.request")
        price = self._price("lambda", f"price.gb_s.{chip}")
        yield "lambda", "duration", series.billed_s * gigabytes * price
        if station.provisioned:
            key = "price.provisioned_gb_s" + (".arm" if station.arm else "")
            steady = station.provisioned * gigabytes * self._price("lambda", key) * self.tick_s
            yield "lambda", "provisioned", np.full(len(series.calls), steady)

    def _service(
        self, station: Service, series: StationSeries
    ) -> Iterator[tuple[str, str, Series]]:
        chip = "arm" if station.arm else "x86"
        hours = series.capacity * self.tick_s / _HOUR_S
        each = station.vcpu * self._price("fargate", f"price.vcpu_h.{chip}")
        each += station.memory_mb / 1024 * self._price("fargate", f"price.gb_h.{chip}")
        yield "fargate", "tasks", hours * each
        hour = self._price("alb", "price.hour") * self.tick_s / _HOUR_S
        yield "alb", "hours", np.full(len(hours), hour)
        # An LCU is 25 new connections a second (ELB pricing): a device makes one a request.
        units = series.attempts / self.facts.value("alb", "lcu.new_connections", self.region)
        price = self._price("alb", "price.lcu_hour")
        yield "alb", "capacity units", units * price / _HOUR_S

    def _stream(self, station: Stream, series: StationSeries) -> Iterator[tuple[str, str, Series]]:
        hours = len(station.shares) * self.tick_s / _HOUR_S
        price = self._price("kinesis", "price.shard_h")
        yield "kinesis", "shards", np.full(len(series.calls), hours * price)
        taken = series.attempts - series.throttled
        kilobytes = self._price("kinesis", "price.put_unit_kb")
        units = taken * max(1.0, -(-station.record_bytes // (1024 * kilobytes)))
        yield "kinesis", "put units", units * self._price("kinesis", "price.put_unit")

    def _table(self, station: Table, series: StationSeries) -> Iterator[tuple[str, str, Series]]:
        taken = series.attempts - series.throttled
        for word, units, provisioned, once, hourly in (
            ("writes", station.write_units, station.writes_per_s, "price.wru", "price.wcu_h"),
            ("reads", station.read_units, station.reads_per_s, "price.rru", "price.rcu_h"),
        ):
            if provisioned is None:
                yield "dynamodb", word, taken * units * self._price("dynamodb", once)
            else:
                steady = provisioned * self._price("dynamodb", hourly) * self.tick_s / _HOUR_S
                yield "dynamodb", word, np.full(len(taken), steady)

    def _price(self, service: str, key: str) -> float:
        """Returns the price of one unit, of the first tier."""
        fact = self.facts.tiers(service, key, self.region)[0]
        return fact.value / (fact.per or 1)
