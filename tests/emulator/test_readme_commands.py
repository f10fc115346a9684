"""Every command of the README does what the README says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.polling import eventually
from tests.readme import REPOSITORY, commands

ELSEWHERE = {
    "make test": "it runs this test",
    "make dist": "tests/synth/test_wheel.py",
    'pip install "dist/hinagata-0.1.0-py3-none-any.whl[cdk,lab]"': "tests/synth/test_wheel.py",
    "hinagata new shop --blueprint order_intake": "tests/emulator/test_generated_project.py",
    "cd shop && hinagata run shop": "tests/emulator/test_generated_project.py",
}
KEEP = "hinagata run connected_car --keep --report run.html --output json=run.json"
PICTURE = "hinagata topology cdk.out/ConnectedCar.template.json --format svg"
PLAIN = [c for c in commands() if c not in ELSEWHERE and c not in (KEEP, PICTURE)]
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "PATH": os.pathsep.join(
        [
            str(Path(sys.executable).parent),
            os.environ["PATH"],
        ]
    ),
}


def test_each_command_is_executed_somewhere() -> None:
    """A command that a reader may type and no test executes would be a guess."""
    assert set(commands()) == {*PLAIN, *ELSEWHERE, KEEP, PICTURE}


@pytest.mark.parametrize("command", PLAIN)
def test_the_command_ends_well_and_warns_of_nothing(command: str) -> None:
    """It ends with exit status 0, and prints no warning and no notice of an end of life."""
    done = subprocess.run(
        command,
        shell=True,
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    said = (done.stdout + done.stderr).lower()
    assert [word for word in ("warning", "deprecat", "end-of-life", "notice") if word in said] == []


def test_the_picture_is_that_of_the_sample() -> None:
    """The README's picture is what the command draws; if it is not: make picture."""
    done = subprocess.run(
        PICTURE.split(),
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    kept = (REPOSITORY / "docs/connected_car.svg").read_text(encoding="utf-8")
    assert NUMBER.split(done.stdout) == NUMBER.split(kept)
    # Another processor may round the last digit of a coordinate differently.
    assert [float(drawn) for drawn in NUMBER.findall(done.stdout)] == pytest.approx(
        [float(shown) for shown in NUMBER.findall(kept)], abs=0.5
    )


@dataclass(frozen=True)
class Kept:
    """A run that was kept up for a moment, and then ended with Ctrl-C.

    Attributes:
        said: What it printed.
        status: Its exit status.
        children: The processes that it had started.
        page: Its report.
        result: Its result.
    """

    said: str
    status: int
    children: list[int]
    page: str
    result: dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The README's run that is kept up, with its files in a folder of their own."""
    folder = tmp_path_factory.mktemp("kept")
    said, page, result = folder / "said", folder / "run.html", folder / "run.json"
    command = KEEP.replace("run.html", str(page)).replace("run.json", str(result))
    with said.open("wb") as output:
        process = subprocess.Popen(
            command.split(),
            cwd=REPOSITORY,
            env=ENVIRONMENT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        up = lambda: b"until Ctrl-C" in said.read_bytes() or process.poll() is not None  # noqa: E731
        eventually(up, within=180)
        children = _descendants(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    text = said.read_text(encoding="utf-8")
    assert result.exists(), text
    return Kept(
        text,
        process.returncode,
        children,
        page.read_text(encoding="utf-8"),
        json.loads(result.read_text(encoding="utf-8")),
    )


def test_a_run_accounts_for_every_message(kept: Kept) -> None:
    """500 reports and 20 commands at the least go in; none is lost, and each hop has its share."""
    assert kept.status == 0, kept.said
    result = kept.result
    accepted = {source["source"]: source["accepted"] for source in result["sources"]}
    assert accepted["cars"] >= 500
    assert accepted["operators"] >= 20
    assert [source["source"] for source in result["sources"] if source["lost"]] == []
    hops = {hop["hop"]: hop for hop in result["hops"]}
    assert hops["HealthCheck"]["processed"] == accepted["cars"]
    assert hops["TheftTracking"]["processed"] == accepted["alarms"]
    assert hops["PartnerFeed"]["processed"] == accepted["cars"] + accepted["alarms"]
    assert hops["CommandDelivery"]["processed"] == accepted["operators"]
    assert all(verdict["met"] for verdict in result["expectations"])
    assert "CommandDelivery" in kept.page


def test_a_kept_run_says_where_it_is_and_ctrl_c_takes_it_all_down(kept: Kept) -> None:
    """`--keep` prints endpoints that answer; Ctrl-C ends it well, and leaves no process."""
    assert "--endpoint-url http://127.0.0.1:" in kept.said
    assert "Traceback" not in kept.said
    assert kept.status == 0, kept.said
    assert kept.children
    eventually(
        lambda: not [pid for pid in kept.children if Path(f"/proc/{pid}").exists()], within=10
    )


def _descendants(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}

    def descends(child: int) -> bool:
        while child in parents:
            child = parents[child]
            if child == pid:
                return True
        return False

    return [child for child in parents if descends(child)]
