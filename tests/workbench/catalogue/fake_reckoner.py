"""A reckoner that answers when it may."""

from __future__ import annotations

import threading

from hinagata.catalogue.workbench.question import Question
from hinagata.catalogue.workbench.worker import Sources, TooLateError


class FakeReckoner:
    """Answers when it may, and remembers what it was asked."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    def answer(self, question: Question, sources: Sources, *, within_s: float) -> str:
        """Answers with the question's sample."""
        self.asked.append(question.sample)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        came = self.may.wait(within_s)
        self.at_once -= 1
        if not came:
            raise TooLateError("too late")
        return f"{question.sample} {sources.version}"

    def close(self) -> None:
        """Lets everything go on."""
        self.may.set()
