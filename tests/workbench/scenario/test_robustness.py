"""Whatever a scenario file holds, one sentence with file and line is all that is said of it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.errors import HinagataError
from hinagata.scenario import ScenarioError, read_scenario
from hinagata.scenario.document import LARGEST_BYTES
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, write

MARKS = [
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "? ",
    "> ",
    "#",
    "<<: ",
    "~",
    ".nan",
    "-.inf",
    "1e999",
    "\\0",
]
SCARES = ["---\n", "...\n", "%YAML 9.9\n", "\t", "\r", "\n", "9" * 5000, "\x00", "\ufeff", "\x85"]
ESCAPES = ['"\\UFFFFFFFF"', '"\\ud800"']
PIECES = st.text(max_size=6) | st.sampled_from([*MARKS, *SCARES, *ESCAPES])


def said(folder: Path, content: bytes) -> str:
    """Return what is said of a file with some content; empty if it is a scenario."""
    file = write(folder)
    file.write_bytes(content)
    try:
        read_scenario(file, project=folder)
    except HinagataError as error:
        return str(error)
    return ""


@settings(deadline=None)
@given(
    text=st.sampled_from([SCENARIO, WHOLE]),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(min_value=0, max_value=20), PIECES),
        min_size=1,
        max_size=3,
    ),
)
def test_no_text_is_answered_with_anything_else(
    text: str, cuts: list[tuple[float, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pieces of YAML and of anything are put where they do not belong."""
    for place, length, piece in cuts:
        start = int(place * len(text))
        text = text[:start] + piece + text[start + length :]
    folder = tmp_path_factory.mktemp("mutant")
    message = said(folder, text.encode("utf-8", "surrogatepass"))

    place = rf"{re.escape(str(folder))}/(small\.yaml|trace\.csv):\d+: "
    assert not message or re.fullmatch(rf"{place}.*found .+; expected .+", message)
    message.encode()


@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_are_answered_with_anything_else(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file that is no text at all."""
    folder = tmp_path_factory.mktemp("bytes")

    assert re.fullmatch(rf"{folder}/small\.yaml:\d+: .*found .+", said(folder, content))


BOMBS = {
    "aliases that multiply": (
        "a: &a [x, x]\nb: &b [*a, *a]\n",
        "2: found the alias *a; expected the value itself",
    ),
    "an alias to itself": (
        "a: &a\n  - *a\n",
        "2: found the alias *a; expected the value itself",
    ),
    "a tag that names a Python object": (
        'name: !!python/object/apply:os.system ["true"]\n',
        (
            '1: found the tag "tag:yaml.org,2002:python/object/apply:os.system"; '
            "expected the value without a tag"
        ),
    ),
    "brackets without end": (
        "name: x\nsources: " + "[" * 100_000,
        "2: found more than 20 levels; expected at most 20",
    ),
    "more than any scenario": (
        "# x\n" * (LARGEST_BYTES // 4 + 1),
        "65537: found more than 256 KiB; expected a scenario, which is smaller",
    ),
    "an escape that is no character": (
        'name: x\nseed: "\\UFFFFFFFF"\n',
        (
            "2: found text that is not YAML (an escape or a version that is none); "
            "expected one YAML document"
        ),
    ),
    "a name of a thousand lines": (
        'name: "' + "x\\n" * 1000 + '"\nsources: {}\n',
        (
            "1: name: found " + '"' + "x\\n" * 30 + '..."; '
            "expected a text of one line, with at most 1000 characters"
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), BOMBS.values(), ids=BOMBS)
def test_fails_on_a_file_that_is_made_to_hurt(text: str, message: str, tmp_path: Path) -> None:
    """Before it grows, and with the line that shows it."""
    assert said(tmp_path, text.encode()) == f"{tmp_path}/small.yaml:{message}"


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nsources: {" + ", ".join(f"s{n}: 1" for n in range(20_000)) + "}",
        SCENARIO.replace("[Gateway, Ingest]", str([f"h{n}" for n in range(25_000)])),
        SCENARIO + "faults:\n" + "  - {inject: update, on: I, at: 25h}\n" * 6_000,
    ],
    ids=["sources", "hops", "faults"],
)
def test_a_large_file_is_answered_soon(text: str, tmp_path: Path) -> None:
    """Nothing in it costs more than its size: a quarter of a megabyte takes seconds."""
    started = time.process_time()
    said(tmp_path, text.encode())

    assert time.process_time() - started < 10


def test_fails_on_a_file_that_is_no_utf8(tmp_path: Path) -> None:
    """The byte and its line are named."""
    assert said(tmp_path, b"name: x\n# caf\xe9\n") == (
        f"{tmp_path}/small.yaml:2: found the byte 0xE9, which is no UTF-8; "
        "expected one YAML document in UTF-8"
    )


def test_fails_on_a_folder(tmp_path: Path) -> None:
    """What is there and is no file is said to be none."""
    with pytest.raises(HinagataError, match=r"this is no file; expected a scenario"):
        read_scenario(tmp_path, project=tmp_path)


def test_a_mark_at_the_beginning_is_no_mistake(tmp_path: Path) -> None:
    """Editors of another system put one there."""
    assert said(tmp_path, b"\xef\xbb\xbf" + SCENARIO.encode()) == ""


def test_an_error_knows_its_parts(tmp_path: Path) -> None:
    """Programs need not take the sentence apart."""
    file = write(tmp_path, SCENARIO.replace("seed: 7", "seed: -7"))

    with pytest.raises(ScenarioError) as failure:
        read_scenario(file, project=tmp_path)

    assert (failure.value.file, failure.value.line, failure.value.field) == (file, 2, "seed")
