"""A project of an older hinagata, which its user has worked on, is brought up to date."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from hinagata.generator import rendering
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.carried_wheel import wheel_files
from hinagata.generator.record import Answers, read_record, record_of, this_version
from hinagata.generator.update_command import update_project
from hinagata.generator.writing import write_project
from tests.workbench.generator.trees import tree

BLUEPRINT = """\
summary: Orders are billed.
components:
  order_api: {pattern: reactive_api, routes: {"POST /orders": {function: intake}}}
  orders: point_to_point_queue
  billing: lambda_worker
flows:
  - order_api -> orders -> billing
"""
OLDER = Answers(hinagata="0.0.1", origin="blueprint", name="shop", own=False)
OLD_WHEEL = "wheels/hinagata-0.0.1-py3-none-any.whl"
HANDLER = "functions/shop/billing.py"
STACK = "stacks/shop.py"


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project that other templates made: of a handler, of the stack, and of one file more."""
    templates = tmp_path / "templates"
    shutil.copytree(rendering.TEMPLATES, templates)
    handler, stack = templates / "event.py.j2", templates / "stack.py.j2"
    handler.write_text(f"{handler.read_text()}\n\nOLD = 1\n")
    stack.write_text(f"{stack.read_text()}\n\nOLD = 1\n")
    project = tmp_path / "shop"
    with monkeypatch.context() as patch:
        patch.setattr(rendering, "TEMPLATES", templates)
        rendering._environment.cache_clear()
        blueprint = parse_blueprint(BLUEPRINT, file=project / "blueprint.yaml")
        files = rendering.blueprint_project(blueprint, name="shop", own=False)
        files = {**files, "blueprint.yaml": BLUEPRINT.encode(), "old.md": b"# Old\n"}
        write_project(record_of(files, OLDER), project)
    rendering._environment.cache_clear()
    yield project
    rendering._environment.cache_clear()


def edit(file: Path, old: str, new: str) -> None:
    """Changes a text in a file, which is there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def updated(project: Path) -> tuple[bool, str]:
    """Brings a project up to date; returns whether no conflict was marked, and what was said."""
    said = StringIO()
    done = update_project(project, files_of=rendering.files_of, stream=said, apply=True)
    return done, said.getvalue()


def test_changes_of_both_sides_are_there(older: Path) -> None:
    """The user's handler and stack keep what he wrote, and become what is generated now."""
    edit(older / HANDLER, '"""', '"""My own words. ')
    edit(older / STACK, "orders = ", "# Mine.\n        orders = ")

    done, said = updated(older)

    assert done
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [
        ["merged", HANDLER],
        ["removed", "old.md"],
        ["merged", STACK],
    ]
    for path, mine in ((HANDLER, "My own words."), (STACK, "# Mine.")):
        text = (older / path).read_text()
        assert mine in text
        assert "OLD" not in text
    assert read_record(older).answers.hinagata == this_version()


def test_what_nobody_touched_becomes_what_is_generated_now(older: Path) -> None:
    """The project is the same as a new one."""
    assert updated(older)[0]

    new = rendering.files_of(OLDER, older)
    assert {path: tree(older)[path] for path in new} == new


def test_what_both_changed_is_marked(older: Path) -> None:
    """The user's line and the new one stand between git's marks, and the command says where."""
    edit(older / HANDLER, "OLD = 1", "OLD = 2")

    done, said = updated(older)

    text = (older / HANDLER).read_text()
    line = text.splitlines().index("<<<<<<< yours") + 1
    assert not done
    assert said.endswith(
        f"conflicts, each between <<<<<<< yours and >>>>>>> hinagata:\n  {HANDLER}:{line}\n"
    )
    assert "OLD = 2\n=======\n" in text


def test_an_edited_blueprint_changes_the_project(older: Path) -> None:
    """A component more is a file more and a line more; the blueprint stays as it was written."""
    edit(older / "blueprint.yaml", "flows:", "  ledger: lambda_worker\nflows:")
    edit(older / "blueprint.yaml", "-> billing\n", "-> billing -> ledger\n")
    blueprint = (older / "blueprint.yaml").read_bytes()

    assert updated(older)[0]

    assert (older / "functions" / "shop" / "ledger.py").is_file()
    assert "ledger = LambdaWorker(" in (older / STACK).read_text()
    assert (older / "blueprint.yaml").read_bytes() == blueprint


@pytest.mark.parametrize("kept_whole", [False, True])
def test_the_newer_wheel_takes_the_place_of_the_older(older: Path, *, kept_whole: bool) -> None:
    """With it the lines that install it; no project has a wheel twice from then on."""
    ((wheel, content),) = wheel_files().items()
    naming = ("requirements.txt", "requirements-dev.txt", "Makefile")
    record = older / ".hinagata" / "generated"
    (older / wheel).rename(older / OLD_WHEEL)
    (record / f"{wheel}.sha256").rename(record / f"{OLD_WHEEL}.sha256")
    if kept_whole:
        (record / f"{OLD_WHEEL}.sha256").unlink()
        (record / OLD_WHEEL).write_bytes(content)
    for folder in (older, record):
        for name in naming:
            edit(folder / name, wheel, OLD_WHEEL)

    update_project(older, files_of=rendering.files_of, stream=StringIO(), apply=True)

    files = tree(older)
    assert {path: files[path] for path in files if path.endswith(".whl")} == {wheel: content}
    assert {path for path in files if path.endswith(".sha256")} == {
        f".hinagata/generated/{wheel}.sha256"
    }
    for name in naming:
        assert wheel in files[name].decode()
        assert OLD_WHEEL not in files[name].decode()
