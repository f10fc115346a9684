"""Layouts beside each other, from what handlers say of their tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.lab.measured_layouts import Measured, as_document, as_text, summarised
from hinagata.lab.patches.read_units import units


def use(work: str, at: int, **facts: Any) -> dict[str, Any]:
    """A handler's log line, with the time of it."""
    took = {"calls": 1, "items": 0, "written": 0, "read_units": 0.0, "write_units": 0.0, "ms": 2.0}
    return {"work": work, "at": at, **took, **facts}


def store(at: int, *, new: int = 0, **facts: Any) -> dict[str, Any]:
    """A line about reports that were stored."""
    return use("store", at, **{"reports": 2, "reported": 20, "new": new, **facts})


USES = [
    store(1, new=20, written=20, write_units=20.0),
    use("screen", 2, items=10, ms=900.0),
    store(3, new=1, written=3, write_units=3.0),
    store(4, written=3, write_units=3.0, read_units=4.0),
    store(5),
    use("screen", 6, items=20, read_units=1.0, ms=9.0),
    use("screen", 7, items=22, read_units=2.0, calls=2, ms=5.0),
    use("screen", 8, items=24, read_units=3.0, ms=7.0),
]


def test_what_fills_the_table_is_not_counted() -> None:
    """Only what comes after the last data item that was new: that is every other day."""
    assert summarised("C", USES) == Measured(
        name="C",
        reports=4,
        reported=40,
        written=3,
        write_units=3.0,
        filter_units=4.0,
        screens=3,
        items=22.0,
        calls=pytest.approx(4 / 3),
        read_units=2.0,
        read_ms=7.0,
    )


def test_prices_are_those_of_the_facts() -> None:
    """A million reports of three quarters of a write unit and one read unit each, on demand."""
    measured = summarised("C", USES)

    assert measured.usd_of_reports == pytest.approx(0.75 * 0.625 + 1 * 0.125)
    assert measured.usd_of_screens == pytest.approx(2 * 0.125)


def test_layouts_stand_beside_each_other() -> None:
    """Each row, within a terminal's width; the same as JSON."""
    measured = [summarised(name, USES) for name in "ABC"]
    lines = as_text(measured).splitlines()

    assert lines[0].startswith("Measured on this endpoint: 4 reports of 40 data items, 3 screens")
    for start in (
        "Items written ",
        "Write units a report ",
        "Items a screen reads ",
        "Time to read a screen, ms ",
        "Table, USD a million reports ",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert max(map(len, lines)) <= 100
    assert [each["name"] for each in as_document(measured)] == ["A", "B", "C"]
    json.dumps(as_document(measured))


@pytest.mark.parametrize("left", [USES[:1], USES[4:5], []])
def test_fails_if_the_handlers_say_nothing(left: list[dict[str, Any]]) -> None:
    """Nothing can be compared then."""
    with pytest.raises(HinagataError, match='layout A: the handlers log no "table used"'):
        summarised("A", left)


def test_fails_for_a_sample_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, before anything is started."""
    assert main(["layouts", "--measure", "hvac"]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hvac_platform" in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("sizes", "consistent", "expected"),
    [([], False, 0), ([0], True, 1), ([4096], True, 1), ([4097], False, 1), ([1] * 3, False, 1.5)],
)
def test_reads_are_rounded_up_to_units(sizes: list[int], consistent: bool, expected: float) -> None:
    """4 KB begun are one, half of it if an older state will do."""
    assert units(sizes, consistent=consistent) == expected
