"""Where more memory stops to pay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.errors import HinagataError
from hinagata.planner.memory import knee_of, read_points

# Halves with each doubling up to 512 MB, then stops.
CURVE = {128: 2000.0, 256: 1000.0, 512: 480.0, 1024: 400.0, 2048: 395.0}


def test_the_knee_is_where_time_stops_to_shrink() -> None:
    """More memory is free up to there, and wasted beyond."""
    found = knee_of(CURVE)

    assert found.knee.memory_mb == 512
    assert found.cheapest.memory_mb == 512
    assert found.fastest.memory_mb == 2048


def test_a_point_costs_what_its_invocations_do() -> None:
    """512 MB for 480 ms, a million times: 240,000 GB-s and a million requests."""
    point = knee_of(CURVE).points[2]

    assert point.per_million == pytest.approx(240_000 * 0.0000166667 + 0.20)


def test_arm_is_cheaper() -> None:
    """By the prices of the facts."""
    assert knee_of(CURVE, arm=True).knee.per_million < knee_of(CURVE).knee.per_million


def test_time_that_never_shrinks_wants_the_least_memory() -> None:
    """Waiting is as long on any processor."""
    found = knee_of(dict.fromkeys(CURVE, 100.0))

    assert found.knee is found.cheapest is found.fastest
    assert found.knee.memory_mb == 128


@given(st.dictionaries(st.integers(128, 10_240), st.floats(0.1, 1e6), min_size=2, max_size=20))
def test_the_knee_is_no_worse_than_any_point(points: dict[int, float]) -> None:
    """No point is both cheaper and faster."""
    found = knee_of({float(memory): each for memory, each in points.items()})

    for point in found.points:
        assert not (
            point.per_million < found.knee.per_million
            and point.duration_ms < found.knee.duration_ms
        )


def test_measurements_of_one_point_count_by_their_mean(tmp_path: Path) -> None:
    """Rows of several functions stay apart."""
    file = tmp_path / "points.csv"
    file.write_text(
        "function,memory_mb,duration_ms\nF,128,900\nF,128,1100\nF,256,500\nG,128,5\nG,256,5\n"
    )

    assert read_points(file) == {"F": {128: 1000, 256: 500}, "G": {128: 5, 256: 5}}


def test_fails_on_a_file_that_is_none(tmp_path: Path) -> None:
    """None, and one that is no text."""
    with pytest.raises(HinagataError, match="there is no such file of points"):
        read_points(tmp_path / "none.csv")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(HinagataError, match="cannot be read"):
        read_points(tmp_path / "bytes.csv")
