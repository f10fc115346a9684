"""What passed on the very same files is not run again; everything else is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proven import REPOSITORY, sources

CONFTEST = """
from pathlib import Path

from tests.proven import Proven, sources

def pytest_configure(config):
    config.pluginmanager.register(Proven(config, sources(Path(__file__).parent)))
"""
TESTS = """
from pathlib import Path

def test_one():
    pass

def test_other():
    assert not Path("broken.ignored").exists()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with two tests on an endpoint, and one of another kind."""
    if shutil.which("git") is None:
        pytest.skip("without git nothing is ever taken for proven")
    files = {
        ".gitignore": "*.ignored\n.pytest_cache\n__pycache__\n",
        "conftest.py": CONFTEST,
        "pytest.ini": "[pytest]\naddopts = --import-mode=importlib\n",
        "tests/emulator/test_dear.py": TESTS,
        "tests/workbench/test_cheap.py": "def test_cheap(): pass\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def outcome(project: Path) -> str:
    """The last words of a session."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"],
        cwd=project,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.splitlines()[-1].rpartition(" in ")[0]


def test_a_second_run_on_the_same_files_leaves_out_what_passed(project: Path) -> None:
    """The cheap ones run every time."""
    assert outcome(project) == "3 passed"
    assert outcome(project) == "1 passed, 2 deselected"


def test_what_failed_runs_again(project: Path) -> None:
    """Until it passes."""
    (project / "broken.ignored").touch()
    assert outcome(project) == "1 failed, 2 passed"
    (project / "broken.ignored").unlink()
    assert outcome(project) == "2 passed, 1 deselected"
    assert outcome(project) == "1 passed, 2 deselected"


@pytest.mark.parametrize("name", ["new.yaml", "tests/workbench/test_cheap.py"])
def test_any_changed_file_has_everything_run_again(name: str, project: Path) -> None:
    """A new one as well, whoever reads it."""
    outcome(project)
    with (project / name).open("a") as file:
        file.write("# one more line\n")

    assert outcome(project) == "3 passed"


def test_without_git_nothing_is_taken_for_proven(tmp_path: Path) -> None:
    """Nobody can tell what has changed."""
    assert sources(tmp_path) is None
