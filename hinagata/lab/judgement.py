"""The expectations of a scenario, held against what was observed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hinagata.lab.accounting import (
    HopAccount,
    Records,
    SourceAccount,
    latencies,
    percentile,
)
from hinagata.lab.stored import StoredState
from hinagata.scenario import (
    EveryStored,
    Expectations,
    LatencyExpectation,
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
) -> list[Verdict]:
    """Return a verdict on each expectation, in the order of the scenario's fields.

    Args:
        expectations: what must hold.
        records: what was observed.
        sources: the accounts of the sources.
        hops: the accounts of the hops.
        stored: the state of the tables, for each of the expectations about them.
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
    verdicts += [_latency(expectation, records) for expectation in expectations.p99]
    verdicts += [_stored(expectation, stored[expectation]) for expectation in expectations.stored]
    return verdicts


def _at_least_one_accepted(account: SourceAccount) -> Verdict:
    # Without it a gateway that refuses everything would lose nothing, and pass.
    return Verdict(
        about=f"accepted from {account.source}", expected="at least 1", observed="0", met=False
    )


def _at_most(about: str, most: int, observed: int) -> Verdict:
    expected = f"at most {most}" if most else "0"
    return Verdict(about=about, expected=expected, observed=str(observed), met=observed <= most)


def _latency(expectation: LatencyExpectation, records: Records) -> Verdict:
    p99 = percentile(latencies(expectation.hop, records, source=expectation.source), 99)
    return Verdict(
        about=f"p99 {expectation.source} to {expectation.hop}",
        expected=f"at most {show_seconds(expectation.at_most_seconds)}",
        observed="nothing arrived" if p99 is None else show_seconds(p99),
        met=p99 is not None and p99 <= expectation.at_most_seconds,
    )


def _stored(expectation: StoredExpectation, state: StoredState) -> Verdict:
    match expectation:
        case NewestStored(table=table, key=key):
            about, expected = f"newest in {table}", f"{state.expected} by {key}"
        case EveryStored(table=table, source=source):
            about, expected = f"all in {table}", f"{state.expected} from {source}"
    wrong = [
        f"{len(values)} {word}"
        for word, values in (("absent", state.absent), ("stale", state.stale))
        if values
    ]
    return Verdict(
        about=about,
        expected=expected,
        observed=", ".join(wrong) or f"{state.expected}",
        met=state.met,
    )
