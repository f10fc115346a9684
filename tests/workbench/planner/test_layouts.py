"""The layouts of the air-conditioner table beside each other."""

from __future__ import annotations

import json

import pytest

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.planner import Devices, compare


def test_the_talks_numbers_come_out() -> None:
    """5 M devices a minute: 83,333 reports/s; 19 units each as one item, 5 as changed items."""
    by_device, by_item, by_building = compare(Devices()).layouts

    assert (by_device.units_per_report, by_building.units_per_report) == (19, 5)
    assert by_device.write_units == pytest.approx(1.583e6, rel=1e-3)
    assert by_item.write_units == by_building.write_units == pytest.approx(416_667, rel=1e-5)


def test_a_report_is_held_against_what_is_kept() -> None:
    """Strongly: 18.75 KB in an item are 5 units, each of 300 items alone one, together 8."""
    layouts = compare(Devices()).layouts
    idle = compare(Devices(devices=0)).layouts

    assert [layout.units_to_compare for layout in layouts] == [5, 300, 8]
    for layout, without in zip(layouts, idle, strict=True):
        (read,) = [each for each in layout.estimate.items if each.name == "Reads"]
        (screens,) = [each for each in without.estimate.items if each.name == "Reads"]
        # On demand in us-east-1; 83,333 reports a second.
        cost = 5e6 / 60 * layout.units_to_compare * 730 * 3600 * 0.125 / 1e6
        assert read.amount - screens.amount == pytest.approx(cost)


def test_one_query_reads_a_building() -> None:
    """C has one call and 24 times fewer read units than B, whose items are rounded up each."""
    _, by_item, by_building = compare(Devices()).layouts

    assert (by_item.calls, by_building.calls) == (30, 1)
    assert by_item.read_units == 1500
    assert by_building.read_units == pytest.approx(281.25 / 4 / 2, abs=0.5)
    assert by_item.read_ms > 5 * by_building.read_ms


def test_concurrency_follows_the_screens() -> None:
    """90,000 a minute are 1,500/s; at 0.1 s each, 150 functions read at once."""
    (_, _, found) = compare(Devices(call_ms=100, kb_per_ms=1e6)).layouts

    assert found.concurrency == pytest.approx(150, rel=1e-2)


@pytest.mark.parametrize(
    ("items", "item_bytes", "crossover"), [(300, 64, 19), (16, 64, 1), (160, 64, 10)]
)
def test_the_crossover_is_the_items_kb_begun(
    items: float, item_bytes: float, crossover: int
) -> None:
    """C writes less below it, as much at it, more above it."""
    found = compare(Devices(items=items, item_bytes=item_bytes, changed=1))

    assert found.crossover == crossover
    for changed, by_device, by_building in found.rows:
        assert (by_building < by_device) == (changed < crossover)
        assert (by_building == by_device) == (changed == crossover)


def test_the_cheapest_changes_with_what_changes() -> None:
    """C while little changes, A where almost everything does."""
    assert compare(Devices()).cheapest.name == "C"
    assert compare(Devices(changed=300)).cheapest.name == "A"


def test_a_building_has_a_partition() -> None:
    """60,000 write units a building and minute are all that one partition takes."""
    found = compare(Devices(devices_per_building=12_000, changed=5))

    assert found.hottest_share == pytest.approx(1)


def test_cost_follows_the_devices() -> None:
    """Twice the devices, twice the writes; half the interval too."""

    def written(devices: Devices) -> float:
        return compare(devices).layouts[2].estimate.items[0].amount

    assert written(Devices(devices=1e7)) == pytest.approx(2 * written(Devices()))
    assert written(Devices(interval_s=30)) == pytest.approx(2 * written(Devices()))


def test_no_devices_cost_their_screens_alone() -> None:
    """And no devices, no screens: nothing."""
    for layout in compare(Devices(devices=0, screens=0)).layouts:
        assert layout.estimate.total == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--devices", "1e15"), "devices: found 1e+15; expected 0 to 1e+12"),
        (("--devices", "-1"), "devices: found -1; expected 0 to 1e+12"),
        (("--devices", "nan"), "devices: found nan"),
        (("--changed", "301"), "changed: found 301; expected at most the 300 items"),
        (("--items", "10000"), "are 625 KB; expected at most the 400 KB of an item"),
        (("--interval", "0"), "interval_s: found 0"),
        (("--region", "mars-1"), "for mars-1"),
        (
            ("--devices", "1e12", "--interval", "0.001", "--changed", "300"),
            "no table is used so much",
        ),
    ],
)
def test_fails_in_one_sentence(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 2, and nothing printed."""
    assert main(["layouts", *options]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err
    assert printed.err.count("\n") == 1


def test_an_item_has_a_largest_size() -> None:
    """From Python too."""
    with pytest.raises(HinagataError, match="400 KB of an item"):
        compare(Devices(items=300, item_bytes=4096))


def test_one_command_shows_all_three(capsys: pytest.CaptureFixture[str]) -> None:
    """Units, time, concurrency, price and the crossover, within a terminal's width."""
    assert main(["layouts", "--devices", "5000000"]) == 0
    lines = capsys.readouterr().out.splitlines()

    for start in (
        "Write units a second                   1,583,333       416,667 ",
        "Time to read a screen, ms ",
        "Concurrency of reading ",
        "Table and screens, USD a month ",
        "C writes less than A while k < ceil(18.75 KB) = 19 data items change",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert max(map(len, lines)) <= 80

    assert main(["layouts", "--format", "json", "--changed", "20"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["crossover"] == 19
    assert [each["name"] for each in document["layouts"]] == ["A", "B", "C"]
