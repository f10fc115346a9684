"""How far a run is, as somebody sees who has no terminal."""

import io
import sys
from types import SimpleNamespace
from typing import cast

import pytest

from hinagata.lab.run import _stop, _stopped_in_sight
from hinagata.lab.steps import Steps
from hinagata.lab.tasks import TaskSupervisor


class Recorder:
    """Containers, and an endpoint, of which the end is noted."""

    def __init__(self) -> None:
        self.stopped = 0

    def __enter__(self) -> None:
        """Start."""

    def __exit__(self, *_: object) -> None:
        self.stopped += 1


def test_each_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Told when it begins, on standard error, so that nobody waits for he does not know what."""
    steps = Steps()
    with steps.step("deploy") as step:
        step.progress("half of it")
        told = capsys.readouterr()

    assert (told.out, told.err) == ("", "deploy ...\n")
    assert steps.now == "deploy"


def test_what_the_end_waits_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Containers finish what they do, and the endpoint its handlers: both take seconds."""
    tasks, steps = Recorder(), Steps()
    with _stopped_in_sight(cast("TaskSupervisor", tasks), steps):
        assert capsys.readouterr().err == ""
    assert capsys.readouterr().err == "stop the containers ...\n"
    assert tasks.stopped == 1

    _stop(SimpleNamespace(stop=tasks.__exit__), steps)  # type: ignore[arg-type]
    assert capsys.readouterr().err == "stop the endpoint ...\n"
    assert tasks.stopped == 2


class Gone(io.StringIO):
    """What somebody read who has left."""

    def write(self, _: str) -> int:
        """Fail, as a pipe does."""
        raise BrokenPipeError


def test_a_reader_that_leaves_keeps_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """`hinagata run ... 2>&1 | head -1` is taken down as any other."""
    tasks, steps = Recorder(), Steps()
    monkeypatch.setattr(sys, "stderr", Gone())

    with _stopped_in_sight(cast("TaskSupervisor", tasks), steps):
        pass
    assert tasks.stopped == 1
