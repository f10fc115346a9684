"""Lakes of a few lines, and the query that they are asked with, word for word."""

import ast
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hinagata.lab.lake import Lake, Table

ACCOUNT = "000000000012"
NOON = datetime(2026, 9, 20, 12, tzinfo=UTC)
_PATTERN = Path(__file__).parents[3] / "patterns" / "_lake_query.py"


def constant(name: str) -> Any:
    """What the pattern gives Athena and Glue, read without loading the CDK."""
    for node in ast.parse(_PATTERN.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            (target,) = node.targets
            if target.id == name:
                return ast.literal_eval(node.value)
    raise LookupError(name)


QUERY: str = constant("_TRACE_BY_ID")
TABLE = Table(
    name="spans",
    location="s3://lake/spans/",
    columns=constant("_COLUMNS"),
    partitions=("account", "day"),
)


def root(began: datetime = NOON, number: int = 1) -> str:
    """The root of a trace that began at a time."""
    return f"1-{int(began.timestamp()):08x}-{number:024x}"


def line(
    hop: str, *, of: str, segment: str, parent: str = "", start: float = 0.0, **more: Any
) -> str:
    """The line that a hop prints about an event."""
    came = f";Parent={parent}" if parent else ""
    told = {
        "span": hop,
        "id": "e1",
        "type": "photo.taken",
        "trace": f"Root={of}{came};Sampled=1",
        "segment": segment,
        "sent": start,
        "start": start,
        "end": start + 0.1,
        "status": "ok",
    }
    return json.dumps(told | more)


def whole(of: str) -> list[str]:
    """A photo's way, in short: taken, discarded, and what became of that."""
    return [
        line("Catalogue", of=of, segment="cc", parent="bb", start=2.0, type="object.removed"),
        line("PhotoApi", of=of, segment="aa", start=0.0),
        line("Discard", of=of, segment="bb", parent="aa", start=1.0),
    ]


def write(folder: Path, day: str, lines: list[str], *, account: str = ACCOUNT) -> Path:
    """Write a file as the delivery stream does."""
    place = folder / "spans" / f"account={account}" / f"day={day}"
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"traces-{len(list(place.iterdir()))}.gz"
    file.write_bytes(gzip.compress("".join(f"{each}\n" for each in lines).encode()))
    return file


def lake(folder: Path, query: str = QUERY) -> Lake:
    """What was written, to be asked."""
    return Lake(folder, [TABLE], query)
