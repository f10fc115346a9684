"""The import contracts hold, and break when they are violated."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("hinagata", "patterns", "pattern_runtime", "stacks", "functions")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources, to be violated."""
    for name in PACKAGES:
        shutil.copytree(
            REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the import linter says of the sources in a folder."""
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(linter), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(folder / "functions")])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold(copy: Path) -> None:
    """Every room imports only what its contract allows."""
    done = contracts(copy)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("hinagata/samples.py", "import aws_cdk", "hinagata is not allowed to import aws_cdk"),
        (
            "hinagata/scenario/units.py",
            "import hinagata.lab.report",
            "hinagata.scenario is not allowed to import hinagata.lab",
        ),
        (
            "functions/connected_car/ingest.py",
            "def late() -> None:\n    import hinagata.errors",
            "connected_car is not allowed to import hinagata",
        ),
        ("patterns/fan_out.py", "import stacks", "patterns is not allowed to import stacks"),
        ("hinagata/utils.py", '"""Anything."""', "utils"),
    ],
)
def test_fails_when_a_contract_is_violated(copy: Path, module: str, line: str, said: str) -> None:
    """A forbidden import, also inside a function, and a module that nobody placed are named."""
    with (copy / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")

    done = contracts(copy)

    assert done.returncode == 1, done.stdout
    assert said in done.stdout
