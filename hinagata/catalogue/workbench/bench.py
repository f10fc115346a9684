"""Who may ask when: one question at a time is answered, and one of each page waits."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from types import TracebackType
from typing import Self

from hinagata.catalogue.workbench.question import Question
from hinagata.catalogue.workbench.worker import Reckoner, Sources
from hinagata.errors import HinagataError

WITHIN_S = 5.0
_WAIT_S = 15.0
_MOST_WAITING = 8
_MOST_KEPT = 256


class ReplacedError(HinagataError):
    """The same page has asked something newer."""


class BusyError(HinagataError):
    """Too many pages ask at once."""


class Bench:
    """Takes questions, and keeps the answers that it has given.

    Args:
        reckoner: Who answers.
        within_s: How long an answer may take, in seconds.
        wait_s: How long a question may wait until it is answered, in seconds.
    """

    def __init__(
        self, reckoner: Reckoner, *, within_s: float = WITHIN_S, wait_s: float = _WAIT_S
    ) -> None:
        self._reckoner, self._within_s, self._wait_s = reckoner, within_s, wait_s
        self._turn = threading.Condition()
        self._answering = False
        # The question of each page that waits, who has waited longest first.
        self._waiting: OrderedDict[str, Question] = OrderedDict()
        self._kept: OrderedDict[tuple[object, ...], str] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reckoner.close()

    def ask(self, question: Question, sources: Sources) -> str:
        """Returns the answer to a question, as HTML.

        Args:
            question: What is asked.
            sources: What it is answered from; another version forgets what was kept.

        Raises:
            ReplacedError: The page asked something newer before it was this one's turn.
            BusyError: Too many wait, or those before it took too long.
            HinagataError: There is no answer.
        """
        key = (*question.key, sources)
        with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            self._take_turn(question)
        try:
            answer = self._reckoner.answer(question, sources, within_s=self._within_s)
        finally:
            with self._turn:
                self._answering = False
                self._turn.notify_all()
        with self._turn:
            self._kept[key] = answer
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return answer

    def _take_turn(self, question: Question) -> None:
        """Waits until nobody else is answered, and nobody waits longer."""
        page = question.page
        if page not in self._waiting and len(self._waiting) >= _MOST_WAITING:
            raise BusyError(f"{_MOST_WAITING} pages wait for answers already; try again soon")
        # What is newer takes the place of what waited there.
        self._waiting[page] = question
        self._turn.notify_all()
        until = time.monotonic() + self._wait_s
        while True:
            if self._waiting.get(page) is not question:
                raise ReplacedError("this page has asked something newer")
            if not self._answering and next(iter(self._waiting)) == page:
                break
            if time.monotonic() >= until:
                del self._waiting[page]
                self._turn.notify_all()
                raise BusyError("other pages' answers take too long; try again soon")
            self._turn.wait(until - time.monotonic())
        del self._waiting[page]
        self._answering = True
