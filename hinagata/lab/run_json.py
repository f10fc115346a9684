"""A result for a program: one JSON document, whose fields docs/run_json.md explains.

Instants are ISO 8601 in UTC, durations milliseconds in fields that end with `_ms`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Any

from hinagata.lab.instant import instant

if TYPE_CHECKING:
    from hinagata.lab.accounting import Journey, PathAccount
    from hinagata.lab.result import FaultRecord, Result
    from hinagata.lab.timeline import Sample, Timeline

FORMAT_VERSION = 2
_PERCENTILES_MS = ("p50_ms", "p95_ms", "p99_ms")


def write_json(result: Result, file: IO[str], *, messages: bool = False) -> None:
    """Write a result for a program: one document, whose fields stay.

    Args:
        result: the run.
        file: where to.
        messages: whether every message is in it, with each of its arrivals.
    """
    json.dump(document(result, messages=messages), file, indent=2)
    file.write("\n")


def document(result: Result, *, messages: bool) -> dict[str, Any]:
    """Return a result as JSON has it; new fields may come, none goes within a version.

    Args:
        result: the run.
        messages: whether every message is in it, with each of its arrivals.
    """
    found = {
        "version": FORMAT_VERSION,
        "sample": result.sample,
        "scenario": result.scenario,
        "seed": result.seed,
        "warm_up": result.warm_up,
        "endpoint": result.endpoint,
        "embedded": result.embedded,
        "started": instant(result.started.timestamp()),
        "took_ms": _ms(result.seconds),
        "stopped": result.stopped,
        "met": result.met,
        "sources": [
            {
                "source": source.source,
                "sent": source.sent,
                "accepted": source.accepted,
                "refused": source.refused,
                "retries": source.retries,
                "latest_ms": _ms(source.latest_seconds),
                "lost": [asdict(message) for message in source.lost],
                "endings": dict(source.endings),
            }
            for source in result.sources
        ],
        "hops": [
            asdict(hop) | {name: _rounded(getattr(hop, name)) for name in _PERCENTILES_MS}
            for hop in result.hops
        ],
        "paths": [_path(path) for path in result.paths],
        "traces": [asdict(account) for account in result.traces],
        "faults": [_fault(fault) for fault in result.faults],
        "stubs": [asdict(stub) for stub in result.stubs],
        "gaps": [{"name": gap.name, "wrong": gap.wrong} for gap in result.gaps],
        "expectations": [asdict(verdict) for verdict in result.verdicts],
    }
    if result.lake is not None:
        from hinagata.lab.lake_report import document as lake_document

        found["lake"] = {
            "asked": result.lake.asked,
            "spans": result.lake.spans,
            "absent": result.lake.absent,
            "last": lake_document(result.lake.last),
        }
    if messages:
        found["timeline"] = None if result.timeline is None else _timeline(result.timeline)
        found["messages"] = [_journey(journey) for journey in result.journeys]
    return found


def _path(path: PathAccount) -> dict[str, Any]:
    return {
        "source": path.source,
        "hop": path.hop,
        "messages": path.messages,
        "p50_ms": _ms(path.p50_seconds),
        "p95_ms": _ms(path.p95_seconds),
        "p99_ms": _ms(path.p99_seconds),
        "longest_ms": _ms(path.longest_seconds),
    }


def _fault(fault: FaultRecord) -> dict[str, Any]:
    return asdict(fault) | {"began": _instant(fault.began), "ended": _instant(fault.ended)}


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return asdict(timeline) | {
        "started": instant(timeline.started),
        "queues": [_sample(sample) for sample in timeline.queues],
        "dead_letters": [_sample(sample) for sample in timeline.dead_letters],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    return {"at": instant(sample.at), "depths": dict(sample.depths)}


def _journey(journey: Journey) -> dict[str, Any]:
    sent = journey.sent
    return {
        "id": sent.id,
        "source": sent.source,
        "warm_up": sent.warm_up,
        "trace": sent.trace,
        "sent_at": instant(sent.sent_at),
        "accepted_at": _instant(sent.accepted_at),
        "attempts": sent.attempts,
        "ending": journey.ending,
        "dead_letters": list(journey.dead_letters),
        "arrivals": [
            {
                "hop": span.hop,
                "start": instant(span.start),
                "end": instant(span.end),
                "status": span.status,
                "error": span.error,
            }
            for span in journey.spans
        ],
    }


def _instant(seconds: float | None) -> str | None:
    return None if seconds is None else instant(seconds)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else _rounded(seconds * 1000)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
