"""Where more memory of a function stops to pay, from measured points.

A function's processor grows with its memory: more of it shortens the work until something else is
the bottleneck. At each point, the price of an invocation is memory x duration. Where memory doubles
and the time halves, more memory is free; where the time no longer shrinks, it is wasted. Between,
the knee: the point with the least duration x price.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.facts import Fact, Facts
from hinagata.facts.facts import DEFAULT_REGION

_COLUMNS = ("function", "memory_mb", "duration_ms")
_LARGEST_BYTES = 1024 * 1024
_MB_PER_GB, _MS_PER_S = "price.mb_per_gb", 1000


@dataclass(frozen=True, kw_only=True)
class Point:
    """A measurement.

    Attributes:
        memory_mb: The function's memory.
        duration_ms: Its mean duration with it.
        per_million: USD for a million invocations.
    """

    memory_mb: float
    duration_ms: float
    per_million: float


@dataclass(frozen=True, kw_only=True)
class Knee:
    """What the points of a function say.

    Attributes:
        function: Whose they are.
        points: By growing memory.
        cheapest: The one with the lowest price.
        fastest: The one with the shortest duration, of equals the smallest.
        knee: The one with the least duration x price.
        facts: Prices and limits that it rests on.
    """

    function: str
    points: tuple[Point, ...]
    cheapest: Point
    fastest: Point
    knee: Point
    facts: tuple[Fact, ...]


def knee_of(
    points: Mapping[float, float],
    *,
    function: str = "function",
    region: str = DEFAULT_REGION,
    facts: Facts | None = None,
    arm: bool = False,
) -> Knee:
    """Returns where more memory stops to pay.

    The knee is what AWS Lambda Power Tuning calls balanced: the least price x duration
    (github.com/alexcasalboni/aws-lambda-power-tuning).

    >>> knee_of({128: 2000, 256: 1000, 512: 480, 1024: 400, 2048: 395}).knee.memory_mb
    512

    Args:
        points: Mean duration in ms by memory in MB, two points at least.
        function: Whose they are.
        region: Whose prices.
        facts: Prices. Default: those that ship.
        arm: Whether it runs on arm.

    Raises:
        HinagataError: There are too few points, or one is none that can be.
    """
    known = facts or Facts()
    price = known.tiers("lambda", f"price.gb_s.{'arm' if arm else 'x86'}", region)[0]
    request = known.get("lambda", "price.request", region)
    per_gb = known.get("lambda", _MB_PER_GB, region)
    least = known.get("lambda", "quota.memory_min", region)
    most = known.get("lambda", "quota.memory_max", region)
    if len(points) < 2:
        raise HinagataError(
            f"{function}: found {len(points)} measured points; expected two or more"
        )
    rows = []
    for memory_mb, duration_ms in sorted(points.items()):
        if not least.value <= memory_mb <= most.value:
            raise HinagataError(
                f"{function}: found a point at {memory_mb:g} MB; expected {least.value:g} to "
                f"{most.value:g} MB of memory"
            )
        if not 0 < duration_ms < math.inf:
            raise HinagataError(
                f"{function}: found a duration of {duration_ms:g} ms; expected one above 0"
            )
        gb_s = memory_mb / per_gb.value * duration_ms / _MS_PER_S
        usd = gb_s * price.value / (price.per or 1) + request.value / (request.per or 1)
        rows.append(Point(memory_mb=memory_mb, duration_ms=duration_ms, per_million=usd * 1e6))
    return Knee(
        function=function,
        points=tuple(rows),
        cheapest=min(rows, key=lambda point: point.per_million),
        fastest=min(rows, key=lambda point: point.duration_ms),
        knee=min(rows, key=lambda point: point.per_million * point.duration_ms),
        facts=(price, request, per_gb, least, most),
    )


def read_points(file: Path) -> dict[str, dict[float, float]]:
    """Returns measured points by function, from a CSV file.

    Its columns are function, memory_mb and duration_ms; several rows of one function and memory
    count by their mean.

    Raises:
        HinagataError: The file cannot be used; the message says where, and what is expected.
    """
    sums: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line, row in enumerate(_rows(file), 2):
        numbers = [_number(file, line, name, row[name]) for name in _COLUMNS[1:]]
        sums[row["function"] or "function"][numbers[0]].append(numbers[1])
    if not sums:
        raise HinagataError(f"{file}: found no measured point; expected a row for each")
    return {
        name: {memory: math.fsum(each) / len(each) for memory, each in by_memory.items()}
        for name, by_memory in sums.items()
    }


def _rows(file: Path) -> Iterator[dict[str, str]]:
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise HinagataError(f"{file}: found more than {_LARGEST_BYTES:,} bytes of points")
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HinagataError(f"{file}: there is no such file of points") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HinagataError(f"{file}: the file of points cannot be read: {error}") from None
    rows: Sequence[Sequence[str]]
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        raise HinagataError(f"{file}: found text that is not CSV: {error}") from None
    header, *rest = rows or [()]
    if tuple(header) != _COLUMNS:
        raise HinagataError(
            f"{file}:1: found the columns {', '.join(header)}; expected {', '.join(_COLUMNS)}"
        )
    for row in rest:
        yield dict(zip(_COLUMNS, [*row, "", "", ""], strict=False))


def _number(file: Path, line: int, name: str, text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 < found <= 1e9:
        raise HinagataError(
            f'{file}:{line}: {name}: found "{text[:40]}"; expected a number above 0'
        )
    return found
