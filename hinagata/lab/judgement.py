"""The expectations of a scenario, held against what was observed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hinagata.lab.accounting import (
    HopAccount,
    Records,
    SourceAccount,
    latencies,
    percentile,
)
from hinagata.lab.lake_account import LakeAccount
from hinagata.lab.push_provider import Pushed
from hinagata.lab.stored import StoredState
from hinagata.lab.timeline import Timeline
from hinagata.lab.trace_tree import TraceAccount
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
from hinagata.scenario.units import show_seconds


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One expectation, what was observed, and whether it holds."""

    about: str
    expected: str
    observed: str
    met: bool


def judge(
    expectations: Expectations,
    *,
    records: Records,
    sources: Sequence[SourceAccount],
    hops: Sequence[HopAccount],
    stored: Mapping[StoredExpectation, StoredState],
    timeline: Timeline | None = None,
    entries: Mapping[str, str] | None = None,
    traces: Sequence[TraceAccount] = (),
) -> list[Verdict]:
    """Return a verdict on each expectation, in the order of the scenario's fields.

    Args:
        expectations: what must hold.
        records: what was observed.
        sources: the accounts of the sources.
        hops: the accounts of the hops.
        stored: the state of the tables, for each of the expectations about them.
        timeline: what happened when; needed for what is expected of throttles and backlogs.
        entries: for each source, the construct id of what takes its requests.
        traces: how far messages were followed, for each of the expectations about it.
    """
    verdicts = [_at_least_one_accepted(account) for account in sources if account.accepted == 0]
    totals = (
        ("refused", expectations.refused, sum(account.refused for account in sources)),
        ("lost", expectations.lost, sum(len(account.lost) for account in sources)),
        ("dead-lettered", expectations.dead_lettered, sum(hop.dead_lettered for hop in hops)),
    )
    verdicts += [
        _at_most(about, most, observed) for about, most, observed in totals if most is not None
    ]
    verdicts += [
        _latency(percent, expectation, records)
        for percent, latencies_ in (
            (50, expectations.p50),
            (95, expectations.p95),
            (99, expectations.p99),
        )
        for expectation in latencies_
    ]
    verdicts += _counts(expectations, hops)
    if timeline is not None:
        verdicts += [
            _count("throttled at", each, _throttled(each.node, timeline, entries or {}))
            for each in expectations.throttled
        ]
        verdicts += [_backlog(expectation, timeline) for expectation in expectations.backlog]
    verdicts += [_traced(account) for account in traces]
    verdicts += [_stored(expectation, stored[expectation]) for expectation in expectations.stored]
    return verdicts


def judge_pushed(service: str, pushed: Pushed) -> Verdict:
    """Return whether each message for a phone was delivered, or its phone is gone.

    Args:
        service: the push service's name in the scenario.
        pushed: what became of the messages.
    """
    again = f", {pushed.again} again" if pushed.again else ""
    return Verdict(
        about=f"delivered by {service}",
        expected=f"{pushed.accepted}, or gone",
        observed=f"{pushed.delivered}, {pushed.gone} gone, {pushed.retries} retries{again}",
        met=pushed.delivered + pushed.gone == pushed.accepted,
    )


def judge_lake(account: LakeAccount) -> Verdict:
    """Return whether a lake has every span of the messages that it was asked for.

    Args:
        account: what it has of them.
    """
    return Verdict(
        about=f"in the lake, of {account.asked} messages",
        expected=f"all {account.spans} spans",
        observed=f"{account.absent} absent" if account.absent else f"all {account.spans}",
        met=not account.absent,
    )


def _at_least_one_accepted(account: SourceAccount) -> Verdict:
    # Without it a gateway that refuses everything would lose nothing, and pass.
    return Verdict(
        about=f"accepted from {account.source}", expected="at least 1", observed="0", met=False
    )


def _at_most(about: str, most: int, observed: int) -> Verdict:
    expected = f"at most {most}" if most else "0"
    return Verdict(about=about, expected=expected, observed=str(observed), met=observed <= most)


def _latency(percent: int, expectation: LatencyExpectation, records: Records) -> Verdict:
    seconds = percentile(latencies(expectation.hop, records, source=expectation.source), percent)
    most = expectation.run_at_most_seconds or expectation.at_most_seconds
    return Verdict(
        about=f"p{percent} {expectation.source} to {expectation.hop}",
        expected=f"at most {show_seconds(most)}",
        observed="nothing arrived" if seconds is None else show_seconds(seconds),
        met=seconds is not None and seconds <= most,
    )


def _counts(expectations: Expectations, hops: Sequence[HopAccount]) -> Iterator[Verdict]:
    accounts = {account.hop: account for account in hops}
    for about, counts, name in (
        ("processed at", expectations.processed, "processed"),
        ("duplicates at", expectations.duplicates, "duplicates"),
        ("dead letters of", expectations.dead_letters, "dead_lettered"),
    ):
        for expectation in counts:
            account = accounts.get(expectation.node)
            yield _count(about, expectation, 0 if account is None else getattr(account, name))


def _count(about: str, expectation: CountExpectation, observed: int) -> Verdict:
    least, most = expectation.at_least, expectation.at_most
    if most is None:
        expected = f"at least {least}"
    elif least == most:
        expected = f"{most}"
    else:
        expected = f"{least} to {most}" if least else f"at most {most}"
    return Verdict(
        about=f"{about} {expectation.node}",
        expected=expected,
        observed=str(observed),
        met=least <= observed and (most is None or observed <= most),
    )


def _throttled(node: str, timeline: Timeline, entries: Mapping[str, str]) -> int:
    """Return how often a node refused: a function by its metric, else by what senders were told."""
    if node in timeline.throttled_functions:
        return sum(timeline.throttled_functions[node])
    return sum(
        sum(timeline.throttled_senders[source])
        for source, entry in entries.items()
        if entry == node
    )


def _backlog(expectation: BacklogExpectation, timeline: Timeline) -> Verdict:
    at = expectation.at_seconds
    if expectation.run_at_seconds is not None:
        at = expectation.run_at_seconds
    about = f"backlog at {expectation.node}"
    observed = timeline.backlog(expectation.node, at_seconds=at)
    return Verdict(
        about=about if at is None else f"{about} after {show_seconds(at)}",
        expected=f"at most {expectation.at_most}" if expectation.at_most else "0",
        observed="not seen" if observed is None else str(observed),
        met=observed is not None and observed <= expectation.at_most,
    )


def _traced(account: TraceAccount) -> Verdict:
    observed = f"all {account.arrived}"
    if account.arrived == 0:
        observed = "nothing arrived"
    elif account.breaks:
        worst = account.breaks[0]
        observed = f"{worst.messages} break at {worst.hop}"
    return Verdict(
        about=f"traced {account.source} to {account.hop}",
        expected=f"all {account.arrived}",
        observed=observed,
        met=account.arrived > 0 and not account.breaks,
    )


def _stored(expectation: StoredExpectation, state: StoredState) -> Verdict:
    match expectation:
        case NewestStored(key=key):
            expected = f"{state.expected} by {key}"
        case EveryStored(source=source):
            expected = f"{state.expected} from {source}"
        case LatestStored(source=source):
            expected = f"{state.expected} items of {source}"
    wrong = [
        f"{len(values)} {word}"
        for word, values in (("absent", state.absent), ("stale", state.stale))
        if values
    ]
    return Verdict(
        about=expectation.about,
        expected=expected,
        observed=", ".join(wrong) or f"{state.expected}",
        met=state.met,
    )
