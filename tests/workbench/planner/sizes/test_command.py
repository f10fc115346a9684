"""`hinagata plan` and `hinagata price --scenario`: what is printed, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hinagata.cli import main
from hinagata.planner.sizes.as_json import as_json
from hinagata.planner.sizes.as_text import as_text
from hinagata.planner.sizes.plan import plan
from tests.workbench.planner.shop import SHOP, function, scenario, shop

SCENARIO = """\
name: sale
sources:
  buyers:
    entry: Api
    request: {method: POST, path: /orders}
    rate: {shape: constant, rate: RATE}
    reaches: [Orders, Ship]
    run: {messages: 1, rate: 1/s}
service_times:
  Orders: {mean: 100ms}
  Ship: {mean: 200ms}
"""
POINTS = "function,memory_mb,duration_ms\nOrders,128,800\nOrders,256,400\nOrders,512,390\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the shop, a scenario of it, and measured points."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.json").write_text(json.dumps({"Resources": SHOP}))
    (tmp_path / "sale.yaml").write_text(SCENARIO.replace("RATE", "100/s"))
    (tmp_path / "points.csv").write_text(POINTS)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """How a command ends and what it says."""
    code = main([*arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_plan_says_what_breaks_first(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 1, and every line fits a terminal."""
    (files / "sale.yaml").write_text(SCENARIO.replace("RATE", "9000/s"))
    code, out, err = run(capsys, "plan", "shop.json", "--scenario", "sale.yaml")

    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "sale at its peak, in us-east-1: 2 break, 2 are tight, 8 fit"
    assert lines.index("Breaks") < lines.index("Tight") < lines.index("Fits")
    assert "      -> ask for a quota of concurrent executions of 3,600" in lines
    assert max(map(len, lines)) <= 80


def test_a_plan_that_fits_ends_well(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With 0, and without a line of advice."""
    code, out, _ = run(capsys, "plan", "shop.json", "--scenario", "sale.yaml")

    assert code == 0
    assert "->" not in out


def test_sources_show_formula_and_date(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of everything, within the width of a terminal but for an address."""
    arguments = ("plan", "shop.json", "--scenario", "sale.yaml", "--sources")
    _, out, _ = run(capsys, *arguments)

    assert "100/s x 100 ms = 10 on average, 21 for 99.9 % of the time (M/G/infinity)" in out
    told = " ".join(out.split())
    assert (
        "lambda/quota.rps_per_concurrency_unit = 10 req/s per unit of account concurrency" in told
    )
    assert all(len(line) <= 80 or "://" in line for line in out.splitlines())


def test_programs_get_every_need(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has verdict, formula and facts of each."""
    arguments = ("plan", "shop.json", "--scenario", "sale.yaml", "--points", "points.csv")
    _, out, _ = run(capsys, *arguments, "--format", "json")
    document = json.loads(out)

    assert document["fits"] is True
    needs = {(each["node"], each["what"]): each for each in document["needs"]}
    assert needs["account", "requests of all functions"]["has"] == 10_000
    assert needs["account", "requests of all functions"]["verdict"] == "fits"
    known = {fact["fact"] for fact in document["facts"]}
    assert {name for each in document["needs"] for name in each["facts"]} <= known
    assert document["memory"][0]["knee"] == 256


def test_a_plan_has_one_text_and_one_document(files: Path) -> None:
    """From Python too, of the same numbers."""
    found = plan(shop(), scenario())

    assert as_text(found).startswith("sale at its peak")
    assert json.loads(as_json(found))["name"] == "sale"


def test_a_bill_under_a_scenario(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Total, rest, a million messages, drivers, assumptions: all in one text."""
    code, out, _ = run(capsys, "price", "shop.json", "--scenario", "sale.yaml")

    assert code == 0
    for line in ("Total ", "Of it without any traffic", "For a million events", "Most of it"):
        assert line in out
    assert re.search(r"^  log_kb +0.5  log lines of a message", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 80


def test_an_assumption_of_ones_own_counts(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It changes the bill, and is told to be the user's."""
    (files / "known.yaml").write_text("Book: {writes_per_message: 0}\n")
    arguments = ("price", "shop.json", "--scenario", "sale.yaml", "--format", "json")
    without = json.loads(run(capsys, *arguments)[1])
    document = json.loads(run(capsys, *arguments, "--assume", "known.yaml")[1])

    assert document["total"] < without["total"]
    (given,) = [each for each in document["assumed"] if each["given"]]
    assert (given["assumption"], given["of"]) == ("writes_per_message", ["Book"])


def test_what_a_sample_assumes_stands_beside_its_scenario(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is taken unasked and named; what the user gives takes its place as a whole."""
    (files / "assumed.yml").write_text("Book: {writes_per_message: 5}\n")
    (files / "mine.yml").write_text("Book: {item_kb: 2}\n")
    arguments = ("shop.json", "--scenario", "sale.yaml")
    for command in ("plan", "price"):
        usual = " ".join(run(capsys, command, *arguments)[1].split())
        mine = " ".join(run(capsys, command, *arguments, "--assume", "mine.yml")[1].split())

        assert "given: in assumed.yml" in usual
        assert "writes_per_message 5 writes to a table or bucket" in usual
        assert "code may write, given: Book" in usual
        assert "given: in mine.yml" in mine
        assert "writes_per_message 1 writes to a table or bucket" in mine


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "shop.json"), "no scenario to plan for; add --scenario NAME_OR_FILE"),
        (("plan", "none.json", "--scenario", "sale.yaml"), "none.json"),
        (("plan", "shop.json", "--scenario", "none.yaml"), "none.yaml"),
        (("plan", "empty.json", "--scenario", "sale.yaml"), "sale.yaml:4: sources.buyers.entry"),
        (("price", "empty.json", "--scenario", "sale.yaml"), "sale.yaml:4: sources.buyers.entry"),
        (("price",), "found 0 usage files, expected one"),
        (("price", "a.yaml", "b.yaml"), "found 2 usage files, expected one"),
        (("price", "a.yaml", "--assume", "b.yaml"), "--assume is for --scenario"),
        (
            ("price", "shop.json", "--scenario", "sale.yaml", "--region", "mars-1"),
            "for mars-1",
        ),
        (
            ("plan", "shop.json", "--scenario", "sale.yaml", "--assume", "none.yaml"),
            "none.yaml: there is no such assumption file",
        ),
        (
            ("plan", "shop.json", "--scenario", "sale.yaml", "--points", "sale.yaml"),
            "sale.yaml:1: found the columns",
        ),
    ],
)
def test_fails_in_one_sentence(
    files: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """With 2, and nothing printed."""
    (files / "empty.json").write_text('{"Resources": {}}')
    code, out, err = run(capsys, *arguments)

    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("hinagata: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("", "found the columns"),
        ("function,memory_mb,duration_ms\n", "found no measured point"),
        ("function,memory_mb,duration_ms\nF,128,5\n", "F: found 1 measured points"),
        ("function,memory_mb,duration_ms\nF,64,5\nF,128,4\n", "found a point at 64 MB"),
        ("function,memory_mb,duration_ms\nF,128,nan\n", 'duration_ms: found "nan"'),
        ("function,memory_mb,duration_ms\nF,-1,4\n", 'memory_mb: found "-1"'),
        ("function,memory_mb,duration_ms\nF,128\n", 'duration_ms: found ""'),
    ],
)
def test_fails_on_points_that_are_none(
    files: Path, capsys: pytest.CaptureFixture[str], points: str, said: str
) -> None:
    """One sentence that says where."""
    (files / "points.csv").write_text(points)
    code, _, err = run(
        capsys, "plan", "shop.json", "--scenario", "sale.yaml", "--points", "points.csv"
    )

    assert code == 2
    assert said in err


def test_a_user_property_that_is_unknown_is_taken_as_the_default(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And said: a parameter's value is known at the deployment only."""
    parametrized: dict[str, Any] = {
        "Parameters": {"Memory": {"Type": "Number"}},
        "Resources": SHOP | {"Orders": function("Orders", MemorySize={"Ref": "Memory"})},
    }
    (files / "shop.json").write_text(json.dumps(parametrized))
    _, out, _ = run(capsys, "price", "shop.json", "--scenario", "sale.yaml")

    assert "Orders: MemorySize is known at the deployment only; taken as 128" in out
