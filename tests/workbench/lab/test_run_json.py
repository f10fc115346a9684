"""The JSON of a run, held to what `docs/run_json.md` says of it."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.run_json import FORMAT_VERSION, write_json
from hinagata.lab.trace_tree import Break
from hinagata.topology.reading import topology_of
from tests.workbench.lab.test_html_report import result

GUIDE = (Path(__file__).parents[3] / "docs" / "run_json.md").read_text(encoding="utf-8")
FIFO = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@cache
def document() -> dict[str, Any]:
    """Return a run with something in each of its fields, as a program reads it."""
    ran = result()
    broken = Break(before=("Gateway",), hop="Ingest", messages=1, example="message-2")
    touched = replace(
        ran,
        traces=(replace(ran.traces[0], breaks=(broken,)),),
        topology=topology_of(Shop={"Resources": {"Queue": FIFO}}),
    )
    file = io.StringIO()
    write_json(touched, file, messages=True)
    read: dict[str, Any] = json.loads(file.getvalue())
    return read


def told() -> set[str]:
    """Return the path of each field that the guide tells of."""
    found: set[str] = set()
    for row in re.findall(r"^\| (`[^|]*`) \|", GUIDE, re.MULTILINE):
        before = ""
        for name in re.findall(r"`([^`]+)`", row):
            path = name if not name.startswith(".") else before.rpartition(".")[0] + name
            found.add(path)
            # What begins with a dot stands beside the first of its row.
            before = before or path
    return found


def paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a document that is no mapping and no list of them, with its path.

    Names that the guide has in capitals are in capitals here.
    """
    if isinstance(value, dict):
        any_name = next(
            (t for t in told() if re.fullmatch(rf"{re.escape(path)}\.[A-Z]+\W*", t)), ""
        )
        for name, each in value.items():
            below = any_name.removesuffix("[]") or f"{path}.{name}".removeprefix(".")
            yield from paths(each, below)
    elif isinstance(value, list) and (
        f"{path}[]" in told() or any(isinstance(each, dict) for each in value)
    ):
        for each in value:
            yield from paths(each, f"{path}[]")
    else:
        yield path, value


def test_every_field_is_told_and_none_that_is_not_there() -> None:
    """Name by name, in lists and mappings too."""
    there = {path for path, _ in paths(document())}

    assert there - told() == set()
    # What is `null`, and what only an architecture with a lake has.
    assert told() - there == {"timeline", "lake"}


def test_the_version_is_the_guides() -> None:
    """A change that breaks readers is a new one, in both."""
    assert f"| `version` | of this format: {FORMAT_VERSION} |" in GUIDE
    assert document()["version"] == FORMAT_VERSION


def test_every_instant_has_one_form() -> None:
    """No number is a time since some epoch, and no text is a time in another form."""
    for path, value in paths(document()):
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
            assert INSTANT.fullmatch(value), path
        # The run of the test is in the first minutes of the epoch, as 100 s.
        assert not path.endswith(("_seconds", "_at_ms")), path
    moments = {path for path, value in paths(document()) if INSTANT.fullmatch(str(value))}
    assert moments == {
        "started",
        "faults[].began",
        "faults[].ended",
        "timeline.started",
        "timeline.queues[].at",
        "timeline.dead_letters[].at",
        "messages[].sent_at",
        "messages[].accepted_at",
        "messages[].arrivals[].start",
        "messages[].arrivals[].end",
    }


def test_a_duration_is_milliseconds() -> None:
    """As its name says: the run took 12 s, and the first message 2.7 s to its end at Ingest."""
    assert document()["took_ms"] == 12_000.0
    assert document()["paths"][0]["longest_ms"] == pytest.approx(1000.0)
    at = [datetime.fromisoformat(document()["faults"][0][name]) for name in ("began", "ended")]
    assert at == [datetime.fromtimestamp(second, UTC) for second in (102.0, 104.0)]


def test_the_example_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a message for which it has something to say."""
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    message = document()["messages"][2]
    arrival = message["arrivals"][0] | {"hop": "TheftTracking"}
    run = {"messages": [message | {"source": "alarms", "arrivals": [arrival]}]}
    (tmp_path / "run.json").write_text(json.dumps(run))
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(example, {})

    name, late = said.getvalue().split()
    assert name == "message-2"
    assert float(late) == pytest.approx(1000.0)
