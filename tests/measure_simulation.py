"""Measures the engines of the simulation against SimPy, on the same models in the same run.

Machines are noisy, so engine and SimPy alternate, each is charged with the processor's time, and
the ratio is taken round by round. Run by `make measure-simulation`; exit status 1 if a bound is
broken.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import simpy

sys.path.insert(0, str(Path(__file__).parents[1]))

from hinagata.simulator.event import run_events
from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.model import Network
from tests.workbench.simulator import networks

# What the event engine promises, without a compiler.
EVENTS_PER_S = 250_000
TIMES_SIMPY = 10

Process = Iterator[Any]


class InSimPy:
    """A network as one writes it in SimPy, telling as much as the engine does.

    That is, by the second, counts, and means of levels and latencies, and the percentiles of each
    station's latencies.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.environment = simpy.Environment()
        self.draws = random.Random(network.seed)
        self.counts: Counter[tuple[str, int]] = Counter()
        self.areas: Counter[tuple[str, int]] = Counter()
        self.levels: dict[str, tuple[float, int]] = {}
        self.took: Counter[tuple[str, int]] = Counter()
        self.times: defaultdict[str, list[float]] = defaultdict(list)

    def count(self, what: str) -> None:
        """Counts something in this second."""
        self.counts[what, int(self.environment.now)] += 1

    def change(self, what: str, by: int) -> None:
        """Counts how many there are of something, for its mean in this second."""
        now = self.environment.now
        since, level = self.levels.get(what, (0.0, 0))
        self.areas[what, int(now)] += level * (now - since)
        self.levels[what] = now, level + by

    def end(self, station: str, began: float, sent: float) -> None:
        """Counts what a station has done, and how long that took."""
        now = self.environment.now
        self.count(f"{station} done")
        self.took[station, int(now)] += now - began
        self.times[station].append(now - sent)

    def run(self, message: Callable[[], Process]) -> int:
        """Lets messages come at a constant rate, and returns how many did."""
        rate = self.network.traffic[0].rate.rate_at(0.0)
        came = 0

        def source() -> Process:
            nonlocal came
            while True:
                yield self.environment.timeout(self.draws.expovariate(rate))
                came += 1
                self.environment.process(message())

        self.environment.process(source())
        self.environment.run(until=self.network.duration_s)
        for times in self.times.values():
            statistics.quantiles(times, n=100)
        return came


def line_in_simpy(network: Network) -> int:
    """V3: M/M/50."""
    model = InSimPy(network)
    environment, draws = model.environment, model.draws
    servers = simpy.Resource(environment, capacity=50)

    def message() -> Process:
        began = environment.now
        model.count("arrivals")
        model.change("present", 1)
        with servers.request() as request:
            yield request
            model.change("busy", 1)
            yield environment.timeout(draws.expovariate(1.0))
            model.change("busy", -1)
        model.change("present", -1)
        model.end("service", began, began)

    return model.run(message)


def storm_in_simpy(network: Network) -> int:
    """V23: a function of 100 places, its warm environments, and callers who try again."""
    model = InSimPy(network)
    environment, draws = model.environment, model.draws
    busy = 0
    idle: list[float] = []

    def message() -> Process:
        nonlocal busy
        began = environment.now
        model.count("arrivals")
        model.change("present", 1)
        for number in range(4):
            model.count("attempts")
            if busy < 100:
                busy += 1
                model.change("busy", 1)
                if idle and idle[-1] + 360 >= environment.now:
                    idle.pop()
                else:
                    model.count("cold starts")
                yield environment.timeout(draws.expovariate(5.0))
                busy -= 1
                model.change("busy", -1)
                model.change("present", -1)
                idle.append(environment.now)
                model.end("function", began, began)
                return
            model.count("throttled")
            if number < 3:
                model.change("queued", 1)
                yield environment.timeout(draws.uniform(0, min(20.0, 5.0 * 2.0**number)))
                model.change("queued", -1)
        model.change("present", -1)
        model.count("failed")
        model.took["function", int(environment.now)] += environment.now - began

    return model.run(message)


class ApiInSimPy(InSimPy):
    """A gateway that waits 29 s, a function that waits 10 s, and a table, each for the next.

    Each has its limits, as in the engine, which does not know that none is ever met.
    """

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.gateway_rate = Bucket(10_000, 5000)
        self.account_rate = Bucket(10_000, 10_000)
        self.starts = Bucket(100, 1000)
        self.partition = Bucket(1000, 1000)
        self.busy = 0
        self.idle: list[float] = []

    def table(self, sent: float) -> Process:
        """Writes, at the fourth try at the latest."""
        environment, draws = self.environment, self.draws
        began = environment.now
        self.count("table arrivals")
        self.change("table present", 1)
        for number in range(4):
            self.count("table attempts")
            if self.partition.take(environment.now):
                yield environment.timeout(draws.lognormvariate(-5.41, 0.47))
                self.end("table", began, sent)
                break
            self.count("table throttled")
            if number < 3:
                yield environment.timeout(draws.uniform(0, min(1.0, 0.05 * 2.0**number)))
        self.change("table present", -1)

    def handler(self, sent: float) -> Process:
        """Works, and then writes."""
        yield self.environment.timeout(self.draws.expovariate(10.0))
        yield self.environment.process(self.table(sent))

    def function(self, sent: float) -> Process:
        """Finds or starts an environment, and lets it work for 10 s at the most."""
        environment = self.environment
        began = environment.now
        self.count("function arrivals")
        warm = self.idle and self.idle[-1] + 360 >= began
        if (
            self.busy >= 1000
            or not self.account_rate.take(began)
            or not (warm or self.starts.take(began))
        ):
            self.count("function throttled")
            return
        self.busy += 1
        self.change("function present", 1)
        self.change("function busy", 1)
        if warm:
            self.idle.pop()
        else:
            self.count("cold starts")
            yield environment.timeout(self.draws.lognormvariate(-1.25, 0.29))
        yield environment.process(self.handler(sent)) | environment.timeout(10.0)
        self.busy -= 1
        self.idle.append(environment.now)
        self.change("function busy", -1)
        self.change("function present", -1)
        self.end("function", began, sent)

    def message(self) -> Process:
        """Goes through the gateway, which takes 5 ms itself."""
        environment = self.environment
        began = environment.now
        self.count("arrivals")
        if not self.gateway_rate.take(began):
            self.count("throttled")
            return
        self.change("present", 1)
        yield environment.process(self.function(began)) | environment.timeout(29.0)
        yield environment.timeout(0.005)
        self.change("present", -1)
        self.end("gateway", began, began)


def api_in_simpy(network: Network) -> int:
    """A gateway, a function and a table."""
    model = ApiInSimPy(network)
    return model.run(model.message)


CASES: dict[str, tuple[Network, Callable[[Network], int]]] = {
    "line of M/M/50 (V3)": (networks.waiting_line(duration_s=2000.0), line_in_simpy),
    "retry storm (V23)": (networks.retry_storm(1000.0, duration_s=60.0), storm_in_simpy),
    "gateway, function, table": (networks.scenarios()["calm"], api_in_simpy),
}


def main() -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: 3)")
    rounds = parser.parse_args().rounds
    return 0 if events_hold(rounds) else 1


def events_hold(rounds: int) -> bool:
    """Measures the event engine, and returns whether it keeps what it promises.

    Each is judged by its fastest round: whoever else uses the machine only adds time, and adds it
    to one of a pair as often as to the other (https://docs.python.org/3/library/timeit.html,
    `Timer.repeat`). The median of the pairs' ratios stands beside it.
    """
    heads = ("events/s", "messages/s", "SimPy", "ratio", "median")
    print(f"{'event engine':<26} {'{:>10} {:>11} {:>8} {:>6} {:>7}'.format(*heads)}")
    holds = True
    for name, (network, in_simpy) in CASES.items():
        speeds, messages, others = [], [], []
        for _ in range(rounds):
            began = time.process_time()
            outcome = run_events(network)
            took = time.process_time() - began
            came = outcome.total(network.traffic[0].target, "arrivals")
            speeds.append(outcome.events / took)
            messages.append(came / took)
            began = time.process_time()
            others.append(in_simpy(network) / (time.process_time() - began))
        ratio = max(messages) / max(others)
        median = statistics.median(ours / its for ours, its in zip(messages, others, strict=True))
        print(
            f"{name:<26} {max(speeds):>10,.0f} {max(messages):>11,.0f} {max(others):>8,.0f} "
            f"{ratio:>6.1f} {median:>7.1f}"
        )
        holds = holds and max(speeds) >= EVENTS_PER_S and ratio >= TIMES_SIMPY
    verdict = "holds" if holds else "BROKEN"
    print(f"at least {EVENTS_PER_S:,} events/s and {TIMES_SIMPY} times SimPy: {verdict}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
