"""A message followed from its request over a queue and a topic to the last function."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.tiny_project import FORGETFUL_MIDDLE, MIDDLE, tiny_project


def run(project: Path) -> tuple[int, dict[str, Any], str]:
    """Run the tiny sample; return its exit code, its document and its text."""
    done = subprocess.run(
        [sys.executable, "-m", "hinagata", "run", "tiny", "--output", "json=run.json"],
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
