"""Whether the lake of a run has what the hops said: every span of a message, by its trace."""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from hinagata.lab.accounting import Records
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.lake import LakeOnEndpoint, LakeTrace

# Enough to see what goes wrong, in a second or two: each is a query over all files of its days.
MOST_ASKED = 10
# A line is in the lake a moment after it is in its log group; on AWS that is minutes.
PATIENCE_SECONDS = 5.0
POLL_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class LakeAccount:
    """What a lake has of some messages.

    Attributes:
        asked: how many messages it was asked for.
        spans: how many spans the hops wrote under their traces.
        absent: how many of these the lake does not have.
        last: the trace of the last message.
    """

    asked: int
    spans: int
    absent: int
    last: LakeTrace


def lake_account(
    place: LakeOnEndpoint,
    endpoint: Endpoint,
    records: Records,
    *,
    reaches: Mapping[str, Iterable[str]],
    kept: Collection[str],
) -> LakeAccount | None:
    """Return what a lake has of the messages of a run; None if none was accepted.

    Args:
        place: the lake.
        endpoint: where it is.
        records: what was seen of the run.
        reaches: the hops that the messages of each source should come to.
        kept: the hops whose spans the lake keeps.

    Raises:
        HinagataError: it cannot be asked.
    """
    accepted = [each for each in records.sent if each.accepted_at is not None]
    if not accepted:
        return None
    step = -(-len(accepted) // MOST_ASKED)
    # From the last one on backwards, evenly over the run.
    chosen = accepted[::-1][::step]
    written: dict[str, set[str]] = defaultdict(set)
    for span in records.spans:
        if span.segment and span.hop in kept:
            written[span.trace].add(span.segment)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with place.copied(endpoint) as lake:
            traces = [
                lake.trace(each.trace, hops=[hop for hop in reaches[each.source] if hop in kept])
                for each in chosen
            ]
        absent = sum(
            len(written[trace.root] - {span.segment for span in trace.spans}) for trace in traces
        )
        if not absent or time.monotonic() > deadline:
            return LakeAccount(
                asked=len(chosen),
                spans=sum(len(written[trace.root]) for trace in traces),
                absent=absent,
                last=traces[0],
            )
        time.sleep(POLL_SECONDS)
