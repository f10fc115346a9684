"""Where every message is, by hand-made records."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.lab.accounting import (
    Ending,
    Flow,
    HopAccount,
    Missing,
    Records,
    hop_accounts,
    journeys,
    latencies,
    missing,
    path_accounts,
    percentile,
    source_accounts,
)
from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.spans import Span
from hinagata.lab.traffic import Sent
from tests.workbench.lab.records import dead, sent, span

# Gateway -> Ingest -> {Health, Partner}
FLOW = Flow(
    reaches={"cars": ["Gateway", "Ingest", "Health", "Partner"], "operators": ["Api", "Gateway"]},
    behind={"Gateway": ["Ingest", "Health", "Partner"], "Ingest": ["Health", "Partner"]},
)


def records(*found: Sent | Span | DeadLetter) -> Records:
    """Sort records of any kind into their places."""
    return Records(
        sent=[record for record in found if isinstance(record, Sent)],
        spans=[record for record in found if isinstance(record, Span)],
        dead_letters=[record for record in found if isinstance(record, DeadLetter)],
    )


def everywhere(event: str) -> list[Span]:
    """Return an event's spans at every hop of the cars."""
    return [span(hop, event) for hop in FLOW.reaches["cars"]]


def hop(name: str, *found: Sent | Span | DeadLetter) -> HopAccount:
    """Return the account of one hop."""
    return next(account for account in hop_accounts(FLOW, records(*found)) if account.hop == name)


def test_a_message_that_every_hop_processed_is_not_missing() -> None:
    """One span at each hop that its source reaches settles a message."""
    assert missing(FLOW, records(sent("a"), *everywhere("a"))) == []


def test_a_message_is_missing_where_no_hop_processed_it() -> None:
    """The hops without a span are named, in the order of the flow."""
    found = records(sent("a"), span("Gateway", "a"), span("Health", "a"))

    assert missing(FLOW, found) == [Missing(source="cars", id="a", hops=("Ingest", "Partner"))]


def test_a_failed_attempt_does_not_settle_a_message() -> None:
    """An error is not a processing."""
    found = records(sent("a"), *everywhere("a")[:-1], span("Partner", "a", status="error"))

    assert missing(FLOW, found) == [Missing(source="cars", id="a", hops=("Partner",))]


def test_a_recognised_repeat_settles_a_message() -> None:
    """A hop that says it had processed the message before is done with it."""
    found = records(sent("a"), *everywhere("a")[:-1], span("Partner", "a", status="repeat"))

    assert missing(FLOW, found) == []


def test_a_refused_message_is_not_missing() -> None:
    """Its sender knows that it was not taken."""
    assert missing(FLOW, records(sent("a", accepted=False))) == []


def test_a_dead_letter_settles_its_hop_and_what_lies_behind() -> None:
    """What Ingest gave up cannot arrive at a worker."""
    assert missing(FLOW, records(sent("a"), span("Gateway", "a"), dead("Ingest", "a"))) == []


def test_a_dead_letter_does_not_excuse_the_other_branch() -> None:
    """What Health gave up must still arrive at Partner."""
    found = records(sent("a"), *everywhere("a")[:2], dead("Health", "a"))

    assert missing(FLOW, found) == [Missing(source="cars", id="a", hops=("Partner",))]


def test_a_dead_letter_that_does_not_tell_its_event_excuses_nothing() -> None:
    """It is counted, and the message stays missing."""
    found = records(sent("a"), *everywhere("a")[:-1], dead("Partner", None))

    assert [message.hops for message in missing(FLOW, found)] == [("Partner",)]
    assert hop("Partner", *found.sent, *found.spans, *found.dead_letters).dead_lettered == 1


def test_a_source_is_accounted_for() -> None:
    """Sent, accepted, refused, retried, late and lost are told apart."""
    found = records(
        sent("a", attempts=3, late=0.25),
        sent("b"),
        sent("c", accepted=False, attempts=5),
        sent("d", source="operators"),
        *everywhere("a"),
    )
    cars, operators = source_accounts(FLOW, found)

    assert (cars.source, cars.sent, cars.accepted, cars.refused) == ("cars", 3, 2, 1)
    assert (cars.retries, cars.latest_seconds) == (6, 0.25)
    assert [message.id for message in cars.lost] == ["b"]
    assert [message.hops for message in operators.lost] == [("Api", "Gateway")]


def test_a_second_processing_is_a_duplicate() -> None:
    """Each further `ok` of an event counts once, and the event once as processed."""
    account = hop("Ingest", sent("a"), *(span("Ingest", "a", end=end) for end in (1.0, 2.0, 3.0)))

    assert (account.received, account.processed, account.duplicates) == (1, 1, 2)


def made_of(event: str, sender: str, number: int, kind: str = "object.created") -> list[Span]:
    """Return a hop's work on an event, and that of Health on what it made of it."""
    return [
        replace(span(sender, event), segment=f"{sender}-{number}"),
        replace(span("Health", event), parent=f"{sender}-{number}", type=kind),
    ]


def test_what_several_hops_make_of_a_message_is_no_duplicate() -> None:
    """Three steps change a bucket, two in the same way: a hop that follows it has three works."""
    created = [*made_of("a", "Store", 1), *made_of("a", "Print", 1)]
    found = [*created, *made_of("a", "Discard", 1, "object.removed")]
    account = hop("Health", sent("a"), *found)

    assert (account.received, account.deliveries) == (1, 3)
    assert (account.duplicates, account.again) == (0, 0)
    assert ending(sent("a"), *everywhere("a")[:2], span("Partner", "a"), *found) is Ending.ONCE


def test_what_one_hop_makes_of_a_message_twice_is_a_duplicate() -> None:
    """Whether the hop did its work again, or what it made came again."""
    twice = [*made_of("a", "Store", 1), *made_of("a", "Store", 2), *made_of("a", "Print", 1)]
    came_again = [*made_of("b", "Store", 3), made_of("b", "Store", 3)[1]]
    account = hop("Health", sent("a"), sent("b"), *twice, *came_again)

    assert (account.duplicates, account.again) == (2, 2)


def test_a_sender_that_ended_before_it_could_say_so_hides_no_duplicate() -> None:
    """It sent, and was gone; its second try sent again: the hop behind it did its work twice."""
    unknown, known = made_of("a", "Store", 1), made_of("a", "Store", 2)

    assert hop("Health", sent("a"), unknown[1], *known).duplicates == 1


def test_a_recognised_repeat_is_no_duplicate() -> None:
    """An idempotent hop that does nothing again is counted apart."""
    account = hop(
        "Ingest", sent("a"), span("Ingest", "a"), span("Ingest", "a", end=2.0, status="repeat")
    )

    assert (account.processed, account.duplicates, account.repeats) == (1, 0, 1)


def ending(*found: Sent | Span | DeadLetter) -> Ending:
    """Return where a message ended."""
    (journey,) = journeys(FLOW, records(*found))
    return journey.ending


def test_every_message_ends_somewhere() -> None:
    """Once, again, refused, dead, lost: of several the worst."""
    whole = everywhere("a")

    assert ending(sent("a"), *whole) is Ending.ONCE
    assert ending(sent("a"), *whole, span("Ingest", "a", end=2, status="repeat")) is Ending.ONCE
    assert ending(sent("a"), *whole, span("Ingest", "a", end=2)) is Ending.AGAIN
    assert ending(sent("a", accepted=False)) is Ending.REFUSED
    assert ending(sent("a"), *whole[:-1], dead("Partner", "a")) is Ending.DEAD_LETTERED
    assert ending(sent("a"), *whole[:-1]) is Ending.LOST


def test_a_dead_letter_of_a_message_that_was_processed_is_no_end() -> None:
    """A function may have ended between its work and its answer; or it came back by redrive."""
    assert ending(sent("a"), *everywhere("a"), dead("Partner", "a")) is Ending.ONCE


def test_the_endings_of_a_source_are_all_its_messages() -> None:
    """Whatever happened, the numbers add up."""
    account, _ = source_accounts(
        FLOW,
        records(
            sent("a"),
            sent("b"),
            sent("c", accepted=False),
            *everywhere("a"),
            span("Ingest", "a", end=2.0),
        ),
    )

    assert account.endings[Ending.AGAIN] == account.endings[Ending.LOST] == 1
    assert sum(account.endings.values()) == account.sent == 3


def test_a_message_that_waited_longer_than_it_is_kept_has_expired() -> None:
    """It is lost, and it is known how; before a hop that keeps it longer it is only lost."""
    flow = Flow(reaches={"cars": ["Gateway", "Ingest"]}, behind={}, keeps_seconds={"Ingest": 60})
    found = Records(
        sent=[sent("a", at=0.0)], spans=[span("Gateway", "a")], dead_letters=[], looked_at=61.0
    )
    early = Records(
        sent=found.sent, spans=found.spans, dead_letters=found.dead_letters, looked_at=59.0
    )

    assert [message.expired for message in missing(flow, found)] == [("Ingest",)]
    assert [journey.ending for journey in journeys(flow, found)] == [Ending.EXPIRED]
    assert [account.expired for account in hop_accounts(flow, found)] == [0, 1]
    assert [account.lost for account in hop_accounts(flow, early)] == [0, 1]
    assert [journey.ending for journey in journeys(flow, early)] == [Ending.LOST]


def test_a_hop_tells_what_came_how_often() -> None:
    """Deliveries count each time, messages once."""
    account = hop(
        "Ingest",
        sent("a"),
        sent("b"),
        *(span("Ingest", "a", end=end) for end in (1.0, 2.0, 3.0)),
        span("Ingest", "b", status="error"),
    )

    assert (account.received, account.deliveries, account.again) == (2, 4, 1)
    assert (account.processed, account.lost) == (1, 1)


def test_a_path_is_measured_by_the_senders_clock() -> None:
    """Its percentiles, its longest, and of how many messages; a way that nobody went has none."""
    found = [sent(str(number), at=0.0) for number in range(1, 101)]
    spans = [span("Gateway", str(number), end=float(number)) for number in range(1, 101)]
    gateway, ingest, *_ = path_accounts(FLOW, records(*found, *spans))

    assert (gateway.source, gateway.hop, gateway.messages) == ("cars", "Gateway", 100)
    assert (gateway.p50_seconds, gateway.p95_seconds, gateway.p99_seconds) == (50, 95, 99)
    assert gateway.longest_seconds == 100
    assert (ingest.messages, ingest.p99_seconds) == (0, None)


def test_errors_are_counted_and_not_processed() -> None:
    """A message that only failed was received, not processed."""
    account = hop(
        "Ingest",
        sent("a"),
        span("Ingest", "a", status="error"),
        span("Ingest", "a", end=2.0, status="error"),
    )

    assert (account.received, account.processed, account.errors) == (1, 0, 2)
    assert (account.p50_ms, account.p99_ms) == (None, None)


def test_a_latency_ends_with_the_first_processing() -> None:
    """Failures before it count in, duplicates after it do not."""
    found: list[Sent | Span] = [
        sent("a", at=10.0),
        span("Ingest", "a", end=10.5, status="error"),
        span("Ingest", "a", end=12.0),
        span("Ingest", "a", end=99.0),
    ]

    assert latencies("Ingest", records(*found), source="cars") == [2.0]
    assert hop("Ingest", *found).p50_ms == 2000


def test_messages_that_start_everything_up_are_left_out_of_latencies_alone() -> None:
    """They must arrive like all others, but how long a start takes is not how long work takes."""
    found: list[Sent | Span] = [
        sent("a", warm_up=True),
        sent("b"),
        span("Ingest", "a", end=9.0),
        span("Ingest", "b", end=1.0),
    ]
    account = hop("Ingest", *found)

    assert latencies("Ingest", records(*found), source="cars") == [1.0]
    assert (account.p50_ms, account.p99_ms) == (1000, 1000)
    assert (account.received, account.processed) == (2, 2)


def test_a_latency_is_of_one_source() -> None:
    """A hop that two sources share is measured for each."""
    found = records(
        sent("a", at=0.0),
        sent("b", source="operators", at=0.0),
        span("Gateway", "a", end=1.0),
        span("Gateway", "b", end=3.0),
    )

    assert latencies("Gateway", found, source="operators") == [3.0]


def test_events_of_other_runs_are_not_counted() -> None:
    """A span of an event that was not sent belongs to somebody else."""
    assert hop("Ingest", sent("a"), span("Ingest", "x")).received == 0


def test_hops_come_in_the_order_of_the_flow_and_then_the_others() -> None:
    """A hop that no source names, such as a retry, follows those that are named."""
    found = records(sent("a"), span("Retry", "a"), dead("Archive", "a"))

    assert [account.hop for account in hop_accounts(FLOW, found)] == [
        *("Gateway", "Ingest", "Health", "Partner", "Api"),
        *("Retry", "Archive"),
    ]


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1), (50, 50), (99, 99), (99.1, 100), (100, 100)]
)
def test_a_percentile_is_one_of_the_values(percent: float, value: int) -> None:
    """Of the numbers from 1 to 100 the nth percentile is n: nearest rank, nothing interpolated."""
    assert percentile(range(100, 0, -1), percent) == value


@given(st.lists(st.integers(), min_size=1), st.floats(0, 100))
def test_enough_values_do_not_exceed_a_percentile(values: list[int], percent: float) -> None:
    """By its definition, and for any values."""
    found = percentile(values, percent)

    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100


def test_no_values_have_no_percentile() -> None:
    """A hop where nothing arrived has no latency."""
    assert percentile([], 99) is None
