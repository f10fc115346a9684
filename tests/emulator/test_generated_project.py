"""A project is made, and its first results are seen: with the README's own commands."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import REPOSITORY, commands

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("AWS_", "PYTEST_")) and name != "PYTHONDONTWRITEBYTECODE"
} | {"PATH": PATH}
BLUEPRINTS = sorted(file.stem for file in (REPOSITORY / "blueprints").glob("*.yaml"))


def _run(command: str, folder: Path, environment: dict[str, str] = ENVIRONMENT) -> str:
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _work_of_children() -> float:
    """Return the seconds that ended processes of this one have worked."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_new_project_shows_its_first_results(tmp_path: Path) -> None:
    """Made in under 2 s; every message reaches everybody it should."""
    new, run = (one for one in commands() if " shop" in one)
    begin = _work_of_children()
    _run(new, tmp_path)
    took = _work_of_children() - begin

    said = _run(run, tmp_path)

    assert "All 7 expectations hold" in said
    # Of its own work, whatever else the machine does.
    assert took < 2


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", BLUEPRINTS)
def test_a_project_of_each_blueprint_passes_its_own_tests(
    name: str, new_environment: dict[str, str], tmp_path: Path
) -> None:
    """`make test`, in an environment that has the wheel alone."""
    _run(f"hinagata new 'my {name}' --blueprint {name}", tmp_path, new_environment)

    _run("make VENV=$VIRTUAL_ENV test", tmp_path / f"my-{name.replace('_', '-')}", new_environment)


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the variables of a new virtual environment, with the built wheel in it."""
    folder = tmp_path_factory.mktemp("new")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(REPOSITORY)], check=True, capture_output=True)
    (wheel,) = folder.glob("hinagata-*.whl")
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    bin_folder = venv / "bin"
    wanted = f"hinagata[cdk,lab] @ file://{wheel}"
    uv = Path(sys.executable).with_name("uv")
    install = [str(uv), "pip", "install", "--quiet", "--python", str(bin_folder / "python"), wanted]
    subprocess.run(install, check=True)
    # A path to our sources would come before the wheel.
    return {name: value for name, value in ENVIRONMENT.items() if name != "PYTHONPATH"} | {
        "PATH": os.pathsep.join([str(bin_folder), os.environ["PATH"]]),
        "VIRTUAL_ENV": str(venv),
    }
