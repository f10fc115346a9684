"""Every command of the README does what the README says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.polling import eventually
from tests.readme import REPOSITORY, commands

ELSEWHERE = {
    "make test": "it runs this test",
    "make dist": "tests/synth/test_wheel.py",
    'pip install "dist/hinagata-0.1.0-py3-none-any.whl[cdk]"': "tests/synth/test_wheel.py",
}
JSON_RUN = "hinagata run connected_car --format json"
KEEP = "hinagata run connected_car --keep"
PICTURE = "hinagata topology cdk.out/ConnectedCar.template.json --format svg"
PLAIN = [c for c in commands() if c not in ELSEWHERE and c not in (JSON_RUN, KEEP, PICTURE)]
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
    assert set(commands()) == {*PLAIN, *ELSEWHERE, JSON_RUN, KEEP, PICTURE}


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


def test_a_run_accounts_for_every_message() -> None:
    """500 reports and 20 commands at the least go in; none is lost, and each hop has its share."""
    done = subprocess.run(
        JSON_RUN.split(),
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
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


def test_a_kept_run_says_where_it_is_and_ctrl_c_takes_it_all_down(tmp_path: Path) -> None:
    """`--keep` prints endpoints that answer; Ctrl-C ends it well, and leaves no process."""
    said = tmp_path / "said"
    with said.open("wb") as output:
        process = subprocess.Popen(
            KEEP.split(),
            cwd=REPOSITORY,
            env=ENVIRONMENT,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        eventually(lambda: b"until Ctrl-C" in said.read_bytes(), within=120)
        children = _descendants(process.pid)
        assert children
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    text = said.read_text(encoding="utf-8")
    assert "--endpoint-url http://127.0.0.1:" in text
    assert "Traceback" not in text
    assert process.returncode == 0
    eventually(lambda: not [pid for pid in children if Path(f"/proc/{pid}").exists()], within=10)


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
