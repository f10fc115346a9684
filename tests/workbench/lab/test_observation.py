"""Waiting for asynchronous results, by a clock that the test moves."""

import json
from collections.abc import Callable
from typing import Any, cast

from hinagata.lab.accounting import Flow
from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.observation import Observation, Progress, SpanReader, backlog, observe
from hinagata.lab.spans import Span
from tests.workbench.lab.fake_aws import FakeLogs, FakeSqs
from tests.workbench.lab.records import dead, sent

FLOW = Flow(reaches={"cars": ["Gateway", "Ingest"]}, behind={"Gateway": ["Ingest"]})
GROUPS = ("gateway", "ingest")


def line(hop: str, event: str, end: float) -> str:
    """Return the line that a hop writes."""
    return json.dumps({"span": hop, "id": event, "start": end, "end": end, "status": "ok"})


def spans(logs: FakeLogs, since: float = 0.0) -> SpanReader:
    """Return a reader of the log groups of both hops."""
    return SpanReader(cast("Any", logs), GROUPS, since=since)


class Laptop:
    """A run whose hops do something each time that the observer waits."""

    def __init__(self) -> None:
        self.logs = FakeLogs()
        self.time = 0.0
        self.waits = 0
        self.backlog = 0
        self.look_seconds = 0.0
        self.dead: list[DeadLetter] = []
        self.told: list[Progress] = []
        self.events: dict[int, Callable[[], None]] = {}

    def wait(self, seconds: float) -> None:
        """Let time pass, and let happen what the test has planned."""
        self.time += seconds
        self.waits += 1
        self.events.get(self.waits, lambda: None)()

    def count(self) -> int:
        """Return how many messages are in queues, after the time that a look takes."""
        self.time += self.look_seconds
        return self.backlog

    def observe(self, *events: str, deadline_seconds: float = 10) -> Observation:
        """Observe some accepted messages."""
        return observe(
            [sent(event) for event in events],
            FLOW,
            spans=spans(self.logs),
            dead_letters=lambda: self.dead,
            backlog=self.count,
            deadline_seconds=deadline_seconds,
            progress=self.told.append,
            now=lambda: self.time,
            wait=self.wait,
        )


def test_it_ends_as_soon_as_every_message_is_accounted_for() -> None:
    """The result is there after the look that completes it, long before the deadline."""
    laptop = Laptop()
    laptop.logs.write("gateway", 1, line("Gateway", "a", 1))
    laptop.events = {2: lambda: laptop.logs.write("ingest", 2, line("Ingest", "a", 2))}

    observation = laptop.observe("a")

    assert observation.complete
    assert observation.seconds == laptop.time == 1
    assert [span.hop for span in observation.records.spans] == ["Gateway", "Ingest"]
    assert laptop.told == [
        Progress(settled=0, accepted=1),
        Progress(settled=0, accepted=1),
        Progress(settled=1, accepted=1),
    ]


def test_a_dead_letter_ends_it_too() -> None:
    """What a hop gave up is not waited for."""
    laptop = Laptop()
    laptop.dead = [dead("Gateway", "a")]

    assert laptop.observe("a").complete
    assert laptop.waits == 0


def test_what_was_done_before_a_message_was_given_up_is_seen() -> None:
    """A workflow undoes a step, then gives up: both may happen while somebody looks."""
    laptop = Laptop()

    reader = spans(laptop.logs)

    class SlowSpans:
        """While they are read, a message is given up."""

        def read(self) -> list[Span]:
            found = reader.read()
            if not laptop.dead:
                laptop.logs.write("ingest", 1, line("Release", "a", 1))
                laptop.dead = [dead("Gateway", "a")]
            return found

        def rewind(self) -> None:
            reader.rewind()

    observation = observe(
        [sent("a")],
        FLOW,
        spans=SlowSpans(),
        dead_letters=lambda: list(laptop.dead),
        backlog=laptop.count,
        deadline_seconds=10,
        now=lambda: laptop.time,
        wait=laptop.wait,
    )

    assert observation.complete
    assert [span.hop for span in observation.records.spans] == ["Release"]


def test_it_waits_for_the_queues_to_be_empty() -> None:
    """A message that is still in a queue may be a duplicate, which counts."""
    laptop = Laptop()
    for hop in ("Gateway", "Ingest"):
        laptop.logs.write(hop.lower(), 1, line(hop, "a", 1))
    laptop.backlog = 1

    def duplicate() -> None:
        laptop.backlog = 0
        laptop.logs.write("ingest", 2, line("Ingest", "a", 2))

    laptop.events = {3: duplicate}
    observation = laptop.observe("a")

    assert observation.complete
    assert len(observation.records.spans) == 3


def test_it_ends_at_the_deadline() -> None:
    """What has not arrived by then is not waited for any longer."""
    laptop = Laptop()
    observation = laptop.observe("a", deadline_seconds=3.2)

    assert not observation.complete
    assert observation.seconds == 3.2


def test_a_look_that_takes_long_is_followed_by_a_longer_rest() -> None:
    """What is looked at needs the machine more, so a look takes a fifth of the time at most."""
    laptop = Laptop()
    laptop.look_seconds = 2
    laptop.observe("a", deadline_seconds=100)

    assert laptop.waits == 100 / (2 + 4 * 2)


def test_the_last_look_goes_through_everything_once_more() -> None:
    """A line that arrived long after its time is found before a message is called lost."""
    laptop = Laptop()
    laptop.logs.write("gateway", 100, line("Gateway", "other", 100))
    for hop in ("Gateway", "Ingest"):
        laptop.events[3 if hop == "Gateway" else 4] = (
            lambda hop=hop: laptop.logs.write(hop.lower(), 1, line(hop, "a", 1))  # type: ignore[misc]
        )
    observation = laptop.observe("a", deadline_seconds=5)

    assert observation.complete
    assert observation.seconds == 5


def test_a_span_is_read_once() -> None:
    """Overlapping looks do not count the same line again, but a second work on the event."""
    logs = FakeLogs()
    reader = spans(logs)
    for end in (1.0, 2.0, 3.0):
        logs.write("ingest", end, line("Ingest", "a", end))

    assert [span.end for span in reader.read()] == [1.0, 2.0, 3.0]
    assert len(reader.read()) == 3

    logs.write("ingest", 1.5, line("Ingest", "b", 1.5))

    assert [span.id for span in reader.read()] == ["a", "a", "a", "b"]


def test_nothing_is_read_from_before_the_run() -> None:
    """The log groups of an endpoint that stays up hold other runs."""
    logs = FakeLogs()
    logs.write("ingest", 99, line("Ingest", "a", 99))
    logs.write("ingest", 101, line("Ingest", "b", 101))

    assert [span.id for span in spans(logs, since=100).read()] == ["b"]
    assert min(logs.starts) == 100_000


def test_a_later_look_does_not_start_from_the_beginning() -> None:
    """It begins a few seconds before the newest line."""
    logs = FakeLogs()
    logs.write("ingest", 60, "anything")
    reader = spans(logs)
    reader.read()
    logs.starts.clear()
    reader.read()

    assert logs.starts == [0, 55_000]


def test_a_backlog_is_what_all_queues_hold() -> None:
    """Waiting and in flight, of every queue."""
    sqs = FakeSqs()
    sqs.put("one", "m-1", "")
    sqs.put("two", "m-2", "")
    sqs.put("two", "m-3", "")
    sqs.queues["two"].hidden.add("m-3")

    assert backlog(cast("Any", sqs), ["one", "two", "three"]) == 3
