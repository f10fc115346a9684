"""What happened second by second."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from hinagata.lab.accounting import Flow, Records
from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.spans import Span
from hinagata.lab.timeline import Sample, Sampler, Timeline, timeline
from hinagata.lab.traffic import Sent
from tests.polling import eventually
from tests.workbench.lab.records import dead, sent, span

FLOW = Flow(
    reaches={"cars": ["Gateway", "Ingest"]},
    behind={"Gateway": ["Ingest"]},
    before={"Ingest": ["Gateway"]},
)


def line(
    *seen: Sent | Span | DeadLetter,
    until: float = 104.0,
    throttles: dict[str, list[float]] | None = None,
) -> Timeline:
    """Return what happened second by second."""
    records = Records(
        sent=[each for each in seen if isinstance(each, Sent)],
        spans=[each for each in seen if isinstance(each, Span)],
        dead_letters=[each for each in seen if isinstance(each, DeadLetter)],
        looked_at=until,
    )
    return timeline(FLOW, records, throttles=throttles)


def test_seconds_are_counted_from_the_first_message() -> None:
    """What was sent, done, wrong and refused, each in its second; there is one for each."""
    found = line(
        sent("a", at=100.0, throttled_at=(100.1, 101.5)),
        sent("b", at=101.9),
        span("Gateway", "a", end=100.5),
        span("Gateway", "b", end=102.0, status="error"),
        span("Gateway", "b", end=103.9),
        throttles={"Ingest": [103.2]},
    )

    assert (found.started, found.seconds) == (100.0, 4)
    assert found.sent == {"cars": [1, 1, 0, 0]}
    assert found.done == {"Gateway": [1, 0, 0, 1], "Ingest": [0, 0, 0, 0]}
    assert found.errors["Gateway"] == [0, 0, 1, 0]
    assert found.throttled_senders == {"cars": [1, 1, 0, 0]}
    assert found.throttled_functions == {"Ingest": [0, 0, 0, 1]}


def test_a_message_waits_where_it_has_come() -> None:
    """At a hop from when the one before is done until it is done itself."""
    found = line(
        sent("a", at=100.0),
        span("Gateway", "a", end=101.5),
        span("Ingest", "a", end=103.5),
    )

    assert found.waiting == {"Gateway": [1, 0, 0, 0], "Ingest": [0, 1, 1, 0]}


def test_what_was_given_up_waits_no_more() -> None:
    """Neither where it failed for the last time, nor behind."""
    found = line(
        sent("a", at=100.0),
        span("Gateway", "a", end=101.5),
        span("Ingest", "a", end=102.5, status="error"),
        dead("Ingest", "a"),
    )

    assert found.waiting["Ingest"] == [0, 1, 0, 0]


def test_messages_that_start_everything_up_are_left_out() -> None:
    """The curves begin with the traffic."""
    found = line(
        sent("w", at=50.0, warm_up=True),
        span("Gateway", "w", end=51.0),
        sent("a", at=100.0),
        span("Gateway", "a", end=100.5),
    )

    assert (found.started, found.seconds) == (100.0, 4)
    assert sum(found.done["Gateway"]) == 1
    assert max(found.waiting["Gateway"]) <= 1


def test_a_run_of_nothing_has_a_second_in_which_nothing_happened() -> None:
    """Somebody may end it before the first message."""
    found = line()

    assert (found.seconds, found.sent) == (1, {"cars": [0]})


@given(
    st.lists(
        st.tuples(st.floats(100, 110), st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=20
    )
)
def test_nobody_waits_before_coming(moments: list[tuple[float, float, float]]) -> None:
    """The number is never below zero, and zero once all are done."""
    seen: list[Sent | Span] = []
    for number, (at, first, second) in enumerate(moments):
        seen.append(sent(str(number), at=at))
        seen.append(span("Gateway", str(number), end=at + first))
        seen.append(span("Ingest", str(number), end=at + first + second - 1))
    found = line(*seen, until=130.0)

    for waiting in found.waiting.values():
        assert min(waiting) >= 0
        assert waiting[-1] == 0


def test_a_backlog_is_read_off() -> None:
    """Its height at a time, or the greatest; of a queue as sampled; None of what nobody saw."""
    waits = line(sent("a", at=100.0), span("Gateway", "a", end=102.5))
    sampled = Timeline(
        **{
            **vars(waits),
            "queues": (
                Sample(at=99.0, depths={"Queue": 50}),
                Sample(at=101.0, depths={"Queue": 7}),
                Sample(at=103.0, depths={"Queue": 2}),
            ),
        }
    )

    assert waits.backlog("Gateway", at_seconds=None) == 1
    assert waits.backlog("Gateway", at_seconds=1.5) == 1
    assert waits.backlog("Gateway", at_seconds=90) == 0
    assert waits.backlog("Queue", at_seconds=None) is None
    assert sampled.backlog("Queue", at_seconds=None) == 7
    assert sampled.backlog("Queue", at_seconds=2) == 7
    assert sampled.backlog("Queue", at_seconds=90) == 2


def test_a_sampler_asks_until_its_end() -> None:
    """Again and again, past an answer that fails; afterwards its thread is gone."""
    answers = iter([{"Queue": 1}])

    with Sampler(lambda: next(answers, None) or fail(), every_seconds=0.01) as sampler:
        eventually(lambda: sampler.samples)
    threads = [thread for thread in threading.enumerate() if thread is sampler._thread]

    assert [sample.depths for sample in sampler.samples] == [{"Queue": 1}]
    assert threads == []


def fail() -> dict[str, int]:
    """Do as an endpoint that has ended."""
    raise ConnectionError
