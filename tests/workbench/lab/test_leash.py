"""A command that does not outlive whoever started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.polling import eventually

# Says its own process id, then waits; on SIGTERM it ends with status 7.
COMMAND = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def leash() -> Iterator[subprocess.Popen[str]]:
    """The command on its leash, in a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hinagata.lab.leash", sys.executable, "-c", COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    with process:
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def command_of(leash: subprocess.Popen[str]) -> int:
    """The command's process id."""
    assert leash.stdout is not None
    return int(leash.stdout.readline())


def gone(pid: int) -> bool:
    """Whether there is no such process any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_ends_when_its_starter_is_gone(leash: subprocess.Popen[str]) -> None:
    """A closed pipe is all that a killed parent leaves, and it is enough."""
    command = command_of(leash)
    assert leash.stdin is not None
    leash.stdin.close()

    assert leash.wait(10) == -signal.SIGKILL
    eventually(lambda: gone(command))


def test_a_signal_to_the_group_is_the_commands_to_answer(leash: subprocess.Popen[str]) -> None:
    """The leash waits for the command's own end, and passes its status on."""
    command_of(leash)
    os.killpg(leash.pid, signal.SIGTERM)

    assert leash.wait(10) == 7
