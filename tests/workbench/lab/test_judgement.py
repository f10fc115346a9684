"""Expectations held against accounts, and against what lies in tables."""

from hinagata.lab.accounting import Flow, Records, hop_accounts, source_accounts
from hinagata.lab.judgement import Verdict, judge
from hinagata.lab.stored import StoredState, judge_every, judge_newest
from hinagata.scenario import EveryStored, Expectations, LatencyExpectation, NewestStored
from tests.workbench.lab.records import dead, sent, span

FLOW = Flow(reaches={"cars": ["Gateway"]}, behind={})
NEWEST = NewestStored(
    table="State", key="vehicle_id", sources=("cars", "alarms"), id_attribute="event_id"
)
EVERY = EveryStored(table="Mailbox", source="operators", id_attribute="command_id")


def verdicts(
    expectations: Expectations,
    records: Records,
    stored: dict[EveryStored | NewestStored, StoredState] | None = None,
) -> list[Verdict]:
    """Judge a run."""
    return judge(
        expectations,
        records=records,
        sources=source_accounts(FLOW, records),
        hops=hop_accounts(FLOW, records),
        stored=stored or {},
    )


def test_counts_are_held_against_the_most_that_is_allowed() -> None:
    """Refused, lost and dead-lettered are totals over all sources and hops."""
    records = Records(
        sent=[sent("a"), sent("b"), sent("c", accepted=False)],
        spans=[],
        dead_letters=[dead("Gateway", "b")],
    )

    assert verdicts(Expectations(refused=1, lost=0, dead_lettered=0), records) == [
        Verdict(about="refused", expected="at most 1", observed="1", met=True),
        Verdict(about="lost", expected="0", observed="1", met=False),
        Verdict(about="dead-lettered", expected="0", observed="1", met=False),
    ]


def test_what_is_not_expected_is_not_judged() -> None:
    """A scenario without expectations has no verdict."""
    assert verdicts(Expectations(), Records(sent=[sent("a")], spans=[], dead_letters=[])) == []


def test_a_source_that_was_never_accepted_cannot_pass() -> None:
    """Who takes nothing loses nothing; that is no success."""
    records = Records(sent=[sent("a", accepted=False)], spans=[], dead_letters=[])

    assert verdicts(Expectations(lost=0), records) == [
        Verdict(about="accepted from cars", expected="at least 1", observed="0", met=False),
        Verdict(about="lost", expected="0", observed="0", met=True),
    ]


def test_a_latency_is_held_against_its_limit() -> None:
    """The limit itself is good."""
    records = Records(sent=[sent("a")], spans=[span("Gateway", "a", end=2.0)], dead_letters=[])
    limits = [
        LatencyExpectation(source="cars", hop="Gateway", at_most_seconds=limit)
        for limit in (2.0, 1.999)
    ]

    assert verdicts(Expectations(p99=tuple(limits)), records) == [
        Verdict(about="p99 cars to Gateway", expected="at most 2 s", observed="2 s", met=True),
        Verdict(about="p99 cars to Gateway", expected="at most 2 s", observed="2 s", met=False),
    ]


def test_a_latency_of_nothing_is_a_miss() -> None:
    """No message arrived in time if none arrived."""
    records = Records(sent=[sent("a")], spans=[], dead_letters=[])
    limit = LatencyExpectation(source="cars", hop="Gateway", at_most_seconds=0.5)

    assert verdicts(Expectations(p99=(limit,)), records) == [
        Verdict(
            about="p99 cars to Gateway",
            expected="at most 500 ms",
            observed="nothing arrived",
            met=False,
        )
    ]


def test_the_state_of_tables_is_told() -> None:
    """How much is absent or stale, or that all is there."""
    records = Records(sent=[sent("a")], spans=[], dead_letters=[])
    stored: dict[EveryStored | NewestStored, StoredState] = {
        NEWEST: StoredState(expected=9, absent=("v-1",), stale=("v-2", "v-3")),
        EVERY: StoredState(expected=5, absent=()),
    }

    assert verdicts(Expectations(stored=(NEWEST, EVERY)), records, stored) == [
        Verdict(
            about="newest in State",
            expected="9 by vehicle_id",
            observed="1 absent, 2 stale",
            met=False,
        ),
        Verdict(about="all in Mailbox", expected="5 from operators", observed="5", met=True),
    ]


def test_every_accepted_message_of_a_source_must_be_stored() -> None:
    """Refused messages and those of other sources need not be."""
    state = judge_every(
        EVERY,
        [
            sent("a", source="operators"),
            sent("b", source="operators"),
            sent("c", source="operators", accepted=False),
            sent("d", source="cars"),
        ],
        [{"command_id": "a"}, {"other": "b"}],
    )

    assert state == StoredState(expected=2, absent=("b",))
    assert not state.met


def test_the_newest_message_of_each_key_must_be_stored() -> None:
    """Sources compete; the item of a key is right, stale or absent."""
    state = judge_newest(
        NEWEST,
        [
            sent("a1", at=2, key="A", source="alarms"),
            sent("a2", at=1, key="A"),
            sent("b1", at=1, key="B"),
            sent("b2", at=2, key="B"),
            sent("c1", at=1, key="C"),
            sent("d1", at=1, key="D", source="operators"),
        ],
        [{"vehicle_id": "A", "event_id": "a1"}, {"vehicle_id": "B", "event_id": "b1"}],
    )

    assert state == StoredState(expected=3, absent=("C",), stale=("B",))
    assert not state.met


def test_a_refused_message_may_be_the_newest() -> None:
    """Its answer may have been lost after it was taken; an older one may be stored as well."""
    messages = [sent("a1", at=1, key="A"), sent("a2", at=2, key="A", accepted=False)]

    for stored in ("a1", "a2"):
        state = judge_newest(NEWEST, messages, [{"vehicle_id": "A", "event_id": stored}])
        assert state == StoredState(expected=1, absent=())
        assert state.met
