"""The lake is asked by its own query, which opens the files of the days that it names alone."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.lake import LakeTrace, day_of, has_lake, lake_of, root_of
from hinagata.lab.lake_report import lines, write_json
from hinagata.topology.reading import read_topology, topology_of
from tests.workbench.lab.lakes import NOON, QUERY, lake, line, root, whole, write


def days(first: int, last: int) -> list[str]:
    """Days, counted from the one on which the trace began."""
    return [f"{NOON + timedelta(days=more):%Y-%m-%d}" for more in range(first, last + 1)]


def tree(trace: LakeTrace) -> list[str]:
    """The lines that a person reads."""
    return list(lines(trace))


def test_a_trace_of_two_months_ago_is_found_and_no_other_day_is_opened(tmp_path: Path) -> None:
    """Files of 61 days before and after cannot be read at all, and nobody notices."""
    for day in (*days(-61, -2), *days(2, 61)):
        write(tmp_path, day, []).write_bytes(b"this is no gzip")
    wanted = [write(tmp_path, day, whole(root(number=2))) for day in days(-1, 1)]
    wanted += [write(tmp_path, days(0, 0)[0], whole(root()))]

    found = lake(tmp_path).trace(root())

    assert [span.hop for span in found.spans] == ["PhotoApi", "Discard", "Catalogue"]
    assert (found.partitions, found.of_partitions) == (3, 123)
    assert found.bytes == sum(file.stat().st_size for file in wanted)
    assert found.of_bytes == found.bytes + 120 * len(b"this is no gzip")


def test_fails_if_a_query_opens_a_file_of_another_day(tmp_path: Path) -> None:
    """The same query without its days reads all of them: what cannot be read is met then."""
    write(tmp_path, days(0, 0)[0], whole(root()))
    write(tmp_path, days(30, 30)[0], []).write_bytes(b"this is no gzip")
    blind = QUERY.replace("day BETWEEN ? AND ?", "? <= ?")
    assert blind != QUERY

    with pytest.raises(HinagataError, match="`trace by id` cannot be run"):
        lake(tmp_path, blind).trace(root())


def test_each_account_is_read_and_a_span_that_came_twice_is_one(tmp_path: Path) -> None:
    """CloudWatch Logs and Firehose deliver at least once, each account into its own folder."""
    (day,) = days(0, 0)
    api, *others = sorted(whole(root()), reverse=True)
    write(tmp_path, day, [api])
    write(tmp_path, day, [api])
    write(tmp_path, day, others, account="000000000013")

    found = lake(tmp_path).trace(root())

    assert sorted(span.segment for span in found.spans) == ["aa", "bb", "cc"]
    assert found.partitions == 2


def test_a_line_that_was_cut_hides_no_other(tmp_path: Path) -> None:
    """As Glue's serialiser leaves out what is no JSON."""
    write(tmp_path, *days(0, 0), ['{"span": "Photo', *whole(root())])

    assert len(lake(tmp_path).trace(root()).spans) == 3


def test_what_went_on_for_longer_is_found_by_its_days(tmp_path: Path) -> None:
    """A step that waited for a week came after the days that are read unless more are asked for."""
    write(tmp_path, *days(0, 0), whole(root()))
    write(tmp_path, *days(7, 7), [line("Late", of=root(), segment="dd", parent="bb", start=9.0)])
    asked = lake(tmp_path)

    assert {span.hop for span in asked.trace(root()).spans} == {"PhotoApi", "Discard", "Catalogue"}
    assert "Late" in {span.hop for span in asked.trace(root(), days=7).spans}


def test_an_empty_lake_has_no_trace(tmp_path: Path) -> None:
    """That is an answer, and no error."""
    (tmp_path / "spans").mkdir()

    found = lake(tmp_path).trace(root(), hops=["PhotoApi"])

    assert (found.spans, found.missing, found.of_bytes) == ((), ("PhotoApi",), 0)


def test_the_tree_tells_of_the_deletion_and_of_what_was_read(tmp_path: Path) -> None:
    """Each hop under the one that its work came of, in milliseconds since the first."""
    write(tmp_path, *days(0, 0), whole(root()))

    told = tree(lake(tmp_path).trace(root(), hops=["PhotoApi", "Discard", "Catalogue"]))

    assert told[1:4] == [
        "  PhotoApi       photo.taken           0 ms     100 ms  ok",
        "    Discard      photo.taken        1000 ms     100 ms  ok",
        "      Catalogue  object.removed     2000 ms     100 ms  ok",
    ]
    assert len(told) == 5
    assert "2026-09-19 to 2026-09-21: read 1 of 1 partition" in told[-1]


def test_the_tree_tells_which_hop_does_not_go_on_with_the_trace(tmp_path: Path) -> None:
    """A hop of another root is named, and one that does not say who sent to it stands apart."""
    api, discard = (
        line("PhotoApi", of=root(), segment="aa"),
        line("Discard", of=root(), segment="bb", start=1.0),
    )
    lost = line("Catalogue", of=root(number=2), segment="cc", parent="bb", start=2.0)
    write(tmp_path, *days(0, 0), [api, discard, lost])

    told = tree(lake(tmp_path).trace(root(), hops=["PhotoApi", "Discard", "Catalogue"]))

    assert told[2].endswith("ok  (of an unknown hop)")
    assert told[3] == "no span of Catalogue under this trace"


def test_a_program_reads_the_same(tmp_path: Path) -> None:
    """As one document of JSON."""
    write(tmp_path, *days(0, 0), whole(root()))
    stream = io.StringIO()

    write_json(lake(tmp_path).trace(root(), hops=["Print"]), stream)

    told = json.loads(stream.getvalue())
    assert [span["parent"] for span in told["spans"]] == ["", "aa", "bb"]
    assert told["missing"] == ["Print"]
    assert told["read"] == told["lake"]
    assert {span[name][-1] for span in told["spans"] for name in ("start", "end")} == {"Z"}


def test_a_lake_is_known_by_its_query(tmp_path: Path) -> None:
    """The named query of the template is what runs, in the database that it names."""
    file = tmp_path / "Lake.template.json"
    file.write_text(json.dumps({"Resources": resources()}))
    topology = read_topology(file)
    physical = {node: f"physical-{node.logical_id}" for node in topology.nodes}

    found = lake_of(topology, physical)

    assert found is not None
    assert (found.database, found.query) == ("physical-Database", QUERY)
    assert lake_of(topology, {}) is None
    assert (has_lake(topology), has_lake(topology_of())) == (True, False)


def resources() -> Mapping[str, object]:
    """A lake as a template has it."""
    name = {"DatabaseInput": {"Name": "lake"}, "CatalogId": "1"}
    query = {"Name": "trace by id", "Database": {"Ref": "Database"}, "QueryString": QUERY}
    return {
        "Database": {"Type": "AWS::Glue::Database", "Properties": name},
        "Another": {"Type": "AWS::Athena::NamedQuery", "Properties": {**query, "Name": "other"}},
        "TraceById": {"Type": "AWS::Athena::NamedQuery", "Properties": query},
    }


@given(st.integers(min_value=0, max_value=2**32 - 1), st.integers(min_value=0, max_value=2**96 - 1))
def test_a_root_says_when_its_trace_began(second: int, number: int) -> None:
    """In a header as by itself."""
    given_root = f"1-{second:08x}-{number:024x}"

    assert (
        root_of(given_root) == root_of(f"Root={given_root};Parent=53995c3f42cd8ad8") == given_root
    )
    assert day_of(given_root).timestamp() == second


@pytest.mark.parametrize("text", ["", "1-2-3", "Root=;Sampled=1", "53995c3f42cd8ad8"])
def test_fails_if_there_is_no_root(text: str) -> None:
    """With what one looks like."""
    with pytest.raises(UsageError, match="is no trace; expected its root, as 1-"):
        root_of(text)
