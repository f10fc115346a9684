"""`hinagata simulate`: what is printed and written, how it ends, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.simulator.command import simulate_scenario
from tests.readme import REPOSITORY
from tests.workbench.simulator.town import TOWN, nothing_happens

SCENARIO = """\
name: town
seed: 7
duration: 2m
sources:
  cars:
    entry: Gateway
    request: {method: POST, path: /cars}
    rate: {shape: constant, rate: 20/s}
    reaches: [Gateway, Ingest, Health]
    run: {messages: 5, rate: 1/s, keys: 1}
service_times:
  Gateway: {mean: 10ms}
  Ingest: {mean: 20ms, cold_start: 200ms}
  Health: {mean: 20ms, cold_start: 200ms}
expect:
  refused: 0
  lost: 0
  p99: [{from: cars, to: Health, at_most: 5s}]
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the town's template and its scenario."""
    template = {"Resources": dict(TOWN)}
    (tmp_path / "town.template.json").write_text(json.dumps(template))
    (tmp_path / "scenarios" / "town").mkdir(parents=True)
    (tmp_path / "scenarios" / "town" / "rush.yaml").write_text(SCENARIO)
    return tmp_path


def simulated(files: Path, **options: Any) -> tuple[str, bool]:
    """What the command writes with an engine in which nothing goes wrong, and its answer."""
    stream = io.StringIO()
    met = simulate_scenario(
        [str(files / "town.template.json")],
        project=files,
        stream=stream,
        **{"scenario": "rush", "engines": nothing_happens, **options},
    )
    return stream.getvalue(), met


def test_a_scenario_is_simulated_from_its_files(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the engine that ships: a table, the verdicts, and exit code 0."""
    template, scenario = files / "town.template.json", files / "scenarios/town/rush.yaml"
    code = main(["simulate", str(template), "--scenario", str(scenario), "--duration", "20s"])
    printed = capsys.readouterr().out

    assert code == 0
    assert "event engine" in printed
    assert "p99 cars to Health" in printed
    assert "All 3 expectations hold" in printed
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed


def test_an_expectation_that_is_missed_ends_with_1(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault that loses messages."""
    template, scenario = files / "town.template.json", files / "scenarios/town/rush.yaml"
    fault = "inject: down, on: Gateway, at: 5s, for: 30s"
    code = main(
        ["simulate", str(template), "--scenario", str(scenario), "--fault", fault, "--no-check"]
    )

    assert code == 1
    assert "expectations missed" in capsys.readouterr().out


def test_json_has_all_that_the_text_has(files: Path) -> None:
    """One document for programs."""
    document = json.loads(simulated(files, format="json")[0])

    assert document["met"] is True
    assert document["duration_seconds"] == 120
    assert {row["station"] for row in document["stations"]} >= {"Gateway", "Ingest", "Health"}
    assert [each["about"] for each in document["expectations"]] == [
        "refused",
        "lost",
        "p99 cars to Health",
    ]


def test_a_file_is_written_for_each_output(files: Path) -> None:
    """A page with plots, an image, a table and a document, by their suffixes or named formats."""
    page, image, table, document = (files / name for name in ("a.html", "a.png", "a.csv", "a"))
    simulated(files, outputs=[f"html={page}", str(image), str(table), f"json={document}"])

    assert "<svg" in page.read_text(encoding="utf-8")
    assert image.read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert sum(float(row["arrivals"]) for row in rows if row["station"] == "Health") == (
        pytest.approx(2400)
    )
    assert json.loads(document.read_text())["scenario"] == "town"


def test_what_a_run_plays_is_simulated(files: Path) -> None:
    """Its five messages, and its minute of waiting for the results."""
    document = json.loads(simulated(files, format="json", played=True)[0])

    assert document["duration_seconds"] == 5 + 60
    assert {row["arrivals"] for row in document["stations"] if row["station"] == "Gateway"} == {5}


def test_a_fault_of_the_command_line_is_one_of_the_scenario(files: Path) -> None:
    """It is drawn, and it is in the network."""
    found = simulated(files, format="json", faults=["inject: raise, on: Ingest, at: 1s, for: 9s"])

    assert json.loads(found[0])["met"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scenario": "rsh"}, "did you mean rush"),
        ({"scenario": "./nowhere.yaml"}, "no such scenario file"),
        ({"duration": "0s"}, "duration of 0 s"),
        ({"duration": "soon"}, "--duration: "),
        ({"outputs": ["out.docx"]}, "as html=found.html, or a file that ends with .html, .png"),
        ({"outputs": ["jsn=out"]}, "did you mean json"),
        ({"faults": ["inject: raise, on: Nobody, at: 1s, for: 9s"]}, "Nobody"),
        ({"faults": ["inject: vanish, on: Ingest, at: 1s"]}, "--fault:1"),
        ({"faults": ["inject: raise, on: Ingest, at: 3h, for: 9s"]}, "before the scenario ends"),
        ({"region": "xx-nowhere-1"}, "xx-nowhere-1"),
    ],
)
def test_fails_in_one_sentence(files: Path, options: Mapping[str, Any], said: str) -> None:
    """What is wrong, and what is expected; nothing is written."""
    options = {"outputs": [str(files / "out.csv")], **options}
    with pytest.raises(HinagataError) as caught:
        simulated(files, **options)

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (files / "out.csv").exists()


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        ("20/s", "-20/s", "rate"),
        ("20/s", "1000000000000000/s", "at most"),
        ("mean: 10ms", "mean: 0ms", "service_times.Gateway.mean"),
        ("entry: Gateway", "entry: Nowhere", "sources.cars.entry"),
    ],
)
def test_absurd_input_ends_with_2(
    files: Path, found: str, instead: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Negative rates, 10^15 devices, work that takes no time: refused in their line."""
    scenario = files / "absurd.yaml"
    scenario.write_text(SCENARIO.replace(found, instead))
    code = main(["simulate", str(files / "town.template.json"), "--scenario", str(scenario)])
    error = capsys.readouterr().err

    assert code == 2
    assert said in error
    assert "absurd.yaml:" in error
    assert len(error.splitlines()) == 1


def test_an_empty_template_ends_with_2(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing that messages could come to."""
    empty = files / "empty.json"
    empty.write_text('{"Resources": {}}')
    scenario = files / "scenarios/town/rush.yaml"
    code = main(["simulate", str(empty), "--scenario", str(scenario)])

    assert code == 2
    assert "there are none" in capsys.readouterr().err


def test_help_needs_no_numpy() -> None:
    """Whoever only asks how it is called does not wait for arrays."""
    script = (
        "import sys; from hinagata.cli import main; main(['simulate', '--help']); "
        "sys.exit('numpy' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert ended.returncode == 0


def test_the_guide_has_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that can be asked for is left out of it."""
    assert main(["simulate", "--help"]) == 0
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    guide = (REPOSITORY / "docs/simulation.md").read_text(encoding="utf-8")

    assert {option for option in options if f"`{option}" not in guide} == set()
