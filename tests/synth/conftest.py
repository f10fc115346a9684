"""Everything is synthesized once a session: the exhibits and the samples, in one app."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest

from patterns import App
from stacks.connected_car import ConnectedCar
from stacks.hvac_platform import HvacPlatform
from stacks.resilient_orders import ResilientOrders
from tests.synth.exhibits import EXHIBITS, SOURCE, across_stacks
from tests.synth.raw_architectures import synthesize
from tests.synth.template import Template

# In an environment of its own, which `make test` sets up.
CHECKOV = Path(__file__).parents[2] / ".venv-checkov" / "bin" / "checkov"


@dataclass(frozen=True)
class Synthesized:
    """A cloud assembly, its templates, and what its judges said."""

    directory: Path
    templates: dict[str, Template]
    report: dict[str, Any]
    linter: subprocess.Popen[str]
    checkov: subprocess.Popen[bytes]
    checkov_report: Path


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A source root of two packages, `shop` and `other`."""
    root = tmp_path_factory.mktemp("source")
    for name, text in SOURCE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory, code: str) -> Iterator[Synthesized]:
    """The exhibits, the samples as they are, and the connected car for a million cars."""
    directory = tmp_path_factory.mktemp("assembly")
    app = App(outdir=str(directory))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(), cdk_nag.ServerlessChecks())
    for name, build in EXHIBITS.items():
        build(cdk.Stack(app, name), code)
    across_stacks(app, code)
    ConnectedCar(app, "ConnectedCar")
    ConnectedCar(app, "MillionCars", cars=1_000_000)
    HvacPlatform(app, "HvacPlatform")
    HvacPlatform(app, "MillionHvacs", devices=5_000_000, layout="item")
    ResilientOrders(app, "ResilientOrders")
    # A finding fails the synthesis after everything is written; test_judges tells which it was.
    with suppress(SystemExit):
        app.synth()
    files = sorted(directory.glob("*.template.json"))
    names = [file.name.removesuffix(".template.json") for file in files]
    # They take as long as everything else together, so they run beside the tests.
    # MillionCars has ConnectedCar's resources with other numbers.
    linted = [str(file) for file in files if "Million" not in file.name]
    report = tmp_path_factory.mktemp("checkov") / "report.json"
    with (
        subprocess.Popen(
            [str(Path(sys.executable).with_name("cfn-lint")), "--format", "parseable", *linted],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as linter,
        _checkov(files, report) as checkov,
    ):
        yield Synthesized(
            directory,
            {name: Template.read(directory, name) for name in names},
            json.loads((directory / "validation-report.json").read_text()),
            linter,
            checkov,
            report,
        )
        linter.terminate()
        checkov.terminate()


def _checkov(files: list[Path], report: Path) -> subprocess.Popen[bytes]:
    assert CHECKOV.exists(), f"{CHECKOV} is missing: make {CHECKOV.parents[1].name}/.ready"
    scope = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact"]
    # Into a file: it says more than a pipe holds that nobody reads yet.
    with report.open("wb") as output:
        return subprocess.Popen(
            [str(CHECKOV), *scope, "--output", "json", "--file", *map(str, files)],
            stdout=output,
            stderr=subprocess.DEVNULL,
        )


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five first drafts of raw constructs, synthesized."""
    directory = tmp_path_factory.mktemp("raw")
    synthesize(directory)
    return directory


@pytest.fixture(scope="session")
def template(synthesized: Synthesized) -> Callable[[str], Template]:
    """Finds a template by its stack's id."""
    return synthesized.templates.__getitem__


@pytest.fixture
def stack() -> cdk.Stack:
    """An empty stack for what is refused; it is never synthesized."""
    return cdk.Stack()
