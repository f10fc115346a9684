"""Messages followed by their traces, and the hop named where they break."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hinagata.lab.accounting import Flow, Records
from hinagata.lab.spans import Span
from hinagata.lab.trace_tree import Break, TraceAccount, trace_account, tree
from tests.workbench.lab.records import sent, span

FLOW = Flow(
    reaches={"cars": ["Gateway", "Ingest", "Health", "Partner"]},
    behind={},
    before={"Ingest": ["Gateway"], "Health": ["Ingest"], "Partner": ["Ingest"]},
)
WHOLE = (
    span("Gateway", "a", segment="g"),
    span("Ingest", "a", segment="i", parent="g"),
    span("Health", "a", segment="h", parent="i"),
    span("Partner", "a", segment="p", parent="i"),
)


def account(
    spans: Sequence[Span], *, hop: str = "Partner", messages: str = "a", flow: Flow = FLOW
) -> TraceAccount:
    """Follow some messages to a hop."""
    records = Records(sent=[sent(each) for each in messages], spans=spans, dead_letters=[])
    return trace_account(flow, records, source="cars", hop=hop)


def lines(spans: Sequence[Span]) -> list[str]:
    """Return a tree as indented names of hops."""
    return ["  " * depth + each.hop for trunk in tree(spans) for depth, each in trunk.flat()]


def test_a_message_is_followed_to_its_end() -> None:
    """One root, and each span after one of the hop before."""
    assert account(WHOLE) == TraceAccount(
        source="cars", hop="Partner", arrived=1, whole=1, breaks=()
    )


def test_the_hop_that_starts_a_trace_of_its_own_is_named() -> None:
    """With the one that sends to it; what comes behind it is its fault too."""
    broken = [
        WHOLE[0],
        span("Ingest", "a", segment="i", trace="1-9-9"),
        span("Partner", "a", segment="p", parent="i", trace="1-9-9"),
    ]

    assert account(broken).breaks == (
        Break(before=("Gateway",), hop="Ingest", messages=1, example="a"),
    )


def test_a_hop_beside_the_way_breaks_nothing() -> None:
    """Who follows messages to Partner does not ask how Health fares."""
    broken = [*WHOLE[:2], span("Health", "a", trace="1-9-9"), WHOLE[3]]

    assert account(broken).breaks == ()
    assert account(broken, hop="Health").breaks == (
        Break(before=("Ingest",), hop="Health", messages=1, example="a"),
    )


def test_a_hop_that_knows_the_root_but_not_who_sent_is_named() -> None:
    """The tree has two trunks then."""
    broken = [*WHOLE[:2], span("Partner", "a", segment="p")]

    assert [each.hop for each in account(broken).breaks] == ["Partner"]


def test_a_sender_that_died_before_it_wrote_its_line_breaks_nothing() -> None:
    """What it sent carries the trace, and the next attempt wrote one."""
    spans = [*WHOLE[:2], span("Partner", "a", segment="p", parent="dead")]

    assert account(spans).breaks == ()


def test_an_entry_may_have_a_parent_that_is_no_hop() -> None:
    """An API or a load balancer writes a segment of its own."""
    spans = [span("Gateway", "a", segment="g", parent="api"), *WHOLE[1:]]

    assert account(spans).breaks == ()


def test_an_entry_that_starts_a_trace_of_its_own_breaks_after_the_source() -> None:
    """Nobody else sends to it."""
    spans = [span("Gateway", "a", trace="1-9-9", segment="g"), *WHOLE[1:]]

    assert account(spans).breaks == (
        Break(before=("cars",), hop="Gateway", messages=1, example="a"),
    )


def test_lines_without_segments_are_followed_by_the_root_alone() -> None:
    """Code that is not ours may know no parents."""
    bare = [span(hop, "a") for hop in ("Gateway", "Ingest", "Partner")]

    assert account(bare).breaks == ()


def test_a_message_that_did_not_arrive_is_no_break() -> None:
    """It is lost, which another expectation is about."""
    failed = [*WHOLE[:3], span("Partner", "a", status="error", trace="1-9-9")]

    assert (account(failed).arrived, account(failed).breaks) == (0, ())


def test_breaks_come_with_their_number_and_an_example() -> None:
    """The most frequent place first."""
    spans = [
        *(span("Gateway", event, segment=f"g{event}") for event in "abc"),
        *(span("Ingest", event, segment=f"i{event}", parent=f"g{event}") for event in "bc"),
        span("Ingest", "a", trace="1-9-9"),
        *(span("Partner", event) for event in "abc"),
    ]

    assert account(spans, messages="abc").breaks == (
        Break(before=("Ingest",), hop="Partner", messages=2, example="b"),
        Break(before=("Gateway",), hop="Ingest", messages=1, example="a"),
    )


def test_without_a_topology_all_hops_before_are_on_the_way() -> None:
    """In the order in which the scenario names them."""
    flow = Flow(reaches=FLOW.reaches, behind={})
    broken = [WHOLE[0], span("Ingest", "a", trace="1-9-9"), *WHOLE[2:]]

    assert account(broken, flow=flow).breaks == (
        Break(before=("Gateway",), hop="Ingest", messages=1, example="a"),
    )


def test_hops_that_nobody_sends_to_have_nobody_before_them() -> None:
    """A bus that an API puts on with no code: each consumer is the first to write a line."""
    flow = Flow(reaches=FLOW.reaches, behind={}, before={})
    consumers = [span("Gateway", "a", segment="g"), span("Ingest", "a", segment="i")]

    assert account(consumers, hop="Ingest", flow=flow).breaks == ()


def test_a_tree_has_branches() -> None:
    """Who was told by the same span stands below it, in the order of their beginning."""
    assert lines(WHOLE) == ["Gateway", "  Ingest", "    Health", "    Partner"]


def test_each_attempt_is_a_branch() -> None:
    """A message that came twice, and went on twice."""
    spans = [
        *WHOLE[:2],
        span("Ingest", "a", segment="i2", parent="g", end=5),
        span("Health", "a", segment="h2", parent="i2", end=6),
        WHOLE[2],
    ]

    assert lines(spans) == ["Gateway", "  Ingest", "    Health", "  Ingest", "    Health"]


@given(
    st.lists(
        st.builds(
            span,
            st.sampled_from("ABC"),
            st.just("a"),
            end=st.floats(0, 10),
            parent=st.sampled_from(["", "1", "2", "3"]),
            segment=st.sampled_from(["", "1", "2", "3"]),
        ),
        max_size=6,
    )
)
def test_any_lines_make_a_tree_that_ends(spans: list[Span]) -> None:
    """Also such as name each other, or themselves, as parents."""
    assert len(lines(spans)) <= 6**4
