"""Questions take turns: one is answered, one of each page waits, and the newest counts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from hinagata.catalogue.workbench.bench import Bench, BusyError, ReplacedError
from hinagata.catalogue.workbench.question import Question
from hinagata.catalogue.workbench.worker import Sources, TooLateError
from tests.polling import eventually
from tests.workbench.catalogue.fake_reckoner import FakeReckoner

SOURCES = Sources(project=Path(), assembly=Path(), version=1)


class Desk:
    """A bench with a fake reckoner, asked from many threads."""

    def __init__(self) -> None:
        self.reckoner = FakeReckoner()
        self.bench = Bench(self.reckoner, within_s=20, wait_s=20)
        self.threads = ThreadPoolExecutor(20)

    def ask(self, page: str, sample: str, sources: Sources = SOURCES) -> Future[str]:
        """Asks in a thread of its own."""
        question = Question(page=page, sample=sample, traffic={})
        return self.threads.submit(self.bench.ask, question, sources)

    def waiting(self) -> list[str]:
        """What waits, by page."""
        return [each.sample for each in list(self.bench._waiting.values())]


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk that is closed in the end."""
    made = Desk()
    with made.bench, made.threads:
        yield made
        made.reckoner.may.set()


def test_newer_input_replaces_what_waits(desk: Desk) -> None:
    """Of a page's questions the first is answered and the last, those between are not."""
    first = desk.ask("page", "first")
    assert eventually(lambda: desk.reckoner.asked == ["first"])
    between = desk.ask("page", "between")
    assert eventually(lambda: desk.waiting() == ["between"])
    last = desk.ask("page", "last")

    with pytest.raises(ReplacedError):
        between.result(10)
    desk.reckoner.may.set()
    assert (first.result(10), last.result(10)) == ("first 1", "last 1")
    assert desk.reckoner.asked == ["first", "last"]


def test_one_is_answered_at_a_time(desk: Desk) -> None:
    """Many pages ask at once, and are answered one after the other, in the order they came."""
    answers = []
    for index in range(6):
        answers.append(desk.ask(f"page-{index}", f"sample-{index}"))
        assert eventually(lambda n=index: len(desk.reckoner.asked) + len(desk.waiting()) == n + 1)
    desk.reckoner.may.set()

    assert [each.result(10) for each in answers] == [f"sample-{index} 1" for index in range(6)]
    assert desk.reckoner.most_at_once == 1
    assert desk.reckoner.asked == [f"sample-{index}" for index in range(6)]


def test_fails_if_too_many_wait(desk: Desk) -> None:
    """Pages beyond those that may wait are told so at once."""
    desk.ask("page", "first")
    assert eventually(lambda: desk.reckoner.asked == ["first"])
    for index in range(8):
        desk.ask(f"page-{index}", f"sample-{index}")
    assert eventually(lambda: len(desk.waiting()) == 8)

    with pytest.raises(BusyError, match="8 pages wait"):
        desk.ask("one more", "last").result(10)


def test_what_was_answered_is_kept_until_the_site_is_another(desk: Desk) -> None:
    """The same question is reckoned once for each version of what it is answered from."""
    desk.reckoner.may.set()
    newer = Sources(project=Path(), assembly=Path(), version=2)
    said = [desk.ask(page, "same", of).result(10) for page in "ab" for of in (SOURCES, newer)]

    assert said == ["same 1", "same 2", "same 1", "same 2"]
    assert desk.reckoner.asked == ["same", "same"]


def test_fails_late_and_goes_on() -> None:
    """A question without an answer in time is refused, and the next is answered."""
    reckoner = FakeReckoner()
    bench = Bench(reckoner, within_s=0.01)
    question = Question(page="a", sample="late", traffic={})

    with pytest.raises(TooLateError):
        bench.ask(question, SOURCES)
    reckoner.may.set()
    assert bench.ask(question, SOURCES) == "late 1"
