"""An update that is killed, refused or met by an edit at any step is completed by the next one."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from hinagata.generator.applying import apply_update, complete_update
from hinagata.generator.record import Answers, read_record, record_of
from hinagata.generator.update import UpdateError, plan_update
from tests.workbench.generator.file_system_steps import ends_at, fails_at
from tests.workbench.generator.trees import build, names, tree

VERSION = "0.0.2"
ANSWERS = Answers(hinagata="0.0.1", origin="blueprint", name="shop", own=False)
TEN = b"".join(b"%d\n" % number for number in range(10))
BASE = {
    "a_changed.py": b"old\n",
    "b_merged.py": TEN,
    "c_conflict.py": b"old\n",
    "d_gone/too.py": b"old\n",
    "e_deleted.py": b"old\n",
    "f_kept.py": b"old\n",
    "g_file": b"old\n",
}
YOURS = {
    "a_changed.py": b"old\n",
    "b_merged.py": TEN + b"yours\n",
    "c_conflict.py": b"yours\n",
    "d_gone/too.py": b"old\n",
    "f_kept.py": b"yours\n",
    "g_file": b"old\n",
    "own.py": b"yours\n",
}
NEW = {
    "a_changed.py": b"new\n",
    "b_merged.py": b"new\n" + TEN,
    "c_conflict.py": b"new\n",
    "e_deleted.py": b"new\n",
    "f_kept.py": b"old\n",
    "g_file/now_a_folder.py": b"new\n",
    "h_new.py": b"new\n",
}
DONE = {
    "a_changed.py": b"new\n",
    "b_merged.py": b"new\n" + TEN + b"yours\n",
    "c_conflict.py": b"<<<<<<< yours\nyours\n=======\nnew\n>>>>>>> hinagata 0.0.2\n",
    "f_kept.py": b"yours\n",
    "g_file/now_a_folder.py": b"new\n",
    "h_new.py": b"new\n",
    "own.py": b"yours\n",
}
RECORDED = {
    path: held
    for path, held in record_of(NEW, Answers(**{**vars(ANSWERS), "hinagata": VERSION})).items()
    if path.startswith(".hinagata/")
}
EDIT = b"edited meanwhile\n"
MIDDLE = 10
"""The step at which an update is among the user's files."""
_KILLS = 8
_NOBODY = 65534
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power failure: what was written stays, whether the disk has it yet or not."""
    monkeypatch.setattr("os.fsync", lambda _: None)


def project(folder: Path) -> Path:
    """Writes a project that its user has worked on."""
    kept = {path: held for path, held in record_of(BASE, ANSWERS).items() if path not in BASE}
    return build(folder, YOURS | kept)


def update(folder: Path) -> None:
    """Does what the command does."""
    complete_update(folder)
    apply_update(folder, plan_update(folder, read_record(folder), NEW, version=VERSION))


def finish(folder: Path) -> None:
    """Does what the command does after an interruption, but where nothing is left to do."""
    if complete_update(folder) is None and read_record(folder).generated != NEW:
        update(folder)


def yours_in(folder: Path) -> dict[str, bytes]:
    """What a project holds but for its record."""
    return {path: held for path, held in tree(folder).items() if not path.startswith(".hinagata/")}


def ended(
    folder: Path,
    action: Callable[[Path], None],
    prepare: Callable[[Path], Path] = project,
    *,
    half: bool = False,
) -> Iterator[tuple[Path, int]]:
    """Yields a project for each step at which an action of it can be killed.

    Args:
        folder: Where the projects are.
        action: What is killed.
        prepare: Makes the project.
        half: Whether it is killed in the middle of each file that it writes. Default: before each
            of its steps.
    """
    for step in count():
        at = prepare(folder / f"{half}{step}")
        if not ends_at(step, partial(action, at), half=half):
            break
        yield at, step


def test_nothing_is_left_of_how_it_was_done(tmp_path: Path) -> None:
    """An update that nothing interrupts leaves the project and its record."""
    update(project(tmp_path))

    assert tree(tmp_path) == DONE | RECORDED


def test_a_kill_at_any_step_is_mended_by_the_next_update(tmp_path: Path) -> None:
    """Killed before or in the middle of any change, the end is the same as without."""
    steps = 0
    for half in (False, True):
        for folder, step in ended(tmp_path, update, half=half):
            finish(folder)

            assert tree(folder) == DONE | RECORDED, step
            steps += 1
    assert steps > len(DONE) + len(RECORDED)


def test_what_is_done_after_a_kill_is_kept(tmp_path: Path) -> None:
    """Killed at any step: then each second file is edited, and the others are deleted."""
    for folder, step in ended(tmp_path, update):
        before = yours_in(folder)
        deleted = list(before)[step % 2 :: 2]
        edited = before.keys() - set(deleted)
        for path in deleted:
            (folder / path).unlink()
        for path in edited:
            (folder / path).write_bytes(before[path] + EDIT)

        finish(folder)

        after = yours_in(folder)
        assert not after.keys() & YOURS.keys() & set(deleted), step
        for path in edited:
            held = after[path].split()
            assert EDIT in after[path], (step, path)
            assert after[path].count(b"<<<<<<<") <= 1, (step, path)
            for line in {*YOURS.get(path, b"").split(), *NEW.get(path, b"").split()} - {b"old"}:
                assert line in held, (step, path)
        assert {path: held for path, held in tree(folder).items() if path in RECORDED} == RECORDED


def test_a_second_kill_is_mended_too(tmp_path: Path) -> None:
    """Killed while it completes what a first kill and edits left, no edit is merged twice."""
    interrupted = project(tmp_path / "interrupted")
    assert ends_at(MIDDLE, partial(update, interrupted))
    assert (interrupted / ".hinagata" / "pending").exists()
    for path in ("a_changed.py", "b_merged.py", "c_conflict.py"):
        (interrupted / path).write_bytes(EDIT + YOURS[path])
    expected = Path(shutil.copytree(interrupted, tmp_path / "expected"))
    finish(expected)
    assert tree(expected)["c_conflict.py"].count(b"<<<<<<<") == 1

    def again(folder: Path) -> Path:
        return Path(shutil.copytree(interrupted, folder))

    for folder, step in ended(tmp_path, finish, again):
        finish(folder)

        assert tree(folder) == tree(expected), step


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    """Refused at any step, the user is told, and the next update brings the same end."""
    for step in count():
        folder = project(tmp_path / str(step))
        failed = fails_at(step, partial(update, folder), FULL)
        assert failed or tree(folder) == DONE | RECORDED

        finish(folder)

        assert tree(folder) == DONE | RECORDED, step
        if not failed:
            break


def test_a_refusal_before_anything_is_written_leaves_nothing(tmp_path: Path) -> None:
    """There is no room for what is to be written first: nothing changes."""
    folder = project(tmp_path)
    before = tree(folder)

    assert fails_at(0, partial(update, folder), FULL)

    assert tree(folder) == before


def test_a_refusal_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-way the disk is full: what is so, and which command completes it."""
    folder = project(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr("hinagata.generator.applying.put", full)
    with pytest.raises(UpdateError) as refused:
        update(folder)

    assert str(refused.value) == (
        f"{folder} cannot be written: No space left on device; the update is half done and "
        "nothing is lost: mend that, and complete it with: hinagata update"
    )


def test_fails_on_a_folder_that_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written."""
    folder = project(tmp_path)
    before = tree(folder)
    monkeypatch.setattr("os.access", lambda path, _: path != folder / "d_gone")

    with pytest.raises(UpdateError, match=r"d_gone/too\.py cannot be written: .* is read-only"):
        update(folder)

    assert tree(folder) == before


@pytest.mark.parametrize("place", [".", ".hinagata", "d_gone"])
def test_fails_in_a_folder_that_nobody_may_write(place: str, tmp_path: Path) -> None:
    """For the system says so, and not we: nothing changes. Root, who may, becomes nobody."""
    folder = project(tmp_path)
    before = tree(folder)
    if os.geteuid() == 0:
        for each in [folder, *folder.rglob("*")]:
            os.chown(each, _NOBODY, _NOBODY)
    (folder / place).chmod(0o555)

    process = _updating(folder, as_user=_NOBODY if os.geteuid() == 0 else os.geteuid())
    _, said = process.communicate()
    (folder / place).chmod(0o755)

    assert process.returncode == 1
    assert "UpdateError: " in said.decode()
    assert " is read-only\n" in said.decode()
    assert tree(folder) == before


@pytest.mark.parametrize(
    "held", [None, {}, {"label": b"x", "after/../up": b""}, {"label": b"x", "after//etc/up": b""}]
)
def test_fails_where_what_was_to_be_written_is_none(
    held: dict[str, bytes] | None, tmp_path: Path
) -> None:
    """Nothing is guessed, and nothing is written outside: it may be somebody else's file."""
    folder = project(tmp_path / "shop")
    pending = folder / ".hinagata" / "pending"
    pending.write_bytes(b"no archive")
    if held is not None:
        with zipfile.ZipFile(pending, "w") as archive:
            for name, content in held.items():
                archive.writestr(name, content)
    before = tree(tmp_path)

    with pytest.raises(UpdateError, match=r"pending cannot be read; it is what an interrupted"):
        complete_update(folder)

    assert tree(tmp_path) == before


def test_what_was_never_decided_is_taken_away(tmp_path: Path) -> None:
    """A kill before the decision leaves a half file, which the next update removes."""
    folder = build(project(tmp_path), {".hinagata/pending.tmp": b"half"})

    assert complete_update(folder) is None

    assert "pending.tmp" not in names(folder / ".hinagata")


def test_fails_where_another_update_was_interrupted_since(tmp_path: Path) -> None:
    """What that one had to write is not forgotten."""
    folder = project(tmp_path)
    plan = plan_update(folder, read_record(folder), NEW, version=VERSION)
    assert ends_at(MIDDLE, partial(update, folder))
    before = tree(folder)

    with pytest.raises(UpdateError, match="another update was interrupted since"):
        apply_update(folder, plan)

    assert tree(folder) == before


def test_a_process_that_is_killed_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL to a process of its own, from when it begins to write until it is done."""
    chance = random.Random(7)
    killed = 0
    whole = _updating(project(tmp_path / "whole"))
    begin = time.monotonic()
    whole.communicate()
    longest = time.monotonic() - begin

    for at in range(_KILLS):
        folder = project(tmp_path / str(at))
        process = _updating(folder)
        time.sleep(chance.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL

        finish(folder)

        assert yours_in(folder) == DONE
        assert tree(folder) == {**RECORDED, **DONE}
    assert killed


def _updating(folder: Path, *, as_user: int = -1) -> subprocess.Popen[bytes]:
    """Start what has planned a project's update, and return when it is about to write."""
    code = f"""
import os
from {__name__} import *

os.chdir({str(folder)!r})
planned = plan_update(Path(), read_record(Path()), NEW, version=VERSION)
os.setresuid({as_user}, {as_user}, {as_user})
print(flush=True)
apply_update(Path(), planned)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process
