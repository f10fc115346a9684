"""A session fails if a test that a page calls a proof did not run in it, and pass."""

import os
import subprocess
import sys
from pathlib import Path

from tests.proven import REPOSITORY

CONFTEST = """
from tests.linked import Linked

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Linked({"tests/test_before.py::test_proven[0]"}))
"""
READER = """
from tests.linked import NAMED

def test_pages(record_property):
    record_property(NAMED, [f"test_proofs.py::test_{name}" for name in (NAMES)])
"""
GOOD = """
import pytest

def test_one(): pass

@pytest.mark.parametrize("example", [1, 2])
def test_other(example): pass
"""
BAD = {
    "skipped": ("@pytest.mark.skip\ndef test_skipped(): pass", "skipped"),
    "skipped_once": (
        """@pytest.mark.parametrize("example", [1, 2])
def test_skipped_once(example): example > 1 or pytest.skip()""",
        "skipped",
    ),
    "wrong": ("@pytest.mark.xfail\ndef test_wrong(): assert False", "expected to fail"),
    "right": ("@pytest.mark.xfail\ndef test_right(): pass", "expected to fail"),
    "long": ("@pytest.mark.long\ndef test_long(): pass", "not run"),
    "hidden": ("class TestAll:\n    def test_hidden(self): pass", "not run"),
    "gone": ("", "not run"),
    "broken": ("def test_broken(no_such_fixture): pass", "failed"),
}


def session(folder: Path, proofs: str, reader: str, *arguments: str) -> tuple[int, str]:
    """How a session of two files ends, and what it says."""
    files = {
        "conftest.py": CONFTEST,
        "pytest.ini": "[pytest]\naddopts = --import-mode=importlib\nmarkers = long\n",
        "test_proofs.py": proofs,
        "test_reader.py": reader,
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout


def naming(*names: str) -> str:
    """A test that reads pages, on which these tests are named."""
    return READER.replace("(NAMES)", repr(names))


def test_proofs_that_pass_are_proofs(tmp_path: Path) -> None:
    """With all their examples, in whichever process."""
    code, said = session(tmp_path, GOOD, naming("one", "other"), "-p", "xdist", "-n", "2")

    assert (code, "ERROR" in said) == (0, False), said


def test_one_that_does_not_run_fails_the_session(tmp_path: Path) -> None:
    """Skipped, if only for one example; left out, renamed, or expected to fail."""
    proofs = "\n\n".join(["import pytest", *(text for text, _ in BAD.values())])
    code, said = session(tmp_path, proofs, naming(*BAD), "-m", "not long")

    assert code == 1
    for name, (_, how) in BAD.items():
        test = f"test_proofs.py::test_{name}"
        assert f"a page calls {test} a proof, but in this session it is: {how}\n" in said


def test_nor_does_one_pass_that_another_process_skips(tmp_path: Path) -> None:
    """That alone makes the session fail, of which all tests that ran passed."""
    code, said = session(
        tmp_path,
        "import pytest\n\n" + BAD["skipped"][0],
        naming("skipped"),
        "-p",
        "xdist",
        "-n",
        "2",
    )

    assert (code, "in this session it is: skipped" in said) == (1, True), said


def test_what_passed_on_the_same_files_before_is_a_proof(tmp_path: Path) -> None:
    """It is not run again, and need not be."""
    reader = naming("x").replace("test_proofs.py::test_{name}", "tests/test_before.py::test_proven")

    assert session(tmp_path, GOOD, reader)[0] == 0


def test_a_session_that_reads_no_page_fails(tmp_path: Path) -> None:
    """Whoever asks for linked tests means to have them looked at."""
    code, said = session(tmp_path, GOOD, "def test_nothing(): pass")

    assert (code, "no test of this session says which tests the pages name" in said) == (1, True)
