"""A generated project is brought up to date, and nothing of the user's is lost."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.generator.applying import Step, apply_update
from hinagata.generator.record import Answers, kept_of, read_record, record_of
from hinagata.generator.stray_paths import PathError
from hinagata.generator.update import Fate, Update, UpdateError, plan_update
from tests.workbench.generator.trees import build, tree

ANSWERS = Answers(hinagata="0.0.1", origin="blueprint", name="shop", own=False)
VERSION = "0.0.2"
# In every project, so that none is empty; the last one by its path.
ALWAYS = {"zz.md": b"# Shop\n"}
CODE = b"import a\n\n\ndef handle(event):\n    return event\n"


def project(folder: Path, base: Mapping[str, bytes], yours: Mapping[str, bytes]) -> Path:
    """Writes a project as it was generated, and then as its user left it."""
    record = record_of({**base, **ALWAYS}, ANSWERS)
    own = {path: content for path, content in record.items() if path.startswith(".hinagata/")}
    return build(folder, {**yours, **ALWAYS, **own})


def planned(folder: Path, files: Mapping[str, bytes]) -> Update:
    """Plans an update of a project to other files."""
    return plan_update(folder, read_record(folder), {**files, **ALWAYS}, version=VERSION)


def applied(folder: Path, files: Mapping[str, bytes]) -> tuple[Step, ...]:
    """Brings a project up to date."""
    return apply_update(folder, planned(folder, files))


def yours_in(folder: Path) -> dict[str, bytes]:
    """What a project holds but for its record, and what is always there."""
    return {
        path: held
        for path, held in tree(folder).items()
        if not path.startswith(".hinagata/") and path not in ALWAYS
    }


CASES: dict[str, tuple[bytes | None, bytes | None, bytes | None, Fate, bytes | None]] = {
    "nothing happened": (CODE, CODE, CODE, Fate.UNCHANGED, CODE),
    "the new one is new": (None, None, CODE, Fate.NEW, CODE),
    "yours is the new one already": (None, CODE, CODE, Fate.UNCHANGED, CODE),
    "you wrote one of that name": (
        None,
        b"mine\n",
        b"new\n",
        Fate.CONFLICT,
        b"<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> hinagata 0.0.2\n",
    ),
    "you did not touch it": (CODE, CODE, b"new\n", Fate.CHANGED, b"new\n"),
    "you alone changed it": (CODE, b"mine\n", CODE, Fate.KEPT, b"mine\n"),
    "both changed it alike": (CODE, b"new\n", b"new\n", Fate.UNCHANGED, b"new\n"),
    "both changed it elsewhere": (
        CODE,
        CODE + b"# mine\n",
        b"import b\n" + CODE,
        Fate.MERGED,
        b"import b\n" + CODE + b"# mine\n",
    ),
    "both changed the same line": (
        b"a\n",
        b"mine\n",
        b"new\n",
        Fate.CONFLICT,
        b"<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> hinagata 0.0.2\n",
    ),
    "it is generated no more": (CODE, CODE, None, Fate.REMOVED, None),
    "it is generated no more, and yours": (CODE, b"mine\n", None, Fate.KEPT, b"mine\n"),
    "you deleted it": (CODE, None, CODE, Fate.DELETED, None),
    "you deleted what changes": (CODE, None, b"new\n", Fate.DELETED, None),
    "it is gone on both sides": (CODE, None, None, Fate.DELETED, None),
    "your lines end as on Windows": (
        b"a\nb\n",
        b"a\r\nb\r\n",
        b"a\nc\n",
        Fate.CHANGED,
        b"a\r\nc\r\n",
    ),
    "only your lines' ends are others": (b"a\nb\n", b"a\r\nb\r\n", None, Fate.REMOVED, None),
    "it is no text, and yours": (b"\0base", b"\0mine", b"\0new", Fate.KEPT, b"\0mine"),
    "it is no text": (b"\0base", b"\0base", b"\0new", Fate.CHANGED, b"\0new"),
}


@pytest.mark.parametrize(("base", "yours", "new", "fate", "after"), CASES.values(), ids=CASES)
def test_each_file_has_its_fate(
    base: bytes | None,
    yours: bytes | None,
    new: bytes | None,
    fate: Fate,
    after: bytes | None,
    tmp_path: Path,
) -> None:
    """What is planned is what becomes of it, and what was generated is known from then on."""
    path = "functions/shop/orders.py"
    base_files, your_files, new_files = (
        {} if content is None else {path: content} for content in (base, yours, new)
    )
    folder = project(tmp_path, base_files, your_files)

    update = planned(folder, new_files)

    assert (update.changes[0].path, update.changes[0].fate) == (path, fate)
    assert yours_in(folder) == your_files, "planning writes nothing"
    apply_update(folder, update)
    assert yours_in(folder).get(path) == after
    assert read_record(folder).generated == kept_of(new_files | ALWAYS)
    assert read_record(folder).answers == replace(ANSWERS, hinagata=VERSION)


def test_what_is_no_text_is_put_beside_yours(tmp_path: Path) -> None:
    """It cannot be merged; nothing that is there is overwritten by it either."""
    yours = {"logo.png": b"\0mine", "logo.png.new": b"also mine"}
    folder = project(tmp_path, {"logo.png": b"\0base"}, yours)

    update = planned(folder, {"logo.png": b"\0new"})
    apply_update(folder, update)

    assert update.changes[0].note == "no text, so not merged; the new one is logo.png.new.2"
    assert yours_in(folder) == yours | {"logo.png.new.2": b"\0new"}


def test_what_you_deleted_and_what_is_yours_alone_is_said(tmp_path: Path) -> None:
    """Where the new version has something that the project will not get, or keeps what it had."""
    base = {"deleted.py": b"a\n", "edited.py": b"a\n"}
    folder = project(tmp_path, base, {"edited.py": b"mine\n"})

    update = planned(folder, {"deleted.py": b"b\n"})

    way = "it stays deleted, unless you copy .hinagata/generated/deleted.py"
    assert [change.note for change in update.changes if change.note] == [
        f"you deleted it, and hinagata 0.0.2 changed it; {way}",
        "you changed it; hinagata 0.0.2 generates it no more",
    ]


def test_what_is_no_text_comes_back_from_elsewhere(tmp_path: Path) -> None:
    """The project has it once: where it is deleted or a link, no copy of it is named."""
    folder = project(tmp_path, {"deleted": b"\0a", "link": b"\0a"}, {})
    (folder / "link").symlink_to("zz.md")

    update = planned(folder, {"deleted": b"\0b", "link": b"\0b"})

    way = "bring it back from version control, or from a new project"
    assert [change.note for change in update.changes if change.note] == [
        f"you deleted it, and hinagata 0.0.2 changed it; it stays deleted, unless you {way}",
        "link is a link",
    ]


def test_modes_are_kept(tmp_path: Path) -> None:
    """A script that the user made executable stays so."""
    folder = project(tmp_path, {"run.sh": b"a\n"}, {"run.sh": b"a\n"})
    (folder / "run.sh").chmod(0o750)

    applied(folder, {"run.sh": b"b\n"})

    assert (folder / "run.sh").read_bytes() == b"b\n"
    assert (folder / "run.sh").stat().st_mode & 0o777 == 0o750


def test_links_are_not_followed(tmp_path: Path) -> None:
    """What lies behind a link may be anybody's, and so is the link itself."""
    base = {"functions/a.py": b"a\n", "Makefile": b"a\n"}
    outside = build(tmp_path / "outside", {"a.py": b"a\n", "Makefile": b"a\n"})
    folder = project(tmp_path / "shop", base, {})
    (folder / "functions").symlink_to("../outside")
    (folder / "Makefile").symlink_to("../outside/Makefile")
    before = yours_in(folder)

    update = planned(
        folder, {"functions/a.py": b"b\n", "functions/b.py": b"b\n", "Makefile": b"b\n"}
    )
    apply_update(folder, update)

    assert tree(outside) == {"a.py": b"a\n", "Makefile": b"a\n"}
    assert yours_in(folder) == before
    assert [change.note for change in update.changes if change.note] == [
        "Makefile is a link; see .hinagata/generated/Makefile",
        "functions is a link; see .hinagata/generated/functions/a.py",
        "functions is a link; see .hinagata/generated/functions/b.py",
    ]


def test_a_file_may_become_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    """Where all that is in the way is ours, and untouched."""
    base = {"one": b"1\n", "two/a": b"2\n"}
    folder = project(tmp_path, base, base)
    new = {"one/a": b"1\n", "two": b"2\n"}

    applied(folder, new)

    assert yours_in(folder) == new


def test_folders_that_are_empty_go(tmp_path: Path) -> None:
    """The last file of a folder takes it along; others stay."""
    base = {"a/b/c.py": b"", "d/e.py": b"1\n"}
    folder = project(tmp_path, base, base | {"d/mine.py": b"mine\n"})

    applied(folder, {})

    assert not (folder / "a").exists()
    assert yours_in(folder) == {"d/mine.py": b"mine\n"}


def test_the_difference_is_one_that_git_applies(tmp_path: Path) -> None:
    """File by file, in the order of their paths; what has no last newline is said."""
    base = {"a.py": b"1\n2\n", "gone.py": b"x\n", "logo": b"\0"}
    folder = project(tmp_path, base, base)

    update = planned(folder, {"a.py": b"1\n3", "logo": b"\0\0", "new.py": b"n\n"})

    assert update.diff() == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n\\ No newline at end of file\n"
        "--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "Binary file logo differs\n"
        "--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+n\n"
    )


def test_fails_where_marks_are_left(tmp_path: Path) -> None:
    """A second update would merge into the marks of the first; file and line are named."""
    folder = project(tmp_path, {"a.py": b"a\n"}, {"a.py": b"mine\n"})
    applied(folder, {"a.py": b"new\n"})
    before = tree(folder)

    with pytest.raises(UpdateError, match=r"^a\.py:1: the marks of an earlier conflict"):
        planned(folder, {"a.py": b"newer\n"})

    assert tree(folder) == before


def test_fails_on_a_path_that_leads_out(tmp_path: Path) -> None:
    """Whatever is generated, nothing is written beside the project."""
    folder = project(tmp_path / "shop", {}, {})

    with pytest.raises(PathError):
        planned(folder, {"../up": b""})


def test_an_edit_between_plan_and_writing_is_merged(tmp_path: Path) -> None:
    """The user may have saved a file while he read what would change."""
    base = {"a.py": CODE, "b.py": CODE, "c.py": CODE, "d.py": b"\0"}
    folder = project(tmp_path, base, base)
    update = planned(
        folder, {"a.py": b"import b\n" + CODE, "c.py": b"new\n", "d.py": b"\0\0", "e.py": b"e\n"}
    )
    mine = {"a.py": CODE + b"# mine\n", "b.py": b"mine\n", "d.py": b"\0mine", "e.py": b"mine\n"}
    build(folder, mine)
    (folder / "c.py").unlink()

    steps = apply_update(folder, update)

    conflict = b"<<<<<<< yours\nmine\n=======\ne\n>>>>>>> hinagata 0.0.2\n"
    assert yours_in(folder) == {
        "a.py": b"import b\n" + CODE + b"# mine\n",
        "b.py": b"mine\n",
        "d.py": b"\0mine",
        "d.py.new": b"\0\0",
        "e.py": conflict,
    }
    assert {step.path: step.after for step in steps}["e.py"] == conflict


LINES = [b"a\n", b"b\n", b"c\n", b"d\n"]
CONTENTS = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=5).map(b"".join),
    st.lists(st.sampled_from(LINES), max_size=3).map(lambda lines: b"".join(lines)[:-1]),
    st.sampled_from([b"\0", b"\0\0"]),
)
PATHS = st.sampled_from(["a", "a/b", "a/c", "b", "c/d/e", "c/d", "f"])


def _fits(files: Mapping[str, bytes]) -> bool:
    return not any(path.startswith(f"{folder}/") for path in files for folder in files)


TREES = st.dictionaries(PATHS, CONTENTS, max_size=6).filter(_fits)


@st.composite
def edited(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]]:
    """Draws what was generated, what became of it, and what is generated now."""
    base = draw(TREES)
    yours, new = (
        {
            path: content
            for path, content in (base | draw(TREES)).items()
            if draw(st.integers(0, 4)) > 0
        }
        for _ in range(2)
    )
    if draw(st.booleans()):
        yours = {path: content.replace(b"\n", b"\r\n") for path, content in yours.items()}
    return base, yours, new


@settings(deadline=None)
@given(trees=edited().filter(lambda trees: all(map(_fits, trees))))
def test_nothing_of_yours_is_lost_whatever_changes(
    trees: tuple[dict[str, bytes], dict[str, bytes], dict[str, bytes]],
) -> None:
    """Of any three trees: each line that is yours is there, each new one where it may be."""
    base, yours, new = trees
    with tempfile.TemporaryDirectory() as name:
        folder = project(Path(name), base, yours)
        update = planned(folder, new)
        steps = apply_update(folder, update)
        result = yours_in(folder)

        for path, content in yours.items():
            if not _alike(content, base.get(path)):
                assert path in result
                _refuse_loss(content, base.get(path, b""), result[path])
        for path, content in new.items():
            if path in base and path not in yours:
                assert path not in result or path in yours
            elif path not in yours or _alike(yours[path], base.get(path)):
                blocked = any(
                    held.startswith(f"{path}/") or path.startswith(f"{held}/") for held in result
                )
                assert blocked or _alike(result[path], content) or _alike(base.get(path), content)
            elif b"\0" not in content + yours[path] + base.get(path, b""):
                _refuse_loss(content, base.get(path, b""), result[path])
        if not any(b"<<<<<<<" in (step.after or b"") for step in steps):
            again = planned(folder, new)
            assert (again.diff(), kept_of(again.generated)) == ("", read_record(folder).generated)


def _alike(one: bytes | None, other: bytes | None) -> bool:
    return one is other or (
        one is not None
        and other is not None
        and one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")
    )


def _refuse_loss(content: bytes, base: bytes, result: bytes) -> None:
    if b"\0" in content + base:
        assert result == content
        return
    added = Counter(content.split()) - Counter(base.split())
    assert not added - Counter(result.split())
