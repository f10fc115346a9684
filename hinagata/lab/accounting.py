"""Where every message is: derived from what was sent, what the hops say, and the dead letters."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

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
        before: for each hop, those that send to it with no other hop in between; None if nobody
            knows who sends to whom.
        keeps_seconds: for each hop, how long what lies before it keeps a message; one that waits
            longer expires. A hop that is not named waits for ever.
    """

    reaches: Mapping[str, Sequence[str]]
    behind: Mapping[str, Collection[str]]
    before: Mapping[str, Collection[str]] | None = None
    keeps_seconds: Mapping[str, float] = field(default_factory=dict)

    def hops(self) -> list[str]:
        """Return every hop that a source reaches, in the order of their first mention."""
        return list(dict.fromkeys(hop for hops in self.reaches.values() for hop in hops))


@dataclass(frozen=True, kw_only=True)
class Records:
    """What was seen of a run; every statistic is derived from these.

    Attributes:
        sent: what became of each message at its entry.
        spans: what the hops say.
        dead_letters: what lies in dead-letter queues.
        looked_at: when the last look was, in seconds since the epoch.
    """

    sent: Sequence[Sent]
    spans: Sequence[Span]
    dead_letters: Sequence[DeadLetter]
    looked_at: float = 0.0


class Ending(StrEnum):
    """Where a message ended; of several ones, the worst, which stands last."""

    ONCE = "processed once"
    AGAIN = "processed again"
    REFUSED = "refused"
    DEAD_LETTERED = "dead-lettered"
    EXPIRED = "expired"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class Missing:
    """An accepted message that some hops have not processed, and that is no dead letter there.

    Attributes:
        source: the name of its source.
        id: the event's id.
        hops: where it is missing.
        expired: those of them before which it lay for longer than it is kept: so it is known how
            it was lost.
    """

    source: str
    id: str
    hops: tuple[str, ...]
    expired: tuple[str, ...] = ()


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
        lost: the accepted messages that are missing at a hop, expired ones among them.
        endings: how many messages ended where.
    """

    source: str
    sent: int
    accepted: int
    refused: int
    retries: int
    latest_seconds: float
    lost: tuple[Missing, ...]
    endings: Mapping[Ending, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class HopAccount:
    """What a hop did with the messages that were sent.

    Attributes:
        hop: the construct id of the hop.
        received: how many messages it began to handle.
        deliveries: how often it began to handle one.
        processed: how many it is done with.
        again: how many of them it processed more than once.
        duplicates: how often it processed a message again that had come from the same hop with the
            same type of event.
        repeats: how often it recognised a message that it had processed.
        errors: how often it failed.
        dead_lettered: how many dead letters it left, whether or not they can be read.
        expired: how many messages lay before it for longer than they are kept.
        lost: how many are missing there otherwise.
        p50_ms: the median of the time from the sending of a message to its first processing,
            without the messages that started everything up.
        p95_ms: the 95th percentile of that time.
        p99_ms: the 99th percentile of that time.
    """

    hop: str
    received: int
    deliveries: int
    processed: int
    again: int
    duplicates: int
    repeats: int
    errors: int
    dead_lettered: int
    expired: int
    lost: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, kw_only=True)
class PathAccount:
    """How long messages took from a source to the end of a hop's first processing.

    Messages that started everything up are left out.

    Attributes:
        source: the name of the source.
        hop: the hop.
        messages: how many arrived.
        p50_seconds: the median, from the source's clock; None if none arrived.
        p95_seconds: the 95th percentile.
        p99_seconds: the 99th percentile.
        longest_seconds: the longest time of all.
    """

    source: str
    hop: str
    messages: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    longest_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Journey:
    """One message, where it came, when and how often, and where it ended.

    Attributes:
        sent: what became of it at its entry.
        spans: each hop's each work on it, in the order of their beginning.
        dead_letters: the hops that gave it up.
        ending: where it ended.
    """

    sent: Sent
    spans: tuple[Span, ...]
    dead_letters: tuple[str, ...]
    ending: Ending


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
            waited = records.looked_at - sent.accepted_at
            expired = tuple(hop for hop in hops if waited > flow.keeps_seconds.get(hop, math.inf))
            found.append(Missing(source=sent.source, id=sent.id, hops=hops, expired=expired))
    return found


def journeys(flow: Flow, records: Records) -> list[Journey]:
    """Return every message that was sent with all that is known of it, in the order of sending."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for span in records.spans:
        spans[span.id].append(span)
    again = {id_ for _, id_ in _again(records.spans)}
    dead: dict[str | None, dict[str, None]] = defaultdict(dict)
    for letter in records.dead_letters:
        dead[letter.id][letter.hop] = None
    lost = {message.id: message for message in missing(flow, records)}
    return [
        Journey(
            sent=sent,
            spans=tuple(sorted(spans[sent.id], key=lambda span: span.start)),
            dead_letters=tuple(dead[sent.id]),
            ending=_ending(
                sent,
                spans[sent.id],
                dead[sent.id],
                lost.get(sent.id),
                again=sent.id in again,
            ),
        )
        for sent in records.sent
    ]


def _ending(
    sent: Sent,
    spans: Sequence[Span],
    dead: Collection[str],
    lost: Missing | None,
    *,
    again: bool,
) -> Ending:
    if lost is not None:
        return Ending.EXPIRED if lost.hops == lost.expired else Ending.LOST
    done = {span.hop for span in spans if span.handled}
    if any(hop not in done for hop in dead):
        return Ending.DEAD_LETTERED
    if sent.accepted_at is None:
        return Ending.REFUSED
    return Ending.AGAIN if again else Ending.ONCE


def source_accounts(flow: Flow, records: Records) -> list[SourceAccount]:
    """Return an account of every source, in the order of the flow."""
    lost = missing(flow, records)
    endings: dict[str, Counter[Ending]] = defaultdict(Counter)
    for journey in journeys(flow, records):
        endings[journey.sent.source][journey.ending] += 1
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
                endings={ending: endings[source][ending] for ending in Ending},
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
    again: dict[str, list[int]] = defaultdict(list)
    for (hop, id_), times in _again(records.spans).items():
        if id_ in ids:
            again[hop].append(times)
    dead = Counter(letter.hop for letter in records.dead_letters)
    lost = missing(flow, records)
    absent = Counter(hop for message in lost for hop in message.hops)
    expired = Counter(hop for message in lost for hop in message.expired)
    hops = dict.fromkeys([*flow.hops(), *sorted(spans), *sorted(dead)])
    return [
        _hop_account(
            hop,
            spans[hop],
            measured,
            again=again[hop],
            dead_lettered=dead[hop],
            expired=expired[hop],
            lost=absent[hop] - expired[hop],
        )
        for hop in hops
    ]


def path_accounts(flow: Flow, records: Records) -> list[PathAccount]:
    """Return an account of each way from a source to a hop that it reaches."""
    return [
        _path_account(source, hop, latencies(hop, records, source=source))
        for source, hops in flow.reaches.items()
        for hop in hops
    ]


def _path_account(source: str, hop: str, seconds: Sequence[float]) -> PathAccount:
    return PathAccount(
        source=source,
        hop=hop,
        messages=len(seconds),
        p50_seconds=percentile(seconds, 50),
        p95_seconds=percentile(seconds, 95),
        p99_seconds=percentile(seconds, 99),
        longest_seconds=percentile(seconds, 100),
    )


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
    hop: str,
    spans: Sequence[Span],
    sent_at: Mapping[str, float],
    *,
    again: Sequence[int],
    dead_lettered: int,
    expired: int,
    lost: int,
) -> HopAccount:
    statuses = Counter(span.status for span in spans)
    seconds = _latencies(spans, sent_at)
    p50, p95, p99 = (_milliseconds(percentile(seconds, percent)) for percent in (50, 95, 99))
    return HopAccount(
        hop=hop,
        received=len({span.id for span in spans}),
        deliveries=len(spans),
        processed=len({span.id for span in spans if span.handled}),
        again=len(again),
        duplicates=sum(again),
        repeats=statuses[Status.REPEAT],
        errors=statuses[Status.ERROR],
        dead_lettered=dead_lettered,
        expired=expired,
        lost=lost,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )


def _again(spans: Iterable[Span]) -> dict[tuple[str, str], int]:
    """Return, by hop and message, how often the hop did again what it had done with the message.

    What several hops make of one message comes to the next hop as several things to do, as do
    several kinds of events about it: none of them is done again. Two from a sender that is not
    known, because it ended before it could say so, are taken as one.
    """
    spans = tuple(spans)
    hop_of = {span.segment: span.hop for span in spans if span.segment}
    senders: dict[tuple[str, str], dict[str, list[str | None]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for span in spans:
        if span.status is Status.OK:
            senders[span.hop, span.id][span.type].append(hop_of.get(span.parent))
    found = {
        work: sum(len(each) - max(1, len(set(each) - {None})) for each in kinds.values())
        for work, kinds in senders.items()
    }
    return {work: times for work, times in found.items() if times}


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def _latencies(spans: Iterable[Span], sent_at: Mapping[str, float]) -> list[float]:
    first: dict[str, float] = {}
    for span in spans:
        if span.handled and span.id in sent_at:
            first[span.id] = min(span.end, first.get(span.id, math.inf))
    return [end - sent_at[event] for event, end in first.items()]
