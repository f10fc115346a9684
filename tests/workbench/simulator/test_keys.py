"""How keys spread over shards and partitions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.scenario import HotKey, Key, Uniform, Zipf
from hinagata.simulator.keys import shares

DISTRIBUTIONS = st.one_of(
    st.just(Uniform()),
    st.builds(Zipf, skew=st.floats(0.0, 3.0)),
    st.builds(HotKey, hot_share=st.floats(0.0, 1.0)),
)


@settings(max_examples=40, deadline=None)
@given(
    distribution=DISTRIBUTIONS,
    cardinality=st.integers(1, 10**11),
    parts=st.integers(1, 40),
)
def test_all_messages_go_somewhere(
    distribution: Uniform | Zipf | HotKey, cardinality: int, parts: int
) -> None:
    """Shares add up to one, and none is negative."""
    key = Key(cardinality=cardinality, distribution=distribution)
    found = shares([("car", key, 1.0)], parts)

    assert len(found) == parts
    assert sum(found) == pytest.approx(1.0)
    assert min(found) >= 0


def test_one_value_is_in_one_place() -> None:
    """A single key leaves all other shards empty."""
    found = shares([("car", Key(cardinality=1), 1.0)], 10)

    assert sorted(found) == [0.0] * 9 + [1.0]


def test_many_values_are_everywhere() -> None:
    """Of a million cars no shard of ten has a hundredth more than another."""
    found = shares([("car", Key(cardinality=1_000_000), 1.0)], 10)

    assert max(found) / min(found) < 1.01


def test_the_same_keys_are_always_in_the_same_place() -> None:
    """A simulation can be repeated."""
    key = Key(cardinality=50, distribution=Zipf(skew=1.2))

    assert shares([("car", key, 1.0)], 8) == shares([("car", key, 1.0)], 8)


def test_without_keys_all_places_are_alike() -> None:
    """Nobody knows better."""
    assert shares([], 4) == (0.25,) * 4
