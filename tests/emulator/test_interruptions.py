"""A run that is ended before its time: it says what it knows, and leaves nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.tiny_project import PARTNER, SLOW_APP, SLOW_PARTNER, UNENDING, tiny_project
from tests.polling import eventually

PATIENCE = 90.0  # a machine that runs the rest of the suite besides
LISTENING = "0A"  # in /proc/net/tcp


@dataclass(frozen=True)
class Run:
    """A run under way.

    Attributes:
        project: its folder.
        process: its process.
    """

    project: Path
    process: subprocess.Popen[bytes]

    @property
    def errors(self) -> str:
        """What it has said on standard error so far."""
        return (self.project / "stderr").read_text()

    @property
    def output(self) -> str:
        """What it has said on standard output so far."""
        return (self.project / "stdout").read_text()

    def descendants(self) -> list[int]:
        """Return the processes that it has started, and those that they have."""
        listed = subprocess.run(
            ["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout
        parents = {int(child): int(parent) for child, parent in map(str.split, listed.splitlines())}

        def descends(child: int) -> bool:
            while child in parents:
                child = parents[child]
                if child == self.process.pid:
                    return True
            return False

        return [child for child in parents if descends(child)]

    def endpoint(self) -> int:
        """Return the process of the embedded endpoint."""
        (found,) = (
            pid for pid in self.descendants() if "hinagata.lab.launcher" in _command_line(pid)
        )
        return found


@contextmanager
def running(project: Path, *, output: str = "json") -> Iterator[Run]:
    """Start a run of the tiny sample that leaves a report, and end it for good."""
    command = [sys.executable, "-m", "hinagata", "run", "tiny", "--verbose"]
    report = f"{output}=evidence.{output}"
    with (project / "stdout").open("wb") as said, (project / "stderr").open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--output", report],
            cwd=project,
            stdout=said,
            stderr=errors,
            start_new_session=True,
        )
    run = Run(project, process)
    try:
        yield run
    finally:
        if process.poll() is None:
            for pid in run.descendants():
                os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()


def end(run: Run, ending: Callable[[], None]) -> int:
    """End a run, and return its exit code once nothing of it is left."""
    started = run.descendants()
    ports = _ports(started)
    ending()
    code = run.process.wait(PATIENCE)
    eventually(lambda: not [pid for pid in started if _is_alive(pid)], within=PATIENCE)
    assert [port for port in ports if _answers(port)] == []
    assert "Traceback" not in run.errors
    # Nor the scrap of a file that was to replace another.
    assert [file.name for file in run.project.iterdir() if file.name.startswith(".evi")] == []
    return code


def interrupt(run: Run, number: signal.Signals = signal.SIGINT) -> int:
    """Press Ctrl-C."""
    return end(run, lambda: run.process.send_signal(number))


def left_behind(run: Run) -> list[str]:
    """Return the folders that runs have left."""
    return [each.name for each in (run.project / ".hinagata").glob("*")]


STEPS: dict[str, tuple[dict[str, Any], Callable[[Run], object]]] = {
    "synthesize": ({"app": SLOW_APP}, lambda run: (run.project / "synthesizing").exists()),
    "deploy": ({"more": UNENDING}, lambda run: "deploy: Tiny: creating" in run.errors),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("project", "has_come"), STEPS.values(), ids=STEPS)
def test_ctrl_c_before_the_traffic_leaves_nothing(
    project: dict[str, Any], has_come: Callable[[Run], object], tmp_path: Path
) -> None:
    """No process, no port, no folder, no page: there is nothing to tell but that it was ended.

    The endpoint is being started from the first step on.
    """
    with running(tiny_project(tmp_path, **project)) as run:
        eventually(lambda: has_come(run), within=PATIENCE)
        assert interrupt(run) == 130

    assert run.errors.splitlines()[-1] == "hinagata: interrupted"
    assert left_behind(run) == []
    assert not (tmp_path / "evidence.json").exists()


TRAFFIC = {
    "send": (PARTNER, 200, "entry"),
    "wait for the results": (SLOW_PARTNER, 1, "partner"),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("step", "partner", "messages", "mark"),
    [(step, *rest) for step, rest in TRAFFIC.items()],
    ids=TRAFFIC,
)
def test_ctrl_c_in_the_midst_of_it_says_what_is_known(
    step: str, partner: str, messages: int, mark: str, tmp_path: Path
) -> None:
    """What was sent and seen until then, in the file too; nothing is judged, nothing is left."""
    project = tiny_project(tmp_path, partner=partner, messages=messages, rate="2/s")
    with running(project) as run:
        eventually((tmp_path / mark).exists, within=PATIENCE)
        assert interrupt(run) == 130

    document = json.loads((tmp_path / "evidence.json").read_text())
    assert f'The run was interrupted at the step "{step}", after' in run.output
    assert document["stopped"] == f'interrupted at the step "{step}"'
    assert document["met"] is False
    assert document["expectations"] == []
    assert "Entry" in run.output
    assert "expectation" not in run.output
    assert left_behind(run) == []


@pytest.mark.timeout(120)
def test_the_end_of_the_endpoint_is_seen_at_once_and_told(tmp_path: Path) -> None:
    """Whatever killed it: the run says so in a sentence, and tells what it had seen."""
    with running(tiny_project(tmp_path, messages=200, rate="2/s")) as run:
        eventually((tmp_path / "entry").exists, within=PATIENCE)
        endpoint = run.endpoint()
        assert end(run, lambda: os.kill(endpoint, signal.SIGKILL)) == 2

    assert "hinagata: the embedded endpoint ended by signal 9 (log: " in run.errors
    assert 'ended by the end of the embedded endpoint at the step "send"' in run.output
    assert json.loads((tmp_path / "evidence.json").read_text())["sources"][0]["sent"] >= 1


@pytest.mark.timeout(120)
def test_a_full_disk_costs_the_page_and_not_the_answer(tmp_path: Path) -> None:
    """The result is told, then what could not be written; of the page there is nothing."""
    with running(tiny_project(tmp_path, messages=1), output="html") as run:
        eventually(run.descendants, within=PATIENCE)
        # The kernel refuses a file that grows beyond this, as a disk does that is full: here the
        # page, and archives of code that are kept to save time. The endpoint's files are its own.
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (40_000, 40_000))
        assert end(run, lambda: None) == 2

    assert "All 3 expectations hold" in run.output
    assert run.errors.splitlines()[-1] == (
        "hinagata: evidence.html cannot be written: File too large"
    )
    assert not (tmp_path / "evidence.html").exists()


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ports(pids: Sequence[int]) -> set[int]:
    """Return the ports on which some processes listen."""
    sockets = set()
    for pid in pids:
        for file in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                sockets.add(str(file.readlink()))
            except OSError:
                continue
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(row[1].rpartition(":")[2], 16)
        for row in rows
        if row[3] == LISTENING and f"socket:[{row[9]}]" in sockets
    }


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
