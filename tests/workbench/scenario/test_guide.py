"""What `docs/scenario.md` says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hinagata.cli import main
from hinagata.scenario import Inject, Scenario, Zipf, read_scenario
from hinagata.scenario.document import LARGEST_BYTES
from hinagata.scenario.fault import KINDS
from hinagata.scenario.schema import FILE

REPOSITORY = Path(__file__).parents[3]
GUIDE = (REPOSITORY / "docs" / "scenario.md").read_text(encoding="utf-8")
SCHEMA = FILE.read_text(encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path) -> Scenario:
    """The guide's example, read in this repository."""
    (block,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    file = tmp_path / "example.yaml"
    file.write_text(block)
    return read_scenario(file, project=REPOSITORY)


def test_the_example_is_a_scenario(example: Scenario) -> None:
    """It can be copied as it stands."""
    assert example.sources["cars"].keys["vehicle_id"].distribution == Zipf(skew=0.8)
    assert [fault.inject for fault in example.faults] == [Inject.RAISE, Inject.THROTTLE]


def test_every_fault_is_told_as_it_is() -> None:
    """What it hits, which fields it has, and what happens."""
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in GUIDE.splitlines()]
    told = {row[0]: row[1:] for row in rows if row and len(row) == 4}

    for inject, kind in KINDS.items():
        target, fields, summary = told[f"`{inject}`"]
        assert (target, summary) == (kind.target.value if kind.target else "", kind.summary)
        assert fields == ", ".join(
            [
                *(["`for`"] if kind.lasts else []),
                *([f"`rate` of {kind.share_of}"] if kind.share_of else []),
                *(["`delay`"] if kind.delayed else []),
                *(["`limit`"] if kind.limited else []),
            ]
        )


def test_every_shape_and_distribution_is_told() -> None:
    """With the fields that the schema gives it."""
    told = set(re.findall(r"^\| `(\w+)`", GUIDE, re.MULTILINE))

    assert set(re.findall(r'"const": "(\w+)"', SCHEMA)) <= told
    assert set(re.findall(r'^ +"([a-z_]+)": {$', SCHEMA, re.MULTILINE)) - {"items"} <= set(
        re.findall(r"[a-z_]+", GUIDE)
    ) | {"properties"}


def test_the_options_are_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option of `hinagata scenario` is named."""
    main(["scenario", "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}

    assert options <= set(re.findall(r"--[a-z][a-z-]+", GUIDE))


def test_the_bound_of_a_file_is_the_readers() -> None:
    """In the unit of the guide."""
    assert f"at most {LARGEST_BYTES // 1024} KiB" in GUIDE
