"""Both engines on ten ways of getting on, or into trouble: how far apart they may be.

Where they may be further apart, the tool says so and takes the event engine.

The bounds are what is promised of expected values; a sample's own error comes on top, three times
the square root of its counts.
"""

import math
from dataclasses import replace

import pytest

from hinagata.simulator.choice import choose_again, choose_engine
from hinagata.simulator.event import run_events
from hinagata.simulator.model import (
    Call,
    Dependency,
    Function,
    Network,
    Poller,
    Queue,
    Work,
)
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.self_check import check
from hinagata.simulator.tick import run_ticks
from tests.workbench.simulator import networks

BOUNDS = {
    "arrivals": 0.03,
    "attempts": 0.03,
    "throttled": 0.03,
    "done": 0.03,
    "failed": 0.05,
    "dead": 0.05,
    "cold_starts": 0.12,
}
# Where slightly more batches than places are under way, who is refused is a small difference of
# large numbers, and the smaller batches are refused more often. There the tool itself must notice,
# and follow the messages.
NOTICED = {"saturated"}
# Runs of events of which the mean is taken, where all is computed at full size.
SEEDS = 3
QUICK = ("calm", "hot shard", "stampede", "shared pool")


def totals(outcome: Outcome) -> dict[tuple[str, str], float]:
    """What is compared: counts of each station, and what was behind on the average."""
    found = {
        (name, series): outcome.total(name, series)
        for name in outcome.stations
        if name
        for series in BOUNDS
    }
    for name, series in outcome.stations.items():
        found[name, "behind"] = float(series.queued.mean())
    return found


def assert_agree(name: str, network: Network, *, seeds: int) -> None:
    """The tick engine's numbers are those of the event engine, within the bounds."""
    runs = [totals(run_events(replace(network, seed=seed))) for seed in range(seeds)]
    events = {key: math.fsum(run[key] for run in runs) / seeds for key in runs[0]}
    outcome = run_ticks(network)
    ticks = totals(outcome)
    missed = set()
    for (station, series), expected in events.items():
        found = ticks[station, series]
        bound = BOUNDS.get(series, 0.03)
        chance = 3 * math.sqrt(max(expected, found) / seeds)
        if found != pytest.approx(expected, rel=bound, abs=bound * expected + chance):
            missed.add((station, series, found, expected))
    if name not in NOTICED:
        assert not missed
    elif missed:
        exact = run_events(network)
        differences = check(network, outcome, this=run_ticks, other=lambda _: exact)
        told = [each for each in differences if not each.met]
        assert told
        again = choose_again(choose_engine(network), outcome, told[0].about, "they are apart")
        assert again.engine == "event"


@pytest.mark.parametrize("name", QUICK)
def test_engines_agree(name: str) -> None:
    """One run of events of the smaller ones."""
    network = networks.scenarios()[name]
    if name == "calm":
        network = replace(network, duration_s=60.0)
    assert_agree(name, network, seeds=1)


@pytest.mark.parametrize("rate", [300.0, 1000.0])
def test_engines_agree_on_what_is_hopeless(rate: float) -> None:
    """Nobody gets an answer in time, and what is behind the service gets what it can serve."""
    assert_agree("overload", networks.overload(rate), seeds=1)


def test_engines_agree_on_calls_in_vain() -> None:
    """Who gives up after two seconds has taken them, and the others of his batch wait for that."""
    stations = (
        Queue(name="queue", poller=Poller(function="worker", at_most=10), visibility_s=100.0),
        Function(
            name="worker",
            work=Work(mean_s=0.1),
            calls=(Call(target="outside", timeout_s=2.0),),
            in_account=False,
        ),
        Dependency(name="outside", latency=Work(mean_s=10.0, cv=0.0)),
    )
    network = networks.network(*stations, rate=20.0, duration_s=300.0)
    here, there = run_ticks(network), run_events(network)
    assert there.total("worker", "done") == 0
    for series in ("attempts", "failed"):
        assert here.total("worker", series) == pytest.approx(there.total("worker", series), rel=0.1)


@pytest.mark.long
@pytest.mark.parametrize("name", networks.scenarios())
def test_engines_agree_at_full_size(name: str) -> None:
    """Throttles, backlog and attempts within 3 %, failures within 5 %, cold starts within 12 %."""
    assert_agree(name, networks.scenarios()[name], seeds=SEEDS)


@pytest.mark.parametrize("name", ["stampede", "shared pool"])
def test_percentiles_agree(name: str) -> None:
    """The median and the 95th percentile of each path, within a tenth."""
    network = networks.scenarios()[name]
    if name == "stampede":
        network = replace(network, duration_s=300.0)
    there = {(one.source, one.station): one for one in run_events(network).latencies}
    for here in run_ticks(network).latencies:
        other = there[here.source, here.station]
        assert (here.p50_s is None) == (other.p50_s is None)
        if here.p50_s is not None:
            assert here.p50_s == pytest.approx(other.p50_s, rel=0.1)
            assert here.p95_s == pytest.approx(other.p95_s, rel=0.1)
