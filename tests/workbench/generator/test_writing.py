"""A new project appears whole, or not at all."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.generator.stray_paths import PathError
from hinagata.generator.writing import WritingError, write_project
from tests.workbench.generator.file_system_steps import ends_at, fails_at
from tests.workbench.generator.trees import build, names, tree

FILES = {
    "README.md": b"# Shop\n",
    "functions/shop/orders.py": b"orders\n",
    "functions/shop/empty.py": b"",
    "tests/test_shop.py": b"tests\n",
}
FULL = OSError(errno.ENOSPC, "No space left on device")


def test_a_project_is_written_where_nothing_is(tmp_path: Path) -> None:
    """Every file is there, and nothing else is left beside it."""
    write_project(FILES, tmp_path / "shop")

    assert tree(tmp_path / "shop") == FILES
    assert names(tmp_path) == ["shop"]


def test_a_project_has_the_modes_that_the_user_gives_to_new_files(tmp_path: Path) -> None:
    """As the umask says, though it came out of a folder that nobody else may enter."""
    before = os.umask(0o027)
    try:
        write_project(FILES, tmp_path / "shop")
    finally:
        os.umask(before)

    assert (tmp_path / "shop").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "shop" / "README.md").stat().st_mode & 0o777 == 0o640


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """One that the user made keeps its mode."""
    (tmp_path / "shop").mkdir(mode=0o700)

    write_project(FILES, tmp_path / "shop")

    assert tree(tmp_path / "shop") == FILES
    assert (tmp_path / "shop").stat().st_mode & 0o777 == 0o700


def test_a_link_to_a_folder_is_that_folder(tmp_path: Path) -> None:
    """The project is where the link leads, and the link stays."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "shop").symlink_to("elsewhere")

    write_project(FILES, tmp_path / "shop")

    assert tree(tmp_path / "elsewhere") == FILES
    assert (tmp_path / "shop").is_symlink()


def test_a_folder_with_other_files_keeps_them(tmp_path: Path) -> None:
    """A clone of an empty repository has a licence already, and a folder of tests."""
    mine = {"LICENSE": b"mine\n", "tests/notes.md": b"mine\n", ".git/HEAD": b"main\n"}
    build(tmp_path / "shop", mine)

    write_project(FILES, tmp_path / "shop")

    assert tree(tmp_path / "shop") == FILES | mine
    assert names(tmp_path) == ["shop"]


def test_fails_where_a_file_is_in_the_way(tmp_path: Path) -> None:
    """All that is in the way is listed, and nothing changes."""
    mine = {"README.md": b"mine\n", "tests/test_shop.py": b"mine\n"}
    build(tmp_path / "shop", mine)

    with pytest.raises(WritingError) as refused:
        write_project(FILES, tmp_path / "shop")

    assert str(refused.value) == (
        f"README.md, tests/test_shop.py are in the way in {tmp_path}/shop; nothing was written: "
        "choose another name, or move them away"
    )
    assert tree(tmp_path) == {f"shop/{path}": content for path, content in mine.items()}


def test_fails_where_much_is_in_the_way(tmp_path: Path) -> None:
    """Ten are listed, and the rest are counted."""
    files = {f"{number:02}.md": b"" for number in range(13)}
    build(tmp_path / "shop", files)

    with pytest.raises(WritingError, match=r"08\.md, 09\.md and 3 more are in the way"):
        write_project(files, tmp_path / "shop")


def test_fails_where_a_link_would_lead_out(tmp_path: Path) -> None:
    """Nothing is written through a link of the user's, or into a file's place."""
    build(tmp_path / "shop", {"functions": b"a file"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "shop" / "tests").symlink_to("../outside")

    with pytest.raises(WritingError, match=r"^functions, tests are in the way"):
        write_project(FILES, tmp_path / "shop")

    assert tree(tmp_path / "outside") == {}


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda place: place.write_bytes(b""), "it is a file"),
        (lambda place: place.symlink_to("nowhere"), "it is a link to nowhere"),
    ],
)
def test_fails_where_there_is_no_folder(
    prepare: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    """A file, or a link to nothing, is said to be one."""
    prepare(tmp_path / "shop")

    with pytest.raises(WritingError, match=said):
        write_project(FILES, tmp_path / "shop")

    assert names(tmp_path) == ["shop"]


def test_fails_without_a_folder_around_it(tmp_path: Path) -> None:
    """Folders around a project are the user's to make."""
    with pytest.raises(WritingError, match="there is no folder"):
        write_project(FILES, tmp_path / "shops" / "shop")

    assert names(tmp_path) == []


@pytest.mark.parametrize("path", ["../up", "/root", "a/../../up", "", ".", "a//b", "a/", "nul\0"])
def test_fails_on_a_path_that_leads_out(path: str, tmp_path: Path) -> None:
    """Whatever a template made of a name, nothing is written beside the project."""
    with pytest.raises(PathError, match="is no path in a project"):
        write_project({"README.md": b"", path: b""}, tmp_path / "shop")

    assert names(tmp_path) == []


def test_fails_on_a_file_within_a_file(tmp_path: Path) -> None:
    """Both are named."""
    with pytest.raises(PathError, match="shop/orders cannot be written: shop is a file"):
        write_project({"shop": b"", "shop/orders": b""}, tmp_path / "shop")


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    """Refused at any step, there is the whole project or none of it, and one sentence."""
    for step in count():
        folder = tmp_path / str(step)
        folder.mkdir()
        failed = fails_at(step, partial(write_project, FILES, folder / "shop"), FULL)
        left = tree(folder)
        assert left in ({}, _below("shop", FILES)), step
        if not failed:
            break
    assert left == _below("shop", FILES)


def test_a_full_disk_takes_nothing_from_a_folder_in_use(tmp_path: Path) -> None:
    """Refused at any step, what was placed beside the user's files is taken back."""
    mine = {"LICENSE": b"mine\n", "tests/notes.md": b"mine\n"}
    for step in count():
        folder = build(tmp_path / str(step) / "shop", mine)
        failed = fails_at(step, partial(write_project, FILES, folder), FULL)
        left = tree(folder)
        assert left in (mine, mine | FILES), step
        if not failed:
            break
    assert left == mine | FILES


def test_a_kill_leaves_a_hidden_folder_at_most(tmp_path: Path) -> None:
    """Killed at any step, a project is whole or not there; the next call takes the rest away."""
    for half in (False, True):
        for step in count():
            folder = tmp_path / f"{half}{step}"
            folder.mkdir()
            killed = ends_at(step, partial(write_project, FILES, folder / "shop"), half=half)
            assert tree(folder / "shop") in ({}, FILES), step
            assert all(
                name == "shop" or name.startswith(".hinagata-new-shop-") for name in names(folder)
            )
            if not killed:
                break

            write_project(FILES, folder / "other")

            assert names(folder) in (["other"], ["other", "shop"]), step


def test_a_kill_among_other_files_is_undone_by_the_next_call(tmp_path: Path) -> None:
    """Killed at any step, what was placed is taken back; what was edited since stays."""
    mine = {"LICENSE": b"mine\n", "tests/notes.md": b"mine\n"}
    for half in (False, True):
        for step in count():
            folder = build(tmp_path / f"{half}{step}" / "shop", mine)
            killed = ends_at(step, partial(write_project, FILES, folder), half=half)
            edited = {}
            if killed and (folder / "README.md").exists():
                with (folder / "README.md").open("ab") as file:
                    file.write(b"edited\n")
                edited = {"README.md": b"# Shop\nedited\n"}

            write_project(FILES, folder.parent / "other")

            left = tree(folder)
            assert left in (mine | edited, mine | FILES | edited), step
            assert names(folder.parent) == ["other", "shop"], step
            if left == mine | edited and not edited:
                assert names(folder / "tests") == ["notes.md"], step
                assert not (folder / "functions").exists(), step
            if not killed:
                break


def test_nothing_is_overwritten_by_two_at_once(tmp_path: Path) -> None:
    """Of many that write different projects into one place, one succeeds, and no file is mixed."""
    tries = [dict.fromkeys(FILES, b"%d" % number) for number in range(8)]
    refused = []

    def attempt(files: dict[str, bytes]) -> None:
        try:
            write_project(files, tmp_path / "shop")
        except HinagataError as error:
            refused.append(error)

    threads = [threading.Thread(target=attempt, args=[files]) for files in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == len(tries) - 1
    assert tree(tmp_path / "shop") in tries


def test_where_folders_cannot_be_locked_nothing_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On some network disks a hidden folder may be that of a process that is still at work."""
    build(tmp_path / ".hinagata-new-other-x", {"project/README.md": b""})

    def refuse(*_: object) -> None:
        raise FULL

    monkeypatch.setattr("fcntl.flock", refuse)
    write_project(FILES, tmp_path / "shop")

    assert names(tmp_path) == [".hinagata-new-other-x", "shop"]


def test_what_another_user_left_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that many share, it could be made such that ours would be removed by it."""
    mine = build(tmp_path / "mine", FILES)
    planted = build(tmp_path / ".hinagata-new-trap-x", {})
    for link in (tmp_path / "trap", planted / "placed", planted / "project"):
        link.symlink_to(mine)
    monkeypatch.setattr("os.geteuid", lambda: planted.stat().st_uid + 1)

    write_project(FILES, tmp_path / "shop")

    assert tree(mine) == FILES
    assert planted.is_dir()


def _below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{path}": content for path, content in files.items()}
