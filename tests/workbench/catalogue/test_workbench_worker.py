"""The process that reckons: ended at its deadline, and started anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hinagata.catalogue.workbench.question import Question, QuestionError
from hinagata.catalogue.workbench.worker import BrokenError, Sources, TooLateError, Worker
from tests.polling import eventually
from tests.workbench.catalogue.fake_work import work

SOURCES = Sources(project=Path(), assembly=Path(), version=1)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """A worker whose work misbehaves when it is asked to."""
    made = Worker(work)
    yield made
    made.close()


def asked(worker: Worker, sample: str, within_s: float = 30.0) -> str:
    """What a worker answers about a sample."""
    question = Question(page="a", sample=sample, traffic={})
    return worker.answer(question, SOURCES, within_s=within_s)


def is_gone(process: str) -> bool:
    """Whether there is no such process any longer."""
    return not Path("/proc", process).exists()


def test_a_process_answers_until_its_deadline(worker: Worker) -> None:
    """One process answers all; what takes too long ends it, and the next question another one."""
    first = asked(worker, "good")
    with pytest.raises(TooLateError, match=r"longer than 0\.1 s, and was ended"):
        asked(worker, "endless", within_s=0.1)
    second = asked(worker, "good")

    assert int(first) != os.getpid()
    assert second != first
    assert eventually(lambda: is_gone(first))


def test_fails_for_what_ends_its_process(worker: Worker) -> None:
    """A process that ends itself is a sentence, and no end of everything."""
    with pytest.raises(BrokenError, match="could not be reckoned"):
        asked(worker, "broken")
    with pytest.raises(QuestionError):
        asked(worker, "refused")


def test_nothing_is_left_behind(worker: Worker) -> None:
    """A worker that is closed has no process."""
    process = asked(worker, "good")
    worker.close()

    assert eventually(lambda: is_gone(process))
