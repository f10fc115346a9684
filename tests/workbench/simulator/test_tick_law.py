"""Times in ticks: nobody is lost, no work is, and the closure of losses is Erlang's."""

import numpy as np
import pytest

from hinagata.planner.queueing import erlang_b
from hinagata.simulator.tick.law import Law, constant_wait, uniform_wait
from hinagata.simulator.tick.loss import refused

LAWS = [Law(mean, cv) for mean in (1e-4, 0.03, 0.7, 12.0, 300.0) for cv in (0.0, 0.5, 1.0, 3.0)]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("tick_s", [0.05, 1.0])
def test_work_and_workers_are_conserved(law: Law, tick_s: float) -> None:
    """The busy shares add up to the mean, heavy tails included, and everybody ends once."""
    assert law.busy(tick_s).shares.sum() * tick_s == pytest.approx(law.mean, rel=1e-9)
    ends = law.ends(tick_s).shares
    assert ends.sum() == pytest.approx(1.0, rel=1e-12)
    assert ends.min() >= 0.0


@pytest.mark.parametrize("law", [law for law in LAWS if 0.5 < law.mean < 20 and law.cv < 2])
def test_who_ends_takes_the_mean(law: Law) -> None:
    """Ends lie the mean after the beginnings, as far as ticks can tell."""
    kernel = law.ends(0.05)
    ticks = kernel.first + np.arange(len(kernel.shares))
    assert float(ticks @ kernel.shares) * 0.05 == pytest.approx(law.mean, rel=2e-3)


@pytest.mark.parametrize("mean", [5e-324, 1e-310, 1e-300, 0.0])
def test_a_time_too_short_for_a_float_is_none(mean: float) -> None:
    """What is left after a storm is at the edge of a float's digits, and ends at once."""
    law = Law(mean, 1.0)
    assert law.ends(1.0).shares.tolist() == [1.0]
    assert law.busy(1.0).shares.sum() == 0.0


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.99, 1.0, 30.3])
def test_waits_are_as_long_as_they_are(seconds: float) -> None:
    """A constant wait is that long, an even one half of it, on the average."""
    for kernel, mean in (
        (constant_wait(seconds, 1.0), seconds),
        (uniform_wait(seconds, 1.0), seconds / 2),
    ):
        ticks = kernel.first + np.arange(len(kernel.shares))
        assert float(ticks @ kernel.shares) == pytest.approx(mean, abs=1e-9)


@pytest.mark.parametrize(("limit", "load"), [(1, 0.5), (10, 5), (100, 120), (3000, 2950)])
def test_a_steady_tick_loses_what_erlang_says(limit: float, load: float) -> None:
    """All held from before, all anew, or half and half: in steady state it is one formula."""
    share = erlang_b(int(limit), load)
    for fresh in (0.1, 0.5, 1.0):
        carry = load * (1 - share) * (1 - fresh)
        assert refused(limit, carry, load * fresh) == pytest.approx(share, rel=1e-3)


def test_many_places_are_as_few_thousand_are() -> None:
    """Where the formula changes to the normal one, at 100,000, nobody notices."""
    below, above = refused(99_999.0, 0.0, 100_500.0), refused(100_001.0, 0.0, 100_502.0)
    assert below == pytest.approx(above, rel=0.01)
