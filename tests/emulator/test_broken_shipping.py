"""The scenario of order_events that leaves dead letters, and their way back."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.test_readme_commands import ENVIRONMENT
from tests.polling import eventually
from tests.readme import REPOSITORY

ORDERS = 20
PATIENCE = 240  # the workflow tries for a minute, on a machine that may do other things


def redrive(url: str, *more: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a redrive, and what it says of the letters."""
    words = ["redrive", "order_events", "--endpoint", url, "--format", "json", *more]
    done = subprocess.run(
        [sys.executable, "-m", "hinagata", *words],
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def shipped(url: str) -> int:
    """Return how many parcels were handed over."""
    endpoint = Endpoint(url)
    described = endpoint.client("cloudformation").list_stack_resources(StackName="OrderEvents")
    (table,) = (
        resource["PhysicalResourceId"]
        for resource in described["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::DynamoDB::Table"
        and resource["LogicalResourceId"].startswith("Shipments")
    )
    count: int = endpoint.client("dynamodb").scan(TableName=table, Select="COUNT")["Count"]
    return count


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_could_not_be_shipped_is_shipped_after_its_redrive(tmp_path: Path) -> None:
    """Its letters name the step that failed; back in the workflow, each order has its parcel."""
    words = ["run", "order_events", "--scenario", "broken_shipping", "--keep"]
    said = tmp_path / "said"
    with said.open("wb") as output:
        run = subprocess.Popen(
            [sys.executable, "-m", "hinagata", *words],
            cwd=REPOSITORY,
            env=ENVIRONMENT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: b"until Ctrl-C" in said.read_bytes() or run.poll(), within=PATIENCE)
        (url,) = re.findall(r"^AWS endpoint  (\S+)$", said.read_text(), re.MULTILINE)
        before = shipped(url)
        seen, dead = redrive(url)
        sent_back, gone = redrive(url, "--hop", "Ship", "--apply")
        eventually(lambda: shipped(url) == ORDERS, within=PATIENCE)
        after, left = redrive(url)
        run.send_signal(signal.SIGINT)
        assert run.wait(timeout=90) == 0
    finally:
        if run.poll() is None:
            run.kill()

    assert 0 < len(dead["letters"]) == ORDERS - before
    assert {letter["hop"] for letter in dead["letters"]} == {"Ship"}
    assert gone["went_back"] == len(dead["letters"])
    assert left["letters"] == []
    assert (seen, sent_back, after) == (1, 0, 0)
