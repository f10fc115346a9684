"""What a project keeps of how it was made."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from hinagata.generator.record import (
    Answers,
    Digest,
    Record,
    RecordError,
    kept_of,
    read_record,
    record_of,
    this_version,
)
from tests.workbench.generator.trees import build

ANSWERS = Answers(hinagata=this_version(), origin="blueprint", name="My shop", own=False)
FILES = {"README.md": b"# My shop\n", "functions/shop/orders.py": b"orders\n", "logo": b"\0\xff"}


def project(folder: Path, answers: Answers = ANSWERS) -> Path:
    """Writes a project with its record."""
    return build(folder, record_of(FILES, answers))


def answered(folder: Path, text: str) -> Path:
    """Writes a project whose answers are a text."""
    build(project(folder), {".hinagata/answers.toml": text.encode()})
    return folder


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("name", ["shop", 'a "quoted"\\ name\n\x7f', "雛形"])
def test_what_is_kept_is_read_again(name: str, own: bool, tmp_path: Path) -> None:
    """Answers and files come back as they were, whatever is in them."""
    answers = Answers(hinagata=this_version(), origin="connected_car", name=name, own=own)

    assert read_record(project(tmp_path, answers)) == Record(
        answers=answers, generated=kept_of(FILES)
    )


def test_the_record_is_plain_to_read() -> None:
    """The answers are a few lines of TOML; the folder says what it is for."""
    kept = record_of(FILES, ANSWERS)

    assert tomllib.loads(kept[".hinagata/answers.toml"].decode()) == {
        "hinagata": this_version(),
        "from": "blueprint",
        "name": "My shop",
        "own": False,
    }
    assert b"every file as it was generated" in kept[".hinagata/README.md"]


def test_what_is_no_text_is_kept_by_its_digest() -> None:
    """So that a project has it once; a person can check it with `sha256sum`."""
    kept = record_of(FILES, ANSWERS)

    sum_of_logo = hashlib.sha256(FILES["logo"]).hexdigest()
    assert ".hinagata/generated/logo" not in kept
    assert kept[".hinagata/generated/logo.sha256"] == f"{sum_of_logo}\n".encode()
    assert kept_of(FILES)["logo"] == Digest(sum_of_logo)


def test_the_record_is_the_same_each_time() -> None:
    """No time, machine or user is in it."""
    assert record_of(FILES, ANSWERS) == record_of(dict(reversed(FILES.items())), ANSWERS)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_version_control_takes_the_record_and_nothing_else(tmp_path: Path) -> None:
    """What commands leave in the folder is ignored, what an update needs is not."""
    build(project(tmp_path), {".hinagata/pending": b"", ".hinagata/cdk.out-1/manifest": b""})
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)

    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert sorted(listed) == sorted(record_of(FILES, ANSWERS))


def test_fails_where_there_is_no_project(tmp_path: Path) -> None:
    """The folder that `hinagata new` made is asked for."""
    with pytest.raises(RecordError, match=r"^there is no generated project here: .*answers\.toml"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hinagata = 0.1.0\n", r"answers\.toml cannot be read: .* line 1"),
        ('from = "blueprint"\n', r'has no hinagata; expected hinagata = "a text"'),
        ('hinagata = "0.1.0"\nfrom = 3\n', 'has no from; expected from = "a text"'),
        (
            'hinagata = "0.1.0"\nfrom = "blueprint"\nname = "x"\nown = 1\n',
            "has no own; expected own = true or own = false",
        ),
        (
            'hinagata = "new"\nfrom = "blueprint"\nname = "x"\nown = true\n',
            'hinagata: found "new"; expected a version such as',
        ),
    ],
)
def test_fails_on_answers_that_are_none(text: str, said: str, tmp_path: Path) -> None:
    """File, field, and what was expected are named."""
    with pytest.raises(RecordError, match=said):
        read_record(answered(tmp_path, text))


@pytest.mark.parametrize("newer", ["999", "0.1000.0", "999.0.0rc1"])
def test_fails_on_a_project_of_a_newer_version(newer: str, tmp_path: Path) -> None:
    """What an older version generated would be taken for a step back."""
    made = Answers(hinagata=newer, origin="blueprint", name="shop", own=False)

    with pytest.raises(RecordError, match=f"was made by hinagata {newer}, and this is"):
        read_record(project(tmp_path, made))


@pytest.mark.parametrize("older", ["0", "0.0.9", "0.1", "0.1.0.0"])
def test_a_project_of_an_older_version_is_read(older: str, tmp_path: Path) -> None:
    """Zeros at the end of a version say nothing."""
    made = Answers(hinagata=older, origin="blueprint", name="shop", own=False)

    assert read_record(project(tmp_path, made)).answers.hinagata == older


def test_fails_where_what_was_generated_is_gone(tmp_path: Path) -> None:
    """Without it nobody can tell whose change is whose."""
    shutil.rmtree(project(tmp_path) / ".hinagata" / "generated")

    with pytest.raises(RecordError, match="bring it back from version control"):
        read_record(tmp_path)


def test_fails_where_the_answers_are_no_text(tmp_path: Path) -> None:
    """A file that cannot be decoded is named."""
    (project(tmp_path) / ".hinagata" / "answers.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(RecordError, match=r"answers\.toml cannot be read"):
        read_record(tmp_path)
