"""What a lake told of a trace: as a tree for a person, and as JSON for a program."""

import json
from collections.abc import Collection, Iterator
from textwrap import wrap
from typing import IO, Any

from hinagata.lab.instant import instant
from hinagata.lab.lake import QUERY, LakeTrace
from hinagata.lab.spans import Span
from hinagata.lab.trace_tree import tree

FORMAT_VERSION = 1
_WIDTH = 80


def write_text(trace: LakeTrace, file: IO[str]) -> None:
    """Write a trace for a person.

    Args:
        trace: as the lake has it.
        file: where to.
    """
    file.writelines(f"{line}\n" for line in lines(trace))


def write_json(trace: LakeTrace, file: IO[str]) -> None:
    """Write a trace for a program: one document, whose fields stay.

    Args:
        trace: as the lake has it.
        file: where to.
    """
    json.dump({"version": FORMAT_VERSION, **document(trace)}, file, indent=2)
    file.write("\n")


def lines(trace: LakeTrace) -> Iterator[str]:
    """Yield a trace as a tree, with what was read for it, and what is missing.

    Args:
        trace: as the lake has it.
    """
    yield f"trace {trace.root}: {_counted(len(trace.spans), 'span')} in the lake; began, took"
    yield from _tree(trace.spans)
    if trace.missing:
        yield f"no span of {', '.join(trace.missing)} under this trace"
    yield from wrap(read_of(trace), _WIDTH)


def read_of(trace: LakeTrace) -> str:
    """Return what was read for a trace, and of how much, in a line.

    Args:
        trace: as the lake has it.
    """
    return (
        f"`{QUERY}`, {trace.first_day} to {trace.last_day}: read {trace.partitions} of "
        f"{_counted(trace.of_partitions, 'partition')}, {trace.bytes:,} of {trace.of_bytes:,} bytes"
    )


def document(trace: LakeTrace) -> dict[str, Any]:
    """Return a trace as JSON has it; new fields may come, none goes.

    Args:
        trace: as the lake has it.
    """
    return {
        "trace": trace.root,
        "query": QUERY,
        "first_day": trace.first_day,
        "last_day": trace.last_day,
        "spans": [
            {
                "hop": span.hop,
                "segment": span.segment,
                "parent": span.parent,
                "type": span.type,
                "id": span.id,
                "start": instant(span.start),
                "end": instant(span.end),
                "status": span.status,
                "error": span.error,
            }
            for span in trace.spans
        ],
        "missing": list(trace.missing),
        "read": {"partitions": trace.partitions, "bytes": trace.bytes},
        "lake": {"partitions": trace.of_partitions, "bytes": trace.of_bytes},
    }


def _tree(spans: Collection[Span]) -> Iterator[str]:
    trunks = tree(spans)
    since = min((span.start for span in spans), default=0.0)
    rows = [(depth, span) for trunk in trunks for depth, span in trunk.flat()]
    names = max((2 * depth + len(span.hop) for depth, span in rows), default=0)
    types = max((len(span.type) for _, span in rows), default=0)
    for depth, span in rows:
        name = f"{'  ' * depth}{span.hop}"
        # A tree has one trunk; another one came of a span that the lake does not have.
        lost = "" if depth or span is trunks[0].span else "  (of an unknown hop)"
        yield (
            f"  {name:<{names}}  {span.type:<{types}}  {(span.start - since) * 1000:7.0f} ms"
            f"  {(span.end - span.start) * 1000:6.0f} ms  {span.status}{lost}"
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
