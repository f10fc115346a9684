"""Tests that pages name are found where they are, with what runs them."""

from pathlib import Path

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material import proofs
from hinagata.catalogue.material.proofs import OF_ALL, Proof, read_proofs

OF_EVERYTHING = f'def {OF_ALL}():\n    """All."""\n'
RUNS = '''\
import pytest

def test_quick():
    """A fault is survived."""

@pytest.mark.long
@pytest.mark.timeout(900)
def test_slow():
    """At full size."""

def test_other():
    """Named on no page."""
'''


def project(folder: Path, monkeypatch: pytest.MonkeyPatch, *, told: str, runs: str = RUNS) -> Path:
    """A project with one file of tests of each kind."""
    for name, text in (
        ("tests/synth/test_examples.py", OF_EVERYTHING),
        ("tests/emulator/test_runs.py", runs),
        ("fault_runs.toml", told),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(proofs, "FAULT_RUNS", folder / "fault_runs.toml")
    return folder


def commands(found: tuple[Proof, ...]) -> dict[str, str]:
    """What runs each test."""
    return {each.name: each.command for each in found}


def test_what_takes_minutes_is_run_by_another_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Marked by itself, or with its whole file."""
    told = 'breaker = ["test_runs.py::test_quick", "test_runs.py::test_slow"]\n'
    all_long = RUNS.replace("import pytest\n", "import pytest\npytestmark = [pytest.mark.long]\n")
    some = read_proofs(project(tmp_path, monkeypatch, told=told))
    every = read_proofs(project(tmp_path, monkeypatch, told=told, runs=all_long))

    assert commands(some.of_faults("breaker", in_matrix=False)) == {
        "test_quick": "make test",
        "test_slow": "make prove",
    }
    assert set(commands(every.of_faults("breaker", in_matrix=False)).values()) == {"make prove"}


def test_a_run_has_a_page_if_a_pattern_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, however many name it; the tests of the constructs are all there."""
    told = 'breaker = ["test_runs.py::test_quick"]\napi = ["test_runs.py::test_quick"]\n'
    found = read_proofs(project(tmp_path, monkeypatch, told=told))

    assert [(tests[0].page, [test.id for test in tests]) for _, tests in found.by_file()] == [
        ("tests/synth/test_examples.html", [f"tests/synth/test_examples.py::{OF_ALL}"]),
        ("tests/emulator/test_runs.html", ["tests/emulator/test_runs.py::test_quick"]),
    ]


def test_what_has_rows_in_the_matrix_is_proved_by_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its own, if it has any; what has neither is told by its name."""
    told = 'matrix = ["test_runs.py::test_slow"]\nstream = ["test_runs.py::test_quick"]\n'
    found = read_proofs(project(tmp_path, monkeypatch, told=told))

    assert [*commands(found.of_faults("stream", in_matrix=True))] == ["test_slow", "test_quick"]
    assert [*commands(found.of_faults("queue", in_matrix=True))] == ["test_slow"]
    with pytest.raises(CatalogueError, match=r"fault_runs.toml: api is missing"):
        found.of_faults("api", in_matrix=False)


@pytest.mark.parametrize("named", ["test_runs.py::test_gone", "test_gone.py::test_quick", "x"])
def test_fails_if_a_run_is_not_there(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By pattern and name."""
    with pytest.raises(CatalogueError, match=f"breaker names {named}, .* has no such test"):
        read_proofs(project(tmp_path, monkeypatch, told=f'breaker = ["{named}"]\n'))
