"""The files that a scenario names: bodies of requests and traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.scenario import ScenarioError, TraceRate
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, read, write


def test_a_trace_is_read_row_by_row(tmp_path: Path) -> None:
    """Empty lines are none."""
    assert read(tmp_path, WHOLE).sources["trace"].rate == TraceRate(
        seconds=(0, 60, 120), per_second=(10, 50.5, 0)
    )


TRACES = {
    "another header": (
        "time,rate\n0,1\n",
        '1: found the header "time,rate"; expected seconds,per_second',
    ),
    "a third cell": (
        "seconds,per_second\n0,1,2\n",
        "2: found 3 cells; expected two, seconds and per_second",
    ),
    "a late beginning": (
        "seconds,per_second\n\n5,1\n",
        '3: seconds: found "5"; expected 0 in the first row',
    ),
    "a step back": (
        "seconds,per_second\n0,1\n60,1\n60,2\n",
        '4: seconds: found "60"; expected more seconds than in the row before, 60',
    ),
    "a time that never comes": (
        "seconds,per_second\n0,1\ninf,1\n",
        '3: seconds: found "inf"; expected more seconds than in the row before, 0',
    ),
    "a negative rate": (
        "seconds,per_second\n0,-1\n",
        '2: per_second: found "-1"; expected messages a second, from 0 to 1,000,000,000',
    ),
    "no number": (
        "seconds,per_second\n0,nan\n",
        '2: per_second: found "nan"; expected messages a second, from 0 to 1,000,000,000',
    ),
    "a word": (
        "seconds,per_second\n0,many\n",
        '2: per_second: found "many"; expected messages a second, from 0 to 1,000,000,000',
    ),
    "a quote that does not end": (
        'seconds,per_second\n"0,1\n',
        "2: found text that is not CSV (unexpected end of data); expected rows of two numbers",
    ),
}


@pytest.mark.parametrize(("text", "message"), TRACES.values(), ids=TRACES)
def test_fails_on_a_trace_that_is_none(text: str, message: str, tmp_path: Path) -> None:
    """With the line of the trace itself."""
    file = write(tmp_path, WHOLE.replace("trace.csv", "other.csv"))
    (tmp_path / "other.csv").write_text(text)

    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, file.read_text())

    assert str(failure.value) == f"{tmp_path}/other.csv:{message}"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("empty.csv", "empty.csv, which has no rows"),
        ("missing.csv", "missing.csv, which does not exist"),
        ("folder", "folder, which is no file"),
    ],
)
def test_fails_without_a_trace(name: str, found: str, tmp_path: Path) -> None:
    """With the line of the scenario that names it."""
    (tmp_path / "empty.csv").write_text("seconds,per_second\n")
    (tmp_path / "folder").mkdir()

    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, WHOLE.replace("trace.csv", name))

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:21: sources.trace.rate.file: found {found}; expected a CSV file "
        f"with the columns seconds and per_second, named from {tmp_path}"
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nan.json", "nan.json, which cannot be read (NaN is no number of JSON)"),
        ("deep.json", "deep.json, which is nested too deep"),
        ('"/"', "/, which is no file"),
    ],
)
def test_fails_on_a_body_that_cannot_be_sent(name: str, found: str, tmp_path: Path) -> None:
    """What JSON has not, or what nothing could read again."""
    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, SCENARIO.replace("telemetry.json", name))

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:7: sources.cars.request.body: found {found}; expected a JSON "
        f"object in a file, named from {tmp_path}"
    )
