"""Where every message is: derived from what was sent, what the hops say, and the dead letters."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.spans import Span, Status
from hinagata.lab.traffic import Sent


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Which way messages go.

    Attributes:
        reaches: for each source, the hops at which each of its messages must end up processed.
        behind: for each hop, those that messages reach through it alone: what becomes a dead
            letter at the hop cannot arrive there.
    """

    reaches: Mapping[str, Sequence[str]]
    behind: Mapping[str, Collection[str]]

    def hops(self) -> list[str]:
        """Return every hop that a source reaches, in the order of their first mention."""
        return list(dict.fromkeys(hop for hops in self.reaches.values() for hop in hops))


@dataclass(frozen=True, kw_only=True)
class Records:
    """What was seen of a run; every statistic is derived from these."""

    sent: Sequence[Sent]
    spans: Sequence[Span]
    dead_letters: Sequence[DeadLetter]


@dataclass(frozen=True, kw_only=True)
class Missing:
    """An accepted message that some hops have not processed, and that is no dead letter there."""

    source: str
    id: str
    hops: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SourceAccount:
    """What became of the messages of a source.

    Attributes:
        source: the name of the source.
        sent: how many messages were sent.
        accepted: how many the entry took.
        refused: how many it did not take, however often they were sent.
        retries: how many attempts were not a message's first.
        latest_seconds: the most that a message was sent after its time, because the machine was
            too slow for the rate.
        lost: the accepted messages that are missing at a hop.
    """

    source: str
    sent: int
    accepted: int
    refused: int
    retries: int
    latest_seconds: float
    lost: tuple[Missing, ...]


@dataclass(frozen=True, kw_only=True)
class HopAccount:
    """What a hop did with the messages that were sent.

    Attributes:
        hop: the construct id of the hop.
        received: how many messages it began to handle.
        processed: how many it is done with.
        duplicates: how often it processed a message again.
        repeats: how often it recognised a message that it had processed.
        errors: how often it failed.
        dead_lettered: how many dead letters it left, whether or not they can be read.
        p50_ms: the median of the time from the sending of a message to its first processing,
            without the messages that started everything up.
        p99_ms: the 99th percentile of that time.
    """

    hop: str
    received: int
    processed: int
    duplicates: int
    repeats: int
    errors: int
    dead_lettered: int
    p50_ms: float | None
    p99_ms: float | None


def missing(flow: Flow, records: Records) -> list[Missing]:
    """Return the accepted messages that are not accounted for, in the order of their sending."""
    handled = {(span.hop, span.id) for span in records.spans if span.handled}
    excused = {
        (hop, letter.id)
        for letter in records.dead_letters
        for hop in (letter.hop, *flow.behind.get(letter.hop, ()))
    }
    found: list[Missing] = []
    for sent in records.sent:
        if sent.accepted_at is None:
            continue
        hops = tuple(
            hop
            for hop in flow.reaches[sent.source]
            if (hop, sent.id) not in handled and (hop, sent.id) not in excused
        )
        if hops:
            found.append(Missing(source=sent.source, id=sent.id, hops=hops))
    return found


def source_accounts(flow: Flow, records: Records) -> list[SourceAccount]:
    """Return an account of every source, in the order of the flow."""
    lost = missing(flow, records)
    accounts: list[SourceAccount] = []
    for source in flow.reaches:
        sent = [record for record in records.sent if record.source == source]
        accepted = sum(record.accepted_at is not None for record in sent)
        accounts.append(
            SourceAccount(
                source=source,
                sent=len(sent),
                accepted=accepted,
                refused=len(sent) - accepted,
                retries=sum(record.attempts - 1 for record in sent),
                latest_seconds=max((record.sent_at - record.due_at for record in sent), default=0),
                lost=tuple(message for message in lost if message.source == source),
            )
        )
    return accounts


def hop_accounts(flow: Flow, records: Records) -> list[HopAccount]:
    """Return an account of every hop: first those of the flow, in its order, then any others."""
    ids = {record.id for record in records.sent}
    measured = {record.id: record.sent_at for record in records.sent if not record.warm_up}
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in records.spans:
        if span.id in ids:
            spans[span.hop].append(span)
    dead = Counter(letter.hop for letter in records.dead_letters)
    hops = dict.fromkeys([*flow.hops(), *sorted(spans), *sorted(dead)])
    return [_hop_account(hop, spans[hop], dead[hop], measured) for hop in hops]


def latencies(hop: str, records: Records, *, source: str) -> list[float]:
    """Return, for each message of a source that a hop processed, the seconds from its sending.

    Messages that started everything up are left out.
    """
    sent_at = {
        record.id: record.sent_at
        for record in records.sent
        if record.source == source and not record.warm_up
    }
    return _latencies((span for span in records.spans if span.hop == hop), sent_at)


def percentile(values: Iterable[float], percent: float) -> float | None:
    """Return the smallest value that at least so many percent do not exceed; None of no values.

    Example:
        >>> percentile([10, 20, 30, 40], 50), percentile([10, 20, 30, 40], 99)
        (20, 40)
    """
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _hop_account(
    hop: str, spans: Sequence[Span], dead_lettered: int, sent_at: Mapping[str, float]
) -> HopAccount:
    statuses = Counter(span.status for span in spans)
    processings = Counter(span.id for span in spans if span.status is Status.OK)
    seconds = _latencies(spans, sent_at)
    p50, p99 = percentile(seconds, 50), percentile(seconds, 99)
    return HopAccount(
        hop=hop,
        received=len({span.id for span in spans}),
        processed=len({span.id for span in spans if span.handled}),
        duplicates=statuses[Status.OK] - len(processings),
        repeats=statuses[Status.REPEAT],
        errors=statuses[Status.ERROR],
        dead_lettered=dead_lettered,
        p50_ms=None if p50 is None else p50 * 1000,
        p99_ms=None if p99 is None else p99 * 1000,
    )


def _latencies(spans: Iterable[Span], sent_at: Mapping[str, float]) -> list[float]:
    first: dict[str, float] = {}
    for span in spans:
        if span.handled and span.id in sent_at:
            first[span.id] = min(span.end, first.get(span.id, math.inf))
    return [end - sent_at[event] for event, end in first.items()]
