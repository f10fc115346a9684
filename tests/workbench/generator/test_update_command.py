"""`hinagata update` as a person and a script meet it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from hinagata.cli import main
from hinagata.generator.files import Files
from hinagata.generator.record import Answers, RecordError, record_of, this_version
from hinagata.generator.update_command import update_project
from tests.workbench.generator.trees import build, tree

OLD = Answers(hinagata="0.0.1", origin="blueprint", name="shop", own=False)
BASE = {"README.md": b"# Shop\n", "app.py": b"app = 1\n", "gone.py": b"", "stack.py": b"a\nb\nc\n"}
NEW = {"README.md": b"# Shop 2\n", "app.py": b"app = 2\n", "stack.py": b"a\nb\nC\n"}
YOURS = BASE | {"app.py": b"app = 0\n", "stack.py": b"A\nb\nc\n"}


def project(folder: Path, yours: Files = YOURS, answers: Answers = OLD) -> Path:
    """Writes a project that its user has worked on."""
    record = {path: held for path, held in record_of(BASE, answers).items() if path not in BASE}
    return build(folder, {**yours, **record})


def updated(folder: Path, files: Files = NEW, *, apply: bool = False) -> tuple[bool, str]:
    """Returns whether all went well, and what was said."""

    def files_of(answers: Answers, project: Path) -> Files:
        assert (answers.name, project) == ("shop", folder)
        return files

    said = StringIO()
    return update_project(folder, files_of=files_of, stream=said, apply=apply), said.getvalue()


def test_what_would_change_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    """File by file, and then line by line."""
    before = tree(project(tmp_path))

    good, said = updated(tmp_path)

    assert good
    assert said == (
        f"from hinagata 0.0.1 to {this_version()}\n"
        "  changed   README.md\n"
        "  conflict  app.py     you and the update changed the same lines: marks at 1\n"
        "  removed   gone.py\n"
        "  merged    stack.py   your changes and the new ones\n"
        "\n"
        "--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-# Shop\n+# Shop 2\n"
        "--- a/app.py\n+++ b/app.py\n@@ -1 +1,5 @@\n"
        "+<<<<<<< yours\n app = 0\n+=======\n+app = 2\n"
        f"+>>>>>>> hinagata {this_version()}\n"
        "--- a/stack.py\n+++ b/stack.py\n@@ -1,3 +1,3 @@\n A\n b\n-c\n+C\n"
        "\n"
        "nothing was written; do it with: hinagata update --apply\n"
    )
    assert tree(tmp_path) == before


def test_conflicts_are_listed_and_are_an_answer(tmp_path: Path) -> None:
    """Done, it says what it did, and where a person has to choose."""
    good, said = updated(project(tmp_path), apply=True)

    assert not good
    assert said == (
        f"from hinagata 0.0.1 to {this_version()}\n"
        "  changed   README.md\n"
        "  conflict  app.py     you and the update changed the same lines: marks at 1\n"
        "  removed   gone.py\n"
        "  merged    stack.py   your changes and the new ones\n"
        "\n"
        "conflicts, each between <<<<<<< yours and >>>>>>> hinagata:\n"
        "  app.py:1\n"
    )
    assert tree(tmp_path)["stack.py"] == b"A\nb\nC\n"


def test_an_update_is_done_once(tmp_path: Path) -> None:
    """The second one has nothing to do, and says so."""
    project(tmp_path, BASE)

    assert updated(tmp_path, apply=True)[0]
    before = tree(tmp_path)

    nothing = f"nothing to update: hinagata {this_version()} has nothing new for this project\n"
    assert updated(tmp_path, apply=True) == (True, nothing)
    assert updated(tmp_path) == (True, nothing)
    assert tree(tmp_path) == before


def test_what_you_deleted_is_told_and_stays_deleted(tmp_path: Path) -> None:
    """Whether there is something new or not, with the way to have it again."""
    project(tmp_path, {path: held for path, held in BASE.items() if path != "app.py"})
    way = "it stays deleted, unless you copy .hinagata/generated/app.py\n"

    _, said = updated(tmp_path, apply=True)
    _, again = updated(tmp_path, apply=True)

    label = f"hinagata {this_version()}"
    assert f"  deleted   app.py     you deleted it, and {label} changed it; {way}" in said
    assert again == (
        f"nothing to update: {label} has nothing new for this project\n"
        f"  deleted   app.py  you deleted it; {way}"
    )
    assert "app.py" not in tree(tmp_path)
    assert tree(tmp_path)[".hinagata/generated/app.py"] == NEW["app.py"]


def test_a_version_that_changes_no_file_is_noted(tmp_path: Path) -> None:
    """The project is of that version from then on."""
    project(tmp_path, BASE)

    good, said = updated(tmp_path, BASE, apply=True)

    assert good
    assert said == (
        f"from hinagata 0.0.1 to {this_version()}\n"
        "  none of your files changes, only what is kept of how they were made\n"
    )
    assert f'hinagata = "{this_version()}"'.encode() in tree(tmp_path)[".hinagata/answers.toml"]


def test_an_interrupted_update_is_completed_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one is only shown: half of it was written already."""
    project(tmp_path)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("hinagata.generator.applying.put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            updated(tmp_path, apply=True)

    good, said = updated(tmp_path)

    assert not good
    assert said == (
        "completed the update that was interrupted\n\n"
        "conflicts, each between <<<<<<< yours and >>>>>>> hinagata:\n  app.py:1\n"
    )
    assert tree(tmp_path)["README.md"] == NEW["README.md"]


def test_fails_outside_of_a_project(tmp_path: Path) -> None:
    """The folder that was made is asked for."""
    with pytest.raises(RecordError, match="there is no generated project here"):
        updated(tmp_path)


def test_fails_outside_of_a_project_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 2 and one sentence."""
    monkeypatch.chdir(tmp_path)

    assert main(["update"]) == 2

    said = capsys.readouterr().err
    assert said.startswith("hinagata: there is no generated project here: ")
    assert said.count("\n") == 1
