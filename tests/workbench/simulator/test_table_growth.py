"""A table on demand grows by its busiest minute, every half hour, up to the quota: both engines."""

from collections.abc import Callable

import numpy as np
import pytest

from hinagata.scenario.rate import ConstantRate, DiurnalRate, TraceRate
from hinagata.simulator.event import run_events
from hinagata.simulator.model import Network, Table, Work
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.tick import run_ticks
from tests.workbench.simulator import networks

_HOUR = 3600.0


def taken(outcome: Outcome, hour: float) -> float:
    """Calls a second that the table takes in the ten minutes that begin ten after a time."""
    series = outcome.stations["table"]
    at = round((hour * _HOUR + 600) / outcome.tick_s)
    stretch = slice(at, at + max(1, round(600 / outcome.tick_s)))
    return float((series.attempts - series.throttled)[stretch].mean() / outcome.tick_s)


def busy_table(rate: float, hours: float, *, at_first: float = 10.0, units: float = 1.0) -> Network:
    """Nothing but a table on demand, at a steady rate."""
    table = Table(
        name="table",
        latency=Work(mean_s=0.005, cv=0.0),
        at_most_writes_per_s=at_first,
        write_units=units,
        quota_writes_per_s=50.0,
    )
    return networks.network(table, rate=rate, duration_s=hours * _HOUR)


@pytest.mark.parametrize("run", [run_ticks, run_events])
def test_a_table_doubles_every_half_hour_up_to_its_quota(
    run: Callable[[Network], Outcome],
) -> None:
    """Of 80 a second it takes 10, 20, 40, and then the 50 of the quota, however much comes."""
    outcome = run(busy_table(80.0, 2.25))
    found = [taken(outcome, half / 2) for half in range(5)]
    # The second's worth that it holds at first counts in its first minute.
    assert found == pytest.approx([10, 20.3, 41, 50, 50], rel=0.02)


def test_what_is_written_beyond_an_item_counts() -> None:
    """A call of four units takes four of them, and growth is of units."""
    outcome = run_ticks(busy_table(80.0, 1.0, units=4.0))
    assert taken(outcome, 0) == pytest.approx(2.5, rel=0.02)
    assert taken(outcome, 0.5) == pytest.approx(5, rel=0.04)


def test_a_night_takes_nothing_away() -> None:
    """What it has once taken it takes again, after hours of next to nothing."""
    rate = TraceRate(seconds=(0.0, 2400.0, 9000.0), per_second=(9.0, 1.0, 80.0))
    network = busy_table(1.0, 3.0)
    network = networks.network(*network.stations.values(), rate=rate, duration_s=3 * _HOUR)
    for outcome in (run_ticks(network), run_events(network)):
        assert taken(outcome, 2.4) == pytest.approx(19, rel=0.1)


def test_longer_ticks_and_repeated_ones_grow_alike() -> None:
    """Half minutes, seconds, and seconds that are not computed again come to the same."""
    steady = busy_table(40.0, 3.0)
    jittered = networks.network(
        *steady.stations.values(),
        rate=DiurnalRate(peak_per_second=40.0, peak_over_trough=1.0001, peak_at_seconds=43_200.0),
        duration_s=3 * _HOUR,
    )
    outcomes = [run_ticks(steady), run_ticks(jittered, tick_s=1.0), run_ticks(steady, tick_s=30.0)]
    assert outcomes[0].events < outcomes[1].events / 5
    for half in range(5):
        found = [taken(outcome, half / 2) for outcome in outcomes]
        assert np.ptp(found) < 0.02 * found[0], half


def test_a_table_that_takes_all_is_not_looked_at_again() -> None:
    """A day in which nothing is refused costs a few stretches."""
    network = networks.network(
        Table(name="table"), rate=ConstantRate(per_second=900.0), duration_s=24 * _HOUR
    )
    assert run_ticks(network).events < 100
