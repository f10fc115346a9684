"""Everything is synthesized once a session: the exhibits and the samples, in one app."""

import hashlib
import json
import shutil
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

from hinagata.assembly.synthesis import fingerprint
from patterns import App
from stacks.connected_car import ConnectedCar
from stacks.hvac_platform import HvacPlatform
from stacks.order_events import LoyaltyPoints, OrderEvents
from stacks.push_jobs import PushJobs
from stacks.resilient_orders import ResilientOrders
from stacks.trace_lake import TraceLake
from tests.synth.exhibits import EXHIBITS, SOURCE, across_stacks
from tests.synth.raw_architectures import synthesize
from tests.synth.template import Template

REPOSITORY = Path(__file__).parents[2]
# In an environment of its own, which `make test` sets up.
CHECKOV = REPOSITORY / ".venv-checkov" / "bin" / "checkov"


class Judge:
    """A tool that runs beside the tests; what it says of what is good is kept with that.

    Args:
        command: Runs it.
        kept: File for what it says on standard output.
    """

    def __init__(self, command: list[str], kept: Path) -> None:
        self._kept = kept
        self._saying = kept.with_suffix(".part")
        self._process: subprocess.Popen[bytes] | None = None
        if not kept.exists():
            # Into a file: it says more than a pipe holds that nobody reads yet.
            with self._saying.open("wb") as output:
                self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)

    def said(self) -> str:
        """What it said, once it has ended."""
        if self._process is None:
            return self._kept.read_text()
        status = self._process.wait()
        said = self._saying.read_text()
        # One that fails without a word has judged nothing.
        assert status == 0 or said, f"{self._process.args} ended with status {status}"
        if status == 0:
            self._saying.rename(self._kept)
            self._process = None
        return said

    def stop(self) -> None:
        """End it, if it still runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


@dataclass(frozen=True)
class Synthesized:
    """A cloud assembly, its templates, and what its judges said."""

    directory: Path
    templates: dict[str, Template]
    report: dict[str, Any]
    cfn_lint: Judge
    checkov: Judge


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
def synthesized(code: str, pytestconfig: pytest.Config) -> Iterator[Synthesized]:
    """The exhibits, the samples as they are, and the connected car for a million cars.

    Kept, with what was said of it, until something changes that it is made of.
    """
    place = _kept(pytestconfig.cache.mkdir("synthesized"))
    directory = place / "assembly"
    if not directory.exists():
        staging = place / "staging"
        shutil.rmtree(staging, ignore_errors=True)
        _synthesize(staging, code)
        staging.rename(directory)
    files = sorted(directory.glob("*.template.json"))
    names = [file.name.removesuffix(".template.json") for file in files]
    # They take as long as everything else together, so they run beside the tests.
    judges = [_cfn_lint(files, place), _checkov(files, place)]
    try:
        yield Synthesized(
            directory,
            {name: Template.read(directory, name) for name in names},
            json.loads((directory / "validation-report.json").read_text()),
            *judges,
        )
    finally:
        for judge in judges:
            judge.stop()


def _kept(folder: Path) -> Path:
    """The folder for what is synthesized from the sources as they are; others are removed."""
    digest = hashlib.sha256(fingerprint(REPOSITORY).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    place = folder / digest.hexdigest()[:16]
    for other in folder.iterdir():
        if other != place:
            shutil.rmtree(other)
    place.mkdir(exist_ok=True)
    return place


def _synthesize(directory: Path, code: str) -> None:
    app = App(outdir=str(directory))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(), cdk_nag.ServerlessChecks())
    for name, build in EXHIBITS.items():
        build(cdk.Stack(app, name), code)
    across_stacks(app, code)
    ConnectedCar(app, "ConnectedCar")
    ConnectedCar(app, "MillionCars", cars=1_000_000)
    HvacPlatform(app, "HvacPlatform")
    HvacPlatform(app, "MillionHvacs", devices=5_000_000, layout="item")
    order_events = OrderEvents(app, "OrderEvents")
    LoyaltyPoints(app, "LoyaltyPoints", orders=order_events.orders)
    PushJobs(app, "PushJobs")
    ResilientOrders(app, "ResilientOrders")
    TraceLake(app, "TraceLake")
    # A finding fails the synthesis after everything is written; test_judges tells which it was.
    with suppress(SystemExit):
        app.synth()


def _cfn_lint(files: list[Path], place: Path) -> Judge:
    # MillionCars has ConnectedCar's resources with other numbers.
    linted = [str(file) for file in files if "Million" not in file.name]
    cfn_lint = str(Path(sys.executable).with_name("cfn-lint"))
    return Judge([cfn_lint, "--format", "parseable", *linted], place / "cfn-lint.txt")


def _checkov(files: list[Path], place: Path) -> Judge:
    assert CHECKOV.exists(), f"{CHECKOV} is missing: make {CHECKOV.parents[1].name}/.ready"
    scope = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact"]
    command = [str(CHECKOV), *scope, "--output", "json", "--file", *map(str, files)]
    return Judge(command, place / "checkov.json")


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
