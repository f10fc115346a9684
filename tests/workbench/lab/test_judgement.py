"""Expectations held against accounts, and against what lies in tables."""

from collections.abc import Mapping
from dataclasses import replace

from hinagata.lab.accounting import Flow, Records, hop_accounts, source_accounts
from hinagata.lab.judgement import Verdict, judge
from hinagata.lab.stored import StoredState, judge_every, judge_newest
from hinagata.lab.timeline import Sample, Timeline
from hinagata.lab.trace_tree import Break, TraceAccount
from hinagata.scenario import (
    BacklogExpectation,
    CountExpectation,
    EveryStored,
    Expectations,
    LatencyExpectation,
    LatestStored,
    NewestStored,
    StoredExpectation,
)
from tests.workbench.lab.records import dead, sent, span

FLOW = Flow(reaches={"cars": ["Gateway"]}, behind={})
NEWEST = NewestStored(
    table="State", key="vehicle_id", sources=("cars", "alarms"), id_attribute="event_id"
)
EVERY = EveryStored(table="Mailbox", source="operators", id_attribute="command_id")


def verdicts(
    expectations: Expectations,
    records: Records,
    stored: Mapping[StoredExpectation, StoredState] | None = None,
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


def test_a_run_has_a_limit_of_its_own() -> None:
    """A laptop may take longer than what is promised of AWS."""
    records = Records(sent=[sent("a")], spans=[span("Gateway", "a", end=4.0)], dead_letters=[])
    limit = LatencyExpectation(
        source="cars", hop="Gateway", at_most_seconds=2, run_at_most_seconds=5
    )

    assert verdicts(Expectations(p99=(limit,)), records) == [
        Verdict(about="p99 cars to Gateway", expected="at most 5 s", observed="4 s", met=True)
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
    stored: dict[StoredExpectation, StoredState] = {
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


def test_two_expectations_of_one_table_are_told_apart() -> None:
    """By the keys whose values it holds, or by the attributes where these are given."""
    held = ({"value": '"{setpoint}"'}, {"value": '"{mode}"'}, {"status": "retired"})
    wanted = tuple(
        LatestStored(table="Current", source="cars", where={"id": "{id}"}, holds=holds)
        for holds in held
    )
    stored = dict.fromkeys(wanted, StoredState(expected=9, absent=()))
    records = Records(sent=[sent("a")], spans=[], dead_letters=[])

    assert [each.about for each in verdicts(Expectations(stored=wanted), records, stored)] == [
        "latest setpoint in Current",
        "latest mode in Current",
        "latest status in Current",
    ]


def test_a_median_has_a_limit_of_its_own() -> None:
    """Half of the messages may be later."""
    records = Records(
        sent=[sent("a"), sent("b")],
        spans=[span("Gateway", "a", end=1.0), span("Gateway", "b", end=9.0)],
        dead_letters=[],
    )
    limit = LatencyExpectation(source="cars", hop="Gateway", at_most_seconds=2)

    assert verdicts(Expectations(p50=(limit,), p95=(limit,)), records) == [
        Verdict(about="p50 cars to Gateway", expected="at most 2 s", observed="1 s", met=True),
        Verdict(about="p95 cars to Gateway", expected="at most 2 s", observed="9 s", met=False),
    ]


def test_counts_of_a_hop_have_bounds() -> None:
    """What it processed, did again and gave up; a hop where nothing came counts nothing."""
    records = Records(
        sent=[sent("a"), sent("b")],
        spans=[
            span("Gateway", "a"),
            span("Gateway", "a", end=2),
            span("Gateway", "b", status="error"),
        ],
        dead_letters=[dead("Gateway", "b")],
    )
    expectations = Expectations(
        processed=(
            CountExpectation(node="Gateway", at_least=2),
            CountExpectation(node="Elsewhere", at_least=1),
        ),
        duplicates=(CountExpectation(node="Gateway", at_most=1),),
        dead_letters=(
            CountExpectation(node="Gateway", at_least=1, at_most=1),
            CountExpectation(node="Gateway", at_least=2, at_most=3),
            CountExpectation(node="Gateway", at_most=0),
        ),
    )

    assert verdicts(expectations, records) == [
        Verdict(about="processed at Gateway", expected="at least 2", observed="1", met=False),
        Verdict(about="processed at Elsewhere", expected="at least 1", observed="0", met=False),
        Verdict(about="duplicates at Gateway", expected="at most 1", observed="1", met=True),
        Verdict(about="dead letters of Gateway", expected="1", observed="1", met=True),
        Verdict(about="dead letters of Gateway", expected="2 to 3", observed="1", met=False),
        Verdict(about="dead letters of Gateway", expected="0", observed="1", met=False),
    ]


LINE = Timeline(
    started=0.0,
    seconds=3,
    sent={},
    throttled_senders={"cars": [0, 2, 0], "alarms": [1, 0, 0], "operators": [5, 0, 0]},
    throttled_functions={"Api": [0, 0, 3]},
    done={},
    errors={},
    waiting={"Gateway": [4, 9, 0]},
    queues=(Sample(at=1.0, depths={"Queue": 7}), Sample(at=2.0, depths={"Queue": 0})),
)
NOTHING = Records(sent=[sent("a")], spans=[], dead_letters=[])


def judged_by_time(expectations: Expectations) -> list[Verdict]:
    """Judge what happened when."""
    return judge(
        expectations,
        records=NOTHING,
        sources=source_accounts(FLOW, NOTHING),
        hops=(),
        stored={},
        timeline=LINE,
        entries={"cars": "Gateway", "alarms": "Gateway", "operators": "Api"},
    )


def test_throttles_are_the_functions_own_or_what_senders_were_told() -> None:
    """A function knows best; a load balancer's senders are counted together."""
    expectations = Expectations(
        throttled=(
            CountExpectation(node="Api", at_most=3),
            CountExpectation(node="Gateway", at_most=2),
        )
    )

    assert judged_by_time(expectations) == [
        Verdict(about="throttled at Api", expected="at most 3", observed="3", met=True),
        Verdict(about="throttled at Gateway", expected="at most 2", observed="3", met=False),
    ]


def test_a_backlog_is_judged_at_its_time_or_always() -> None:
    """A run has times of its own; what nobody saw cannot be good."""
    expectations = Expectations(
        backlog=(
            BacklogExpectation(node="Gateway", at_most=8),
            BacklogExpectation(node="Gateway", at_most=0, at_seconds=7200, run_at_seconds=2),
            BacklogExpectation(node="Queue", at_most=5, at_seconds=1.5),
            BacklogExpectation(node="Elsewhere", at_most=5),
        )
    )

    assert judged_by_time(expectations) == [
        Verdict(about="backlog at Gateway", expected="at most 8", observed="9", met=False),
        Verdict(about="backlog at Gateway after 2 s", expected="0", observed="0", met=True),
        Verdict(
            about="backlog at Queue after 1.5 s", expected="at most 5", observed="7", met=False
        ),
        Verdict(about="backlog at Elsewhere", expected="at most 5", observed="not seen", met=False),
    ]


def test_a_trace_must_be_whole_for_every_message() -> None:
    """The hop where it breaks is named; where nothing came there is nothing to follow."""
    whole = TraceAccount(source="cars", hop="Partner", arrived=9, whole=9, breaks=())
    broken = replace(
        whole, whole=2, breaks=(Break(before=("Ingest",), hop="Health", messages=7, example="a"),)
    )
    verdicts = judge(
        Expectations(),
        records=NOTHING,
        sources=(),
        hops=(),
        stored={},
        traces=(whole, broken, replace(whole, arrived=0, whole=0)),
    )

    assert [(verdict.observed, verdict.met) for verdict in verdicts] == [
        ("all 9", True),
        ("7 break at Health", False),
        ("nothing arrived", False),
    ]
    assert {verdict.about for verdict in verdicts} == {"traced cars to Partner"}


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
