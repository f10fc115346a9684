"""The built wheel works in somebody else's project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "order_intake"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(REPOSITORY)], check=True, capture_output=True)
    return next(folder.glob("hinagata-*.whl"))


def test_the_example_synthesizes_with_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """A project of its own installs the wheel in a new environment, imports, and synthesizes."""
    project = tmp_path / "order_intake"
    shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("__pycache__", "cdk.out"))
    python = _environment(tmp_path / "venv", f"hinagata[cdk] @ file://{wheel}")

    done = subprocess.run(
        [python, "app.py"], cwd=project, env=_clean(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    template = json.loads((project / "cdk.out" / "OrderIntake.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert {"AWS::ApiGateway::RestApi", "AWS::SQS::Queue", "AWS::Kinesis::Stream"} <= types
    assert done.stderr == ""


def test_the_wheel_holds_the_packages_with_their_types_and_nothing_else(wheel: Path) -> None:
    """Neither samples nor tests are installed into a user's environment."""
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", str(wheel)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [line.split()[0] for line in listed.splitlines()[1:]]

    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "hinagata",
        "patterns",
        "pattern_runtime",
    }
    assert {"patterns/py.typed", "pattern_runtime/py.typed", "hinagata/py.typed"} <= set(names)


def _environment(folder: Path, requirement: str) -> str:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet"]
    lock = REPOSITORY / "requirements.txt"
    target = ["--python", str(python), "--constraint", str(lock), requirement]
    subprocess.run([*uv, *target], check=True)
    return str(python)


def _clean() -> dict[str, str]:
    """An environment that says nothing of AWS, Node or this checkout."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "JSII_", "NODE", "PYTHON"))
    }
