"""A project made from a sample synthesizes to the sample's templates, under its own name."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hinagata.generator.from_sample import sample_files
from hinagata.generator.naming import project_name
from hinagata.generator.own_source import own_files, own_requirements
from hinagata.generator.writing import write_project
from hinagata.samples import find_sample, read_samples
from tests.synth.template import Template

REPOSITORY = Path(__file__).parents[2]
SAMPLES = [sample.name for sample in read_samples(REPOSITORY)]
CAR = "connected_car"
NOT_CHECKED = (
    "failure modes are not checked: hinagata is not installed here; "
    "install it, or make App(failure_modes=False)\n"
)

# Apps one after the other, so that the CDK is loaded once.
ONE_AFTER_THE_OTHER = """
import os, runpy, sys

sys.path.insert(0, "")
for app in sys.argv[1:]:
    os.environ["CDK_OUTDIR"] = f"{app}.out"
    runpy.run_path(app, run_name="__main__")
"""
# What a project's own tests take from the frame that every project has.
ASSEMBLY_OF_EACH = """
from pathlib import Path

import pytest


@pytest.fixture
def assembly(request):
    sample = request.path.stem.removeprefix("test_")
    return Path(f"{sample}.py.out")
"""
# Neither the environment's own code nor what editable installs lead to can be imported.
# An editable install leaves data of ours in the environment, which alone would be a package.
ALONE = """
import runpy, sys

class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "hinagata":
            raise ModuleNotFoundError("No module named 'hinagata'", name="hinagata")

sys.meta_path.insert(0, Absent)
sys.path[:0] = sys.argv[1:]
runpy.run_path("app.py", run_name="__main__")
"""


def own_name(sample: str) -> str:
    """A name for a project from a sample that has no more in common with it than one word."""
    return f"Acme {sample.partition('_')[0]}"


def alike(text: str, sample: str) -> Any:
    """A template with the names as the sample has them, and without what is made of names."""
    old, new = project_name(sample), project_name(own_name(sample))
    for mine, theirs in (
        (new.package, old.package),
        (new.stack, old.stack),
        (new.stack.lower(), old.stack.lower()),
        (new.bucket.capitalize(), old.bucket.capitalize()),
        (new.title, old.title),
    ):
        text = text.replace(mine, theirs)
    # Of an asset; of an API, which is what its deployment's id ends with.
    text = re.sub(r"\b[0-9a-f]{64}\b", "hash", text)
    text = re.sub(r"(?<=Deployment[0-9A-F]{8})[0-9a-f]{32}\b", "hash", text)
    # A name that the CDK makes of the path from the stack on has a hash of that path.
    with_stack = re.compile(rf"[\w-]*{old.stack}[\w-]*", re.IGNORECASE)
    return json.loads(
        with_stack.sub(lambda name: re.sub(r"[0-9A-Fa-f]{8,}", "hash", name[0]), text)
    )


def own_project(folder: Path) -> Path:
    """The connected car with the constructs as its own source, written."""
    project = folder / "project"
    write_project({**sample_files(CAR, name=own_name(CAR)), **own_files()}, project)
    return project


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run something that is told nothing of this checkout, of AWS or of the CDK, but variables."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "HINAGATA_", "JSII_", "PYTHON"))
    }
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_same(assembly: Path, sample: str, template: Callable[[str], Template]) -> None:
    """The project's template is the sample's but for names."""
    stack = project_name(own_name(sample)).stack
    made = alike((assembly / f"{stack}.template.json").read_text(), sample)
    was = template(find_sample(sample, project=REPOSITORY).stack)

    expected = alike(json.dumps(was.document), sample)
    for part in expected.keys() | made.keys():
        assert made.get(part) == expected.get(part), part


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project from each sample, all in one folder, each synthesized into `SAMPLE.py.out`."""
    folder = tmp_path_factory.mktemp("projects") / "all"
    files: dict[str, bytes] = {}
    for sample in SAMPLES:
        made = dict(sample_files(sample, name=own_name(sample)))
        files |= {
            f"{sample}.py": made.pop("app.py"),
            f"tests/test_{sample}.py": made.pop("tests/test_handlers.py"),
            **made,
        }
    write_project(files, folder)

    apps = [f"{sample}.py" for sample in SAMPLES]
    command = [sys.executable, "-c", ONE_AFTER_THE_OTHER, *apps]
    done = run(command, folder, PYTHONPATH=str(REPOSITORY))

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_project_from_a_sample_is_that_sample(
    sample: str, template: Callable[[str], Template], projects: Path
) -> None:
    """It is checked, with nothing to say, and every resource is the same."""
    assert_same(projects / f"{sample}.py.out", sample, template)


def test_the_handlers_of_a_project_from_a_sample_start(projects: Path) -> None:
    """The test of the handlers that each project has finds all of them in what was synthesized."""
    (projects / "tests" / "conftest.py").write_text(ASSEMBLY_OF_EACH)
    pytest_of_its_own = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    paths = ["--import-mode=importlib", "-o", "pythonpath=. functions"]

    tests = sorted(f"tests/{file.name}" for file in (projects / "tests").glob("test_*.py"))
    done = run([*pytest_of_its_own, *paths, *tests], projects, PYTHONPATH=str(REPOSITORY))

    assert done.returncode == 0, done.stdout
    assert f"{len(SAMPLES)} passed" in done.stdout


def test_a_project_with_the_constructs_as_its_own_needs_nothing_of_ours(
    template: Callable[[str], Template], tmp_path: Path
) -> None:
    """It synthesizes to the same where `hinagata` cannot be imported, and says what that means."""
    project = own_project(tmp_path)

    installed = sysconfig.get_path("purelib")
    done = run([sys.executable, "-I", "-S", "-c", ALONE, str(project), installed], project)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", NOT_CHECKED)
    assert_same(project / "cdk.out", CAR, template)


@pytest.mark.long
def test_an_environment_without_our_package_is_enough(
    template: Callable[[str], Template], tmp_path: Path
) -> None:
    """What `own_requirements` names is installed, and nothing else: `python app.py` does it."""
    project = own_project(tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--quiet", "--python", python]
    lock = ["--constraint", REPOSITORY / "requirements.txt"]
    subprocess.run([*uv, *lock, *own_requirements()], check=True)

    absent = run([str(python), "-c", "import hinagata"], tmp_path)
    done = run([str(python), "app.py"], project)

    assert "No module named 'hinagata'" in absent.stderr
    assert (done.returncode, done.stdout, done.stderr) == (0, "", NOT_CHECKED)
    assert_same(project / "cdk.out", CAR, template)
