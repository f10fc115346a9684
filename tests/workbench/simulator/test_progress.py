"""What a simulation says of itself while it goes on."""

from __future__ import annotations

import io

import pytest

from hinagata.simulator.progress import progress
from hinagata.simulator.simulation import simulate
from tests.polling import eventually
from tests.workbench.planner.shop import scenario, shop


class Terminal(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_what_is_over_soon_says_nothing() -> None:
    """Where there is no terminal."""
    stream = io.StringIO()
    with progress(stream, patience_s=60) as tell:
        tell("simulate")

    assert stream.getvalue() == ""


def test_what_lasts_is_one_line() -> None:
    """Of the step that goes on when the patience is over, and of no other."""
    stream = io.StringIO()
    with progress(stream, patience_s=0.01) as tell:
        tell("simulate a day")
        eventually(stream.getvalue)
        tell("draw")

    assert stream.getvalue() in ("simulate ...\n", "simulate a day ...\n")


def test_a_terminal_sees_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as it lasts."""
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with progress(stream) as tell:
        tell("simulate a day")

    assert "simulate a day" in stream.getvalue()


def test_each_engine_says_what_it_does() -> None:
    """The one that answers, and the one that it is held against."""
    said: list[str] = []
    simulate(shop(), scenario(), "tick", duration_s=60, tell=said.append)

    assert said[0] == "simulate what is expected each second (tick engine)"
    assert any("(event engine)" in each for each in said)
