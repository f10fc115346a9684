"""How often each value of a key comes."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.scenario import HotKey, Uniform, Zipf
from hinagata.scenario.key import Distribution

DISTRIBUTIONS = st.one_of(
    st.just(Uniform()),
    st.builds(Zipf, skew=st.floats(min_value=0, max_value=10)),
    st.builds(HotKey, hot_share=st.floats(min_value=0, max_value=1)),
)


@given(distribution=DISTRIBUTIONS, among=st.integers(min_value=1, max_value=10**11))
def test_all_values_together_have_all_messages(distribution: Distribution, among: int) -> None:
    """None has nothing, all of them everything, however many they are."""
    assert distribution.share_of_first(0, among=among) == 0
    assert math.isclose(distribution.share_of_first(among, among=among), 1)


@given(
    distribution=DISTRIBUTIONS,
    counts=st.lists(st.integers(0, 10**6), min_size=2, max_size=2).map(sorted),
)
def test_more_values_have_more_messages(distribution: Distribution, counts: list[int]) -> None:
    """The share grows with the number of values."""
    few, many = (distribution.share_of_first(count, among=10**6) for count in counts)

    assert 0 <= few <= many + 1e-12 <= 1 + 1e-9


@given(
    skew=st.floats(min_value=0, max_value=5) | st.just(1.0),
    count=st.integers(min_value=1, max_value=3000),
)
def test_zipfs_shares_are_the_sums_that_define_them(skew: float, count: int) -> None:
    """To nine digits, although nothing is added up."""
    powers = [rank**-skew for rank in range(1, 3001)]
    share = Zipf(skew=skew).share_of_first(count, among=3000)

    assert math.isclose(share, math.fsum(powers[:count]) / math.fsum(powers), rel_tol=1e-9)


def test_the_first_of_a_million_at_skew_one() -> None:
    """One over the harmonic number of a million, 14.39: seven in a hundred."""
    assert Zipf(skew=1).share_of_first(1, among=10**6) == pytest.approx(1 / 14.392726722865)


@given(distribution=DISTRIBUTIONS, among=st.integers(1, 10**11), seed=st.integers())
def test_a_draw_is_one_of_the_values(distribution: Distribution, among: int, seed: int) -> None:
    """Also of billions, of which no table is kept."""
    assert 0 <= distribution.draw(Random(seed), among=among) < among


@pytest.mark.parametrize("distribution", [Uniform(), Zipf(skew=1.1), HotKey(hot_share=0.3)])
def test_draws_come_as_often_as_the_shares_say(distribution: Distribution) -> None:
    """Within four standard deviations of 20,000 draws, for each of ten values."""
    draws, among = 20_000, 10
    random = Random(7)
    counts = Counter(distribution.draw(random, among=among) for _ in range(draws))

    for number in range(among):
        share = distribution.share_of_first(number + 1, among=among)
        share -= distribution.share_of_first(number, among=among)
        spread = math.sqrt(draws * share * (1 - share))
        assert abs(counts[number] - draws * share) < 4 * spread


def test_uniform_draws_are_those_of_earlier_versions() -> None:
    """A seed goes on giving the same messages."""
    assert [Uniform().draw(Random(seed), among=1000) for seed in range(5)] == [
        Random(seed).randrange(1000) for seed in range(5)
    ]
