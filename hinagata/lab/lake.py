"""A lake of spans, asked by its own query over the files that the pipeline wrote.

No emulator has Athena's engine, so DuckDB runs what the named query says, word for word: both know
its functions, its parameters and the partitions in the names of folders. What Glue says of the
table is what DuckDB is told of it, but for the days that a lake may have (partition projection):
here they are those that there are.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.spans import Span, Status
from hinagata.topology.value import referenced

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from hinagata.lab.endpoint import Endpoint
    from hinagata.topology.graph import Topology
    from hinagata.topology.node import Node

QUERY = "trace by id"
_SUBSCRIPTION = "AWS::Logs::SubscriptionFilter"
_NAMED_QUERY, _DATABASE = "AWS::Athena::NamedQuery", "AWS::Glue::Database"
# Its second part is when the trace began, in seconds since the epoch: docs.aws.amazon.com/xray/
# latest/devguide/xray-api-sendingdata.html, "Generating trace IDs".
_ROOT = re.compile(r"1-([0-9a-f]{8})-[0-9a-f]{24}")
_TYPES = {"string": "VARCHAR", "double": "DOUBLE", "bigint": "BIGINT", "int": "INTEGER"}
# What a laptop's run writes is far below; Athena is there for what is not.
MOST_BYTES = 1024**3
_COPIERS = 8


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of a lake, as Glue knows it.

    Attributes:
        name: what a query calls it.
        location: where its files lie, as s3://.
        columns: the type of each column in the files, as Glue calls types.
        partitions: the columns that are in the names of folders, the outermost first.
    """

    name: str
    location: str
    columns: Mapping[str, str]
    partitions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class LakeTrace:
    """A trace as a lake has it, and what was read to find it.

    Attributes:
        root: the trace.
        first_day: the first day that was read, as a partition has it.
        last_day: the last one.
        spans: every span of it.
        partitions: how many partitions were read.
        bytes: how much lies in them.
        of_partitions: how many the lake has.
        of_bytes: how much lies in the lake.
        hops: those that it should have come to, as far as anybody knows.
    """

    root: str
    first_day: str
    last_day: str
    spans: tuple[Span, ...]
    partitions: int
    bytes: int
    of_partitions: int
    of_bytes: int
    hops: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The hops that wrote no span under this trace."""
        came = {span.hop for span in self.spans}
        return tuple(hop for hop in self.hops if hop not in came)


class Lake:
    """A copy of a lake's files, and the query that it is asked with.

    Args:
        folder: where the files lie: below it, one folder for each table.
        tables: what they hold.
        query: the named query `trace by id`.

    Example:
        >>> lake.trace("1-5759e988-bd862e3fe1be46a994272793").spans  # doctest: +SKIP
    """

    def __init__(self, folder: Path, tables: Sequence[Table], query: str) -> None:
        self._folder = folder
        self._tables = tables
        self._query = query

    def trace(self, root: str, *, days: int = 1, hops: Iterable[str] = ()) -> LakeTrace:
        """Return every span of a trace.

        Args:
            root: the root of the trace, `1-...`; it says on which day the trace began.
            days: how many days after that it may have gone on. One before it is read too: clocks
                differ.
            hops: those that it should have come to.

        Raises:
            HinagataError: the query is none that DuckDB knows, or that is not installed.
        """
        try:
            import duckdb
        except ModuleNotFoundError as error:
            raise HinagataError(
                "a lake is asked by duckdb, which is not installed; "
                "do: pip install 'hinagata[lab]', or in this repository: make setup"
            ) from error

        began = day_of(root)
        first, last = (f"{began + timedelta(days=more):%Y-%m-%d}" for more in (-1, days))
        try:
            with duckdb.connect() as engine:
                for table in self._tables:
                    engine.execute(_view(table, self._folder / table.name))
                    _list_partitions(engine, table, self._folder / table.name)
                given = [root, first, last]
                plan = engine.execute(f"EXPLAIN (FORMAT JSON) {self._query}", given).fetchall()
                found = engine.execute(self._query, given)
                names = [column[0] for column in found.description or ()]
                spans = tuple(
                    _span(root, dict(zip(names, row, strict=True))) for row in found.fetchall()
                )
                read = _counted(engine, self._tables[0], _file_filters(json.loads(plan[0][1])))
                whole = _counted(engine, self._tables[0], "")
        except duckdb.Error as error:
            raise HinagataError(
                f"the query `{QUERY}` cannot be run on these files: {error}"
            ) from error
        return LakeTrace(
            root=root,
            first_day=first,
            last_day=last,
            spans=spans,
            partitions=read[0],
            bytes=read[1],
            of_partitions=whole[0],
            of_bytes=whole[1],
            hops=tuple(hops),
        )


@dataclass(frozen=True, kw_only=True)
class LakeOnEndpoint:
    """Where a lake is.

    Attributes:
        database: the name of its database.
        query: the named query `trace by id`.
    """

    database: str
    query: str

    @contextmanager
    def copied(self, endpoint: Endpoint) -> Iterator[Lake]:
        """Copy all files of the lake, for as long as the block lasts.

        Args:
            endpoint: where the lake is.

        Raises:
            HinagataError: there are more than anybody wants to copy.
        """
        folder = Path(tempfile.mkdtemp(prefix="hinagata-lake-"))
        try:
            tables = _tables(endpoint, self.database)
            for table in tables:
                _copy(endpoint, table, folder / table.name)
            yield Lake(folder, tables, self.query)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def lake_of(topology: Topology, physical: Mapping[Node, str]) -> LakeOnEndpoint | None:
    """Return the lake of an architecture; None if it has none.

    Args:
        topology: the architecture.
        physical: the endpoint's name of each resource that is there.
    """
    for query, database in _lakes(topology):
        if database in physical:
            return LakeOnEndpoint(database=physical[database], query=query)
    return None


def has_lake(topology: Topology) -> bool:
    """Say whether an architecture has a lake, wherever it is deployed."""
    return next(_lakes(topology), None) is not None


def _lakes(topology: Topology) -> Iterator[tuple[str, Node]]:
    """Yield the query by which a lake is asked, and its database."""
    for node in topology.of_type(_NAMED_QUERY):
        query = node.get("QueryString")
        if node.get("Name") == QUERY and isinstance(query, str):
            for database in referenced(node.get("Database")):
                if database.type == _DATABASE:
                    yield query, database


def kept_hops(topology: Topology, names: Mapping[Node, str]) -> frozenset[str]:
    """Return the hops whose log groups are handed on to a lake.

    Args:
        topology: the architecture.
        names: the name of the hop of each resource that runs code.
    """
    followed = {
        group
        for subscription in topology.of_type(_SUBSCRIPTION)
        for group in referenced(subscription.get("LogGroupName"))
    }
    return frozenset(
        hop
        for node, hop in names.items()
        if followed.intersection(referenced(node.get("LoggingConfig", "LogGroup")))
    )


def root_of(text: str) -> str:
    """Return the root in a trace's id or header.

    Args:
        text: `1-...`, or a header such as `Root=1-...;Parent=...`.

    Raises:
        UsageError: there is none.
    """
    root = text.partition("Root=")[2].partition(";")[0] if "Root=" in text else text
    if not _ROOT.fullmatch(root):
        raise UsageError(
            f"{text} is no trace; expected its root, as 1-5759e988-bd862e3fe1be46a994272793, or "
            "the header that it stands in"
        )
    return root


def day_of(root: str) -> datetime:
    """Return when a trace began.

    Args:
        root: its root, `1-...`.
    """
    began = _ROOT.fullmatch(root)
    return datetime.fromtimestamp(int(began[1], 16) if began else 0, UTC)


def _tables(endpoint: Endpoint, database: str) -> list[Table]:
    told = endpoint.client("glue").get_tables(DatabaseName=database)["TableList"]
    return [
        Table(
            name=table["Name"],
            location=table["StorageDescriptor"]["Location"],
            columns={each["Name"]: each["Type"] for each in table["StorageDescriptor"]["Columns"]},
            partitions=[each["Name"] for each in table["PartitionKeys"]],
        )
        for table in told
    ]


def _copy(endpoint: Endpoint, table: Table, folder: Path) -> None:
    """Copy the files of a table that lie in its partitions."""
    s3 = endpoint.client("s3")
    place = urlsplit(table.location)
    prefix = f"{place.path.strip('/')}/"
    form = re.compile("".join(f"{name}=[^/]+/" for name in table.partitions) + "[^/]+")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.netloc, Prefix=prefix)
    sizes = {
        item["Key"]: item["Size"]
        for page in pages
        for item in page.get("Contents", [])
        if form.fullmatch(item["Key"].removeprefix(prefix))
    }
    if sum(sizes.values()) > MOST_BYTES:
        raise HinagataError(
            f"the lake at {table.location} holds {sum(sizes.values()):,} bytes, too much to copy: "
            f"ask it where it is, by the query `{QUERY}` of its workgroup"
        )

    def copy(key: str) -> None:
        file = folder / key.removeprefix(prefix)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(s3.get_object(Bucket=place.netloc, Key=key)["Body"].read())

    with ThreadPoolExecutor(_COPIERS) as copiers:
        list(copiers.map(copy, sizes))


def _view(table: Table, folder: Path) -> str:
    """Return what makes a table of files; a line that is no JSON is left out, as Glue's says."""
    kinds = {name: _TYPES.get(kind, "VARCHAR") for name, kind in table.columns.items()}
    if not any(folder.rglob("*")):
        columns = ", ".join(
            f'"{name}" {kind}'
            for name, kind in {**kinds, **dict.fromkeys(table.partitions, "VARCHAR")}.items()
        )
        return f'CREATE TABLE "{table.name}" ({columns})'
    columns = ", ".join(f"{_literal(name)}: {_literal(kind)}" for name, kind in kinds.items())
    files = (
        f"read_json({_literal(f'{folder}/**')}, format = 'newline_delimited', "
        f"columns = {{{columns}}}, hive_partitioning = true, hive_types_autocast = 0, "
        "ignore_errors = true)"
    )
    return f'CREATE VIEW "{table.name}" AS SELECT * FROM {files}'  # noqa: S608 - our own words


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _list_partitions(engine: DuckDBPyConnection, table: Table, folder: Path) -> None:
    """Have the engine know how much lies in each partition, to ask what it leaves out."""
    sizes: dict[tuple[str, ...], int] = defaultdict(int)
    for file in folder.rglob("*"):
        if file.is_file():
            names = file.relative_to(folder).parts[:-1]
            sizes[tuple(name.partition("=")[2] for name in names)] += file.stat().st_size
    columns = ", ".join(f'"{name}" VARCHAR' for name in table.partitions)
    engine.execute(f'CREATE TABLE "partitions of {table.name}" ({columns}, bytes BIGINT)')
    marks = ", ".join("?" for _ in range(len(table.partitions) + 1))
    for names, size in sizes.items():
        engine.execute(
            f'INSERT INTO "partitions of {table.name}" VALUES ({marks})',  # noqa: S608 - our own words
            [*names, size],
        )


def _counted(engine: DuckDBPyConnection, table: Table, filters: str) -> tuple[int, int]:
    """Return how many partitions pass the engine's own filter of files, and what lies in them."""
    counted = engine.execute(
        f'SELECT count(*), coalesce(sum(bytes), 0)::BIGINT FROM "partitions of {table.name}" '  # noqa: S608 - our own words
        f"WHERE {filters or 'true'}"
    ).fetchall()
    return counted[0][0], counted[0][1]


def _file_filters(plan: Any) -> str:
    """Return by what the engine chooses files before it opens any, as its plan says; in SQL."""
    if isinstance(plan, list):
        return next(filter(None, map(_file_filters, plan)), "")
    told = plan.get("extra_info", {}).get("File Filters", "")
    return str(told) or _file_filters(plan.get("children", []))


def _span(root: str, row: Mapping[str, Any]) -> Span:
    return Span(
        hop=row["span"],
        id=row["id"],
        type=row["type"],
        start=row["start"],
        end=row["end"],
        status=Status(row["status"]),
        error=row["error"] or "",
        trace=root,
        # Where there is none Athena says null, and DuckDB an empty text.
        parent=row["parent"] or "",
        segment=row["segment"] or "",
    )
