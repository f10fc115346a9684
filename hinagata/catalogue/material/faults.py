"""What became of messages under faults: the rows of the fault matrix that a pattern is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import Told

MATRIX = Path("docs", "fault_matrix.md")
HOPS = Path(__file__).parents[1] / "data" / "hops.toml"
_COLUMNS = ("struck", "sent", "effect", "again", "dead", "back", "lost")
_ROW = re.compile(
    r"^\| (?P<hop>\w+) \| `(?P<fault>\w+)`[^|]*\|(?P<counts>[ \d|]+)\|$", re.MULTILINE
)
# What each fault is, in the words of docs/scenario.md.
FAULTS = {
    "raise": "the handler raises",
    "crash": "the process dies",
    "hang": "the handler hangs",
    "poison": "some messages can never be processed",
    "slow": "the store answers late",
    "down": "the store is away",
    "throttle": "the store refuses calls",
    "server_error": "the store fails with 500",
    "duplicate": "messages come twice",
    "reorder": "messages come out of order",
    "concurrency": "the account has one execution left",
    "update": "the code is updated meanwhile",
}


@dataclass(frozen=True, kw_only=True)
class FaultRun:
    """A row of the matrix.

    Attributes:
        hop: The kind of hop.
        fault: The fault's name, as a scenario has it.
        says: What it is.
        struck: How many invocations, calls or messages it struck.
        sent: How many messages were sent.
        effect: How many had their effect once.
        again: How many were delivered again.
        dead: How many were dead letters in the end.
        back: How many of these came back and were processed.
        lost: How many were lost.
    """

    hop: str
    fault: str
    says: str
    struck: int
    sent: int
    effect: int
    again: int
    dead: int
    back: int
    lost: int


def read_faults(project: Path, pattern: str) -> tuple[FaultRun, ...]:
    """Returns the runs of all hops of a pattern.

    Raises:
        CatalogueError: The matrix has no row of one of them, or nobody says which they are.
    """
    hops = Told.read(HOPS).fields.get(pattern)
    if not isinstance(hops, list):
        raise CatalogueError(f"{HOPS}: {pattern} is missing; expected {pattern} = a list of hops")
    text = (project / MATRIX).read_text(encoding="utf-8")
    runs = [_run(row) for row in _ROW.finditer(text)]
    for hop in hops:
        if hop not in {run.hop for run in runs}:
            raise CatalogueError(f"{HOPS}: {pattern}: {MATRIX} has no row of {hop}")
    return tuple(run for run in runs if run.hop in hops)


def _run(row: re.Match[str]) -> FaultRun:
    counts = [int(count) for count in row["counts"].split("|")]
    fault = row["fault"]
    if len(counts) != len(_COLUMNS) or fault not in FAULTS:
        raise CatalogueError(f"{MATRIX}: {row[0]} is no row that the catalogue can read")
    return FaultRun(
        hop=row["hop"], fault=fault, says=FAULTS[fault], **dict(zip(_COLUMNS, counts, strict=True))
    )
