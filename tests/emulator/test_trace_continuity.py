"""A message followed from its request over a queue and a topic to the last function."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.tiny_project import FORGETFUL_MIDDLE, MIDDLE, REPOSITORY, tiny_project


def run(project: Path, sample: str = "tiny") -> tuple[int, dict[str, Any], str]:
    """Run a sample; return its exit code, its document and its text."""
    done = subprocess.run(
        [sys.executable, "-m", "hinagata", "run", sample, "--output", "json=run.json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (project / "run.json").exists(), done.stderr
    return done.returncode, json.loads((project / "run.json").read_text()), done.stdout


@pytest.mark.timeout(120)
def test_one_trace_leads_from_the_request_to_the_last_hop(tmp_path: Path) -> None:
    """Over HTTP, SQS, SNS and SQS again, though each function has a trace of Lambda's own."""
    code, document, _ = run(tiny_project(tmp_path, middle=MIDDLE, messages=2))

    assert code == 0, document["expectations"]
    assert [account["whole"] for account in document["traces"]] == [2, 2]
    # What this architecture asks of the endpoint that it does otherwise is in every run's evidence.
    assert [gap["name"] for gap in document["gaps"]] == [
        *("memory", "delivery-roles", "api-names", "http-api-errors")
    ]


@pytest.mark.timeout(120)
def test_fails_where_one_hop_forgets_the_trace(tmp_path: Path) -> None:
    """The hop that works under another trace is named, and the one that sent to it."""
    code, document, text = run(tiny_project(tmp_path, middle=FORGETFUL_MIDDLE, messages=2))

    assert code == 1
    assert "trace: 2 of cars break between Middle and Partner, such as" in text
    assert [verdict["observed"] for verdict in document["expectations"]] == [
        *("0", "all 2", "2 break at Partner"),
    ]
    assert [source["lost"] for source in document["sources"]] == [[]]


# Enough for each hop to hear of some.
FEWER = {
    "messages: 500, rate: 15/s": "messages: 10, rate: 5/s",
    "messages: 20, rate: 1/s": "messages: 4, rate: 2/s",
    "messages: 30, rate: 66/min": "messages: 4, rate: 2/s",
}
PUBLISHES = "    publish(TOPIC_ARN, event)\n"
FORGETS = """\
    fresh = Event.new(
        type=event.type, source=event.source, data=event.data, id=event.id, time=event.time
    )
    publish(TOPIC_ARN, fresh)
"""


def replaced(file: Path, changes: dict[str, str]) -> None:
    """Replace texts in a file, each of which is there once."""
    text = file.read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text)


def copied_project(folder: Path) -> Path:
    """Copy what the samples are made of into a folder, to be spoilt."""
    for room in ("patterns", "stacks", "functions", "pattern_runtime", "scenarios"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / room, folder / room, ignore=ignored)
    shutil.copy(REPOSITORY / "app.py", folder)
    (folder / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} app.py"}))
    return folder


@pytest.mark.long
@pytest.mark.timeout(300)
def test_fails_where_the_connected_car_forgets_the_trace(tmp_path: Path) -> None:
    """Ingest drops what it was to pass on, and the run names the hops that it sends to."""
    project = copied_project(tmp_path)
    replaced(project / "scenarios/connected_car/morning_rush.yaml", FEWER)
    replaced(project / "functions/connected_car/ingest.py", {PUBLISHES: FORGETS})

    code, document, text = run(project, "connected_car")

    assert code == 1, text
    assert [each["about"] for each in document["expectations"] if not each["met"]] == [
        *("traced cars to PartnerFeed", "traced alarms to TheftTracking")
    ]
    assert "trace: 10 of cars break between Ingest and PartnerFeed, such as" in text
    assert "trace: 4 of alarms break between Ingest and TheftTracking, such as" in text
