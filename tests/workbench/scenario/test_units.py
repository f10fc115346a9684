"""Durations, rates and times of day."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.scenario.units import per_second, seconds, seconds_of_day, show_seconds

GUIDE = (Path(__file__).parents[3] / "docs" / "scenario.md").read_text(encoding="utf-8")
WHOLE = st.integers(min_value=0, max_value=10**9)
DURATION_UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
RATE_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


@given(number=WHOLE, unit=st.sampled_from(sorted(DURATION_UNITS)))
def test_a_duration_is_its_number_times_its_unit(number: int, unit: str) -> None:
    """Every whole number of every unit is that many seconds."""
    assert math.isclose(seconds(f"{number}{unit}"), number * DURATION_UNITS[unit])


@given(number=WHOLE, unit=st.sampled_from(sorted(RATE_UNITS)))
def test_a_rate_is_its_number_over_its_unit(number: int, unit: str) -> None:
    """Every whole number of events in every unit of time is that many a second."""
    assert math.isclose(per_second(f"{number}/{unit}"), number / RATE_UNITS[unit])


@given(hours=st.integers(0, 23), minutes=st.integers(0, 59))
def test_a_time_of_day_counts_from_midnight(hours: int, minutes: int) -> None:
    """Every minute of a day is read."""
    assert seconds_of_day(f"{hours:02}:{minutes:02}") == hours * 3600 + minutes * 60


@given(st.text())
def test_a_text_is_a_duration_or_refused_by_name(text: str) -> None:
    """Whatever is written, the only error is one that says what a duration looks like."""
    try:
        value = seconds(text)
    except ValueError as error:
        assert str(error) == "a duration such as 40ms, 2s, 5m or 24h"  # noqa: PT017
    else:
        assert value >= 0


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1 second", "1e3s", "٣s", "1s "])
def test_fails_on_what_is_no_duration(text: str) -> None:
    """A number without a unit, a sign, a word and foreign digits are refused."""
    with pytest.raises(ValueError, match="a duration such as 40ms, 2s, 5m or 24h"):
        seconds(text)


@pytest.mark.parametrize("text", ["", "100", "100/", "/s", "100/ms", "16,667/s", "100s"])
def test_fails_on_what_is_no_rate(text: str) -> None:
    """A rate without a unit of time is refused."""
    with pytest.raises(ValueError, match="a rate such as 100/s or 6000/min"):
        per_second(text)


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("10 minutes", "10m"),
        ("10 mins", "10m"),
        ("1 hour", "1h"),
        ("5 days", "5d"),
        ("10 secs", "10s"),
    ],
)
def test_a_slip_in_a_duration_is_answered_with_a_unit_of_the_guide(
    text: str, proposed: str
) -> None:
    """`10 minutes` is proposed as what the guide writes."""
    with pytest.raises(ValueError, match=re.escape(f"(did you mean {proposed}?)")):
        seconds(text)
    assert proposed.lstrip("0123456789") in guided("duration")


@pytest.mark.parametrize(
    ("text", "proposed"),
    [("10 rps", "10/s"), ("10/minute", "10/min"), ("10 per m", "10/min"), ("10/hour", "10/h")],
)
def test_a_slip_in_a_rate_is_answered_with_a_unit_of_the_guide(text: str, proposed: str) -> None:
    """`10 rps` is proposed as what the guide writes."""
    with pytest.raises(ValueError, match=re.escape(f"(did you mean {proposed}?)")):
        per_second(text)
    assert proposed.lstrip("0123456789") in guided("rate")


def test_a_rate_a_day_is_not_proposed() -> None:
    """The guide has none."""
    with pytest.raises(ValueError, match=r"^a rate such as 100/s or 6000/min$"):
        per_second("10/day")
    assert "/d" not in guided("rate")


def guided(what: str) -> set[str]:
    """The units that the guide names for a duration or a rate."""
    (row,) = re.findall(rf"^\| {what} \|([^|]*)\|", GUIDE, re.MULTILINE)
    return set(re.findall(r"`\d+([^`]+)`", row))


@pytest.mark.parametrize("text", ["24:00", "08:60", "8", "480"])
def test_fails_on_what_is_no_time_of_day(text: str) -> None:
    """A time that no day has is refused."""
    with pytest.raises(ValueError, match='a time of day such as "08:00"'):
        seconds_of_day(text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0 ms"), (0.0123456, "12.3 ms"), (0.9994, "999 ms"), (1.0, "1 s"), (72.25, "72.2 s")],
)
def test_a_duration_is_shown_short(value: float, shown: str) -> None:
    """Below a second it is milliseconds, from there on seconds, to three figures."""
    assert show_seconds(value) == shown
