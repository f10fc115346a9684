"""`hinagata topology` as a person and a script meet it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hinagata.cli import main
from tests.workbench.diagram.shop import SHOP

TEXT_SECONDS = 0.4
SVG_SECONDS = 2.0


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The shop's template as a file in the current folder."""
    (tmp_path / "shop.json").write_text(json.dumps({"Resources": SHOP}))
    monkeypatch.chdir(tmp_path)
    return "shop.json"


@pytest.mark.parametrize(
    ("format", "start"),
    {
        "text": "internet\n",
        "json": "{",
        "mermaid": "flowchart TB\n",
        "dot": "digraph {",
        "svg": "<svg ",
    }.items(),
)
def test_each_format_is_printed(
    format: str, start: str, template: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the answer is on standard output, and it ends with one line's end."""
    assert main(["topology", template, "--format", format]) == 0

    said = capsys.readouterr()
    assert said.out.startswith(start)
    assert said.out.endswith("\n")
    assert not said.out.endswith("\n\n")
    assert said.err == ""


@pytest.mark.parametrize(("format", "limit"), [("text", TEXT_SECONDS), ("svg", SVG_SECONDS)])
def test_the_answer_is_there_at_once(format: str, limit: float, template: str) -> None:
    """Of three whole processes the fastest needs less than the limit, of a processor's time."""
    command = [sys.executable, "-m", "hinagata", "topology", template, "--format", format]
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)

    assert min(seconds) < limit


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere.json"], "nowhere.json"),
        (["shop.json", "--format", "png"], "invalid choice: 'png'"),
        ([], "nothing to read: "),
    ],
)
def test_fails_with_one_sentence(
    arguments: list[str],
    sentence: str,
    template: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, what is wrong, and no traceback."""
    assert main(["topology", *arguments]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
