"""What a scenario names of other files: the bodies of requests, and recorded traffic."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from hinagata.scenario.document import Value, show
from hinagata.scenario.error import ScenarioError
from hinagata.scenario.rate import TraceRate

# What API Gateway takes (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
LARGEST_BODY_BYTES = 10 * 2**20
# A row for each second of a week.
LARGEST_TRACE_BYTES = 20 * 2**20
COLUMNS = ("seconds", "per_second")


def read_body(value: Value) -> Mapping[str, object]:
    """Return the JSON object in the file that a value names.

    Raises:
        ScenarioError: there is none.
    """
    expected = f"a JSON object in a file, named from {value.project}"
    content = _content(value, expected, most=LARGEST_BODY_BYTES)
    try:
        body = json.loads(content, parse_constant=_refuse_constant)
    except RecursionError:
        value.fail(found=f"{value.text()}, which is nested too deep", expected=expected)
    except ValueError as error:
        value.fail(found=f"{value.text()}, which cannot be read ({error})", expected=expected)
    if not isinstance(body, dict):
        value.fail(found=f"{value.text()}, which holds something else", expected=expected)
    return body


def read_trace(value: Value, *, fastest: float) -> TraceRate:
    """Return the rates in the CSV file that a value names.

    Args:
        value: names the file, from the project's folder.
        fastest: the highest rate that makes sense, a second.

    Raises:
        ScenarioError: there is no such file, or a row of it makes no sense.
    """
    expected = f"a CSV file with the columns {' and '.join(COLUMNS)}, named from {value.project}"
    rows = _rows(value, _content(value, expected, most=LARGEST_TRACE_BYTES))
    seconds: list[float] = []
    rates: list[float] = []
    for refuse, row in rows:
        at, rate = (_number(text) for text in row)
        if not seconds and at != 0:
            refuse(COLUMNS[0], show(row[0]), "0 in the first row")
        if seconds and not seconds[-1] < at < math.inf:
            refuse(
                COLUMNS[0], show(row[0]), f"more seconds than in the row before, {seconds[-1]:g}"
            )
        if not 0 <= rate <= fastest:
            refuse(COLUMNS[1], show(row[1]), f"messages a second, from 0 to {fastest:,.0f}")
        seconds.append(at)
        rates.append(rate)
    if not seconds:
        value.fail(found=f"{value.text()}, which has no rows", expected=expected)
    return TraceRate(seconds=tuple(seconds), per_second=tuple(rates))


class _Row:
    """A row of a file that a scenario names: refuses what stands in it."""

    def __init__(self, file: Path, line: int) -> None:
        self._file = file
        self._line = line

    def __call__(self, field: str, found: str, expected: str) -> NoReturn:
        raise ScenarioError(
            file=self._file, line=self._line, field=field, found=found, expected=expected
        )


def _rows(value: Value, content: str) -> Iterator[tuple[_Row, list[str]]]:
    """Yield the rows below the header, each with its way to refuse it."""
    file = value.project / value.text()
    reader = csv.reader(content.splitlines(), strict=True)
    header = False
    while True:
        row = _Row(file, reader.line_num + 1)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            row("", f"text that is not CSV ({error})", "rows of two numbers")
        if cells is None:
            return
        cells = [cell.strip() for cell in cells]
        if cells in ([], [""]):
            continue
        if not header:
            if tuple(cells) != COLUMNS:
                row("", f"the header {show(','.join(cells))}", ",".join(COLUMNS))
            header = True
        elif len(cells) != len(COLUMNS):
            row("", f"{len(cells)} cells", f"two, {' and '.join(COLUMNS)}")
        else:
            yield row, cells


def _number(text: str) -> float:
    """Return a number; one that no comparison holds for if it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _content(value: Value, expected: str, *, most: int) -> str:
    name = value.text()
    file = value.project / name
    try:
        if file.exists() and not file.is_file():
            value.fail(found=f"{name}, which is no file", expected=expected)
        with file.open("rb") as opened:
            content = opened.read(most + 1)
        if len(content) > most:
            found = f"{name}, which has more than {most // 2**20} MiB"
            value.fail(found=found, expected=expected)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        value.fail(found=f"{name}, which does not exist", expected=expected)
    except (OSError, ValueError) as error:
        value.fail(found=f"{name}, which cannot be read ({error})", expected=expected)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
