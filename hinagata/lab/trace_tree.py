"""The tree of a message, put together from its spans: is it one trace, from its source on?

Each message is sent under a root of its own, and each span says under which root, and after which
other span, it worked. Where a hop works under another root, or after no other span, something
between the hops does not carry the trace on.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hinagata.lab.accounting import Flow, Records
from hinagata.lab.spans import Span
from hinagata.lab.traffic import Sent


@dataclass(frozen=True, kw_only=True)
class Break:
    """A place where traces end.

    Attributes:
        before: who sends to the hop: other hops, or the source.
        hop: the hop that does not go on with the trace.
        messages: how many messages it happened to.
        example: the id of one of them.
    """

    before: tuple[str, ...]
    hop: str
    messages: int
    example: str


@dataclass(frozen=True, kw_only=True)
class TraceAccount:
    """How many messages of a source were followed by their trace up to a hop.

    Attributes:
        source: the name of the source.
        hop: the hop.
        arrived: how many messages it processed.
        whole: for how many of them the trace leads there.
        breaks: where it ended for the others, the most frequent place first.
    """

    source: str
    hop: str
    arrived: int
    whole: int
    breaks: tuple[Break, ...]


@dataclass(frozen=True)
class Branch:
    """A span, and those that came of it."""

    span: Span
    branches: tuple["Branch", ...]

    def flat(self, depth: int = 0) -> Iterator[tuple[int, Span]]:
        """Yield each span with its depth below this one, a branch after the other."""
        yield depth, self.span
        for branch in self.branches:
            yield from branch.flat(depth + 1)


def trace_account(flow: Flow, records: Records, *, source: str, hop: str) -> TraceAccount:
    """Follow every message of a source to a hop.

    Args:
        flow: which hops send to which.
        records: what was seen.
        source: the source.
        hop: where the traces have to lead.
    """
    spans = _by_message(records.spans)
    way = _way(flow, source, hop)
    arrived = 0
    found: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for sent in records.sent:
        own = spans.get(sent.id, ())
        if sent.source != source or not any(s.hop == hop and s.handled for s in own):
            continue
        arrived += 1
        broken = first_break(sent, own, way)
        if broken is not None:
            found[broken] += 1
            examples.setdefault(broken, sent.id)
    return TraceAccount(
        source=source,
        hop=hop,
        arrived=arrived,
        whole=arrived - found.total(),
        breaks=tuple(
            Break(
                before=_senders(flow, way, name) or (source,),
                hop=name,
                messages=count,
                example=examples[name],
            )
            for name, count in found.most_common()
        ),
    )


def first_break(sent: Sent, spans: Sequence[Span], way: Sequence[str]) -> str | None:
    """Return the first hop on a way that does not go on with the trace of a message.

    Args:
        sent: the message.
        spans: all of its spans.
        way: the hops on its way, in order; the first one is the entry.
    """
    tells_parents = any(span.segment for span in spans)
    for hop in way:
        for span in (span for span in spans if span.hop == hop):
            # A parent that nobody wrote a line about may have died before it could. But each hop
            # behind the entry has one, unless no line tells of any.
            if span.trace != sent.trace or (tells_parents and hop != way[0] and not span.parent):
                return hop
    return None


def tree(spans: Iterable[Span]) -> tuple[Branch, ...]:
    """Return the spans of a message as a tree, earlier ones first; whole, it has one trunk."""
    ordered = sorted(spans, key=lambda span: span.start)
    segments = {span.segment for span in ordered if span.segment}
    below: dict[str, list[Span]] = defaultdict(list)
    trunks: list[Span] = []
    for span in ordered:
        if span.parent in segments and span.parent != span.segment:
            below[span.parent].append(span)
        else:
            trunks.append(span)

    def branch(span: Span, above: frozenset[str]) -> Branch:
        # Lines that name each other as parents must not be followed for ever.
        inner = above | {span.segment}
        onward = [each for each in below[span.segment] if each.segment not in inner]
        return Branch(span, tuple(branch(each, inner) for each in onward))

    return tuple(branch(span, frozenset()) for span in trunks)


def _senders(flow: Flow, way: Sequence[str], hop: str) -> tuple[str, ...]:
    """Return which hops on a way send to one of them."""
    if flow.before is None:
        return tuple(way[max(0, way.index(hop) - 1) : way.index(hop)])
    return tuple(each for each in way if each in flow.before.get(hop, ()))


def _by_message(spans: Iterable[Span]) -> Mapping[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        found[span.id].append(span)
    return found


def _way(flow: Flow, source: str, hop: str) -> tuple[str, ...]:
    """Return the hops that messages of a source come through to a hop, in the flow's order.

    If nobody knows who sends to whom, these are all that stand before it.
    """
    reached = flow.reaches[source]
    if flow.before is None:
        return tuple(reached[: reached.index(hop) + 1])
    wanted: set[str] = set()
    open_: list[str] = [hop]
    while open_:
        name = open_.pop()
        wanted.add(name)
        before: Collection[str] = flow.before.get(name, ())
        open_ += [each for each in before if each in reached and each not in wanted]
    return tuple(each for each in reached if each in wanted)
