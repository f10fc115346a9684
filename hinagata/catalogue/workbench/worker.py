"""The process that reckons, so that it can be ended when it takes too long."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

from hinagata.catalogue.workbench.question import Question, QuestionError
from hinagata.errors import HinagataError

_END_WITHIN_S = 5.0


class TooLateError(HinagataError):
    """An answer took longer than it may, and its process was ended."""


class BrokenError(HinagataError):
    """The process ended without an answer; it has said why on its own standard error."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What answers are made of.

    Attributes:
        project: The folder of the project.
        assembly: The folder that its app was synthesized into.
        version: Another one if something in them is another.
    """

    project: Path
    assembly: Path
    version: int


class Reckoner(Protocol):
    """Who answers questions, one at a time."""

    def answer(self, question: Question, sources: Sources, *, within_s: float) -> str:
        """Returns an answer as HTML.

        Raises:
            QuestionError: The question cannot be meant.
            TooLateError: It was not there in time.
            BrokenError: There will be none.
        """

    def close(self) -> None:
        """Ends what was started."""


def work(connection: Connection) -> None:
    """Answers what comes over a connection until it is closed.

    Args:
        connection: Gives questions with their sources, and takes for each whether there is an
            answer, and that answer, or else what was wrong.
    """
    # Ctrl-C is for the server, which ends this process then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from hinagata.catalogue.workbench.answer import Samples
    from hinagata.catalogue.workbench.fragment import fragment

    known: tuple[Sources, Samples] | None = None
    while True:
        try:
            question, sources = connection.recv()
        except EOFError:
            return
        try:
            if known is None or known[0] != sources:
                known = sources, Samples(sources.project, sources.assembly)
            reply = True, fragment(known[1].answer(question))
        except HinagataError as error:
            reply = False, str(error)
        connection.send(reply)


class Worker:
    """A process of its own, started with the first question, and anew when it was ended.

    Args:
        target: What the process does.
    """

    def __init__(self, target: Callable[[Connection], None] = work) -> None:
        self._target = target
        # Threads serve, so nothing is forked.
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def start(self) -> None:
        """Starts it, if it does not run: it takes a second until it can answer."""
        if self._process is not None and self._process.is_alive():
            return
        self.close()
        here, there = self._context.Pipe()
        # Ends with the one that started it.
        self._process = self._context.Process(target=self._target, args=(there,), daemon=True)
        self._process.start()
        there.close()
        self._connection = here

    def answer(self, question: Question, sources: Sources, *, within_s: float) -> str:
        """Returns an answer as HTML; see `Reckoner`."""
        self.start()
        assert self._connection is not None  # noqa: S101 - it was just started
        try:
            self._connection.send((question, sources))
            if not self._connection.poll(within_s):
                self.close()
                raise TooLateError(
                    f"this takes longer than {within_s:g} s, and was ended; "
                    f"ask for less traffic, or let hinagata simulate take its time"
                )
            good, said = self._connection.recv()
        except (EOFError, OSError):
            self.close()
            raise BrokenError(
                "this could not be reckoned; what went wrong stands where the server was started"
            ) from None
        if not good:
            raise QuestionError(said)
        return str(said)

    def close(self) -> None:
        """Ends it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.join(_END_WITHIN_S)
            self._process = None
