"""A run as a page: all that it says, read as text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from hinagata.errors import HinagataError, UsageError
from hinagata.lab import html_report
from hinagata.lab.accounting import (
    Flow,
    Records,
    hop_accounts,
    journeys,
    path_accounts,
    source_accounts,
)
from hinagata.lab.html_report import html_page, write_html
from hinagata.lab.judgement import Verdict
from hinagata.lab.lake import LakeTrace
from hinagata.lab.lake_account import LakeAccount
from hinagata.lab.output import output_files, write_files
from hinagata.lab.result import FaultRecord, Result
from hinagata.lab.stubs import Stub
from hinagata.lab.timeline import Sample, timeline
from hinagata.lab.trace_tree import trace_account
from hinagata.output_file import OutputError
from hinagata.report.page import page_text
from hinagata.topology.reading import topology_of
from tests.workbench.lab.records import dead, sent, span

FLOW = Flow(reaches={"cars": ["Gateway", "Ingest"]}, behind={}, before={"Ingest": ["Gateway"]})


def result(count: int = 9) -> Result:
    """Return a run of some messages, of which the first is dead and the second lost."""
    names = [f"message-{number}" for number in range(count)]
    records = Records(
        sent=[sent(name, at=100.0 + number / 3) for number, name in enumerate(names)],
        spans=[
            *(
                span("Gateway", name, end=101.0 + number / 3, segment=f"g{number}")
                for number, name in enumerate(names)
            ),
            *(
                span("Ingest", name, end=102.0 + number, segment=f"i{number}", parent=f"g{number}")
                for number, name in enumerate(names)
                if number > 1
            ),
            replace(span("Ingest", names[0], end=103.0, status="error"), error="KeyError: <x>"),
        ],
        dead_letters=[dead("Ingest", names[0])],
        looked_at=112.0,
    )
    return Result(
        sample="car",
        scenario="rush",
        seed=7,
        warm_up=0,
        endpoint="http://127.0.0.1:4566",
        embedded=True,
        started=datetime.fromtimestamp(100, UTC),
        seconds=12.0,
        records=records,
        sources=tuple(source_accounts(FLOW, records)),
        hops=tuple(hop_accounts(FLOW, records)),
        stubs=(Stub(stack="Car", logical_id="A", type="AWS::X", path="Car/A", reason="unknown"),),
        verdicts=(Verdict(about="lost", expected="0", observed="1", met=False),),
        faults=(
            FaultRecord(
                inject="raise", target="Ingest", rate=0.5, began=102.0, ended=104.0, struck=3
            ),
            FaultRecord(
                inject="update", target="Ingest", rate=1.0, began=None, ended=None, struck=0
            ),
        ),
        paths=tuple(path_accounts(FLOW, records)),
        journeys=tuple(journeys(FLOW, records)),
        traces=(trace_account(FLOW, records, source="cars", hop="Ingest"),),
        timeline=timeline(
            FLOW,
            records,
            throttles={"Ingest": [102.5]},
            queues=[Sample(at=101.0, depths={"Commands": 4}), Sample(at=110.0, depths={})],
            dead_letters=[Sample(at=105.0, depths={"Ingest": 1})],
        ),
    )


@cache
def drawn() -> str:
    """Return the page of the run above; to draw it takes a while."""
    return page_text(html_page(result()))


def said(page: str) -> str:
    """Return what a reader of a page sees, on one line."""
    without = re.sub(r"<(style|script|metadata)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", without)).split())


def test_the_answer_and_its_reasons_are_told() -> None:
    """What was expected, what went wrong, what was injected, and where messages ended."""
    text = said(drawn())

    for part in (
        "✗ 1 of 1 expectations missed, after 12 s; 1 of 2 faults struck nothing.",
        "lost 0 ✗ 1",
        "lost: message-1 of cars at Ingest",
        "errors: 1 at Ingest: KeyError: <x>",
        "raise Ingest 50% 2 4 3",
        "update Ingest 100% - - 0",
        "cars 9 9 0 0 7 1 1",
        "2 messages that were not processed exactly once",
        "message-0 cars dead-lettered Gateway (ok), Ingest (error)",
        "message-1 cars lost Gateway (ok)",
        "cars Ingest 7 7 ✓ none",
        "1 resource that the endpoint left out",
    ):
        assert part in text


def test_curves_tell_what_happened_when() -> None:
    """One for each hop, with errors and throttles where there were some, and the fault above."""
    text = said(drawn())

    for part in ("Gateway", "errors", "throttled", "Commands", "raise on Ingest", "seconds"):
        assert part in text


def test_the_slowest_message_is_a_tree() -> None:
    """Whose spans are indented below the one that sent to them."""
    page = drawn()
    (row,) = re.findall(r"\u2003└ Ingest</th><td[^>]*>([^<]*)<", page)

    assert float(row.replace(",", "")) > 0


def test_what_the_lake_has_of_the_last_message_is_a_tree() -> None:
    """With what was read for it."""
    spans = (
        span("Gateway", "a", segment="g"),
        replace(span("Ingest", "a", segment="i", parent="g"), type="object.removed"),
    )
    trace = LakeTrace(
        root="1-0-0",
        first_day="2026-01-30",
        last_day="2026-02-01",
        spans=spans,
        partitions=3,
        bytes=300,
        of_partitions=60,
        of_bytes=6000,
    )
    ran = replace(result(), lake=LakeAccount(asked=1, spans=2, absent=0, last=trace))

    told = str(list(html_report._traces(ran))[-1])

    assert "└ Ingest" in told
    assert "object.removed" in told
    assert "read 3 of 60 partitions, 300 of 6,000 bytes" in told


def test_the_slowest_message_is_none_of_those_that_start_everything_up() -> None:
    """They wait for what is being started, which nobody asked about."""
    names = {sent_.id for sent_ in result().records.sent}
    journeys_ = [
        replace(each, sent=replace(each.sent, warm_up=number != 3))
        for number, each in enumerate(result().journeys)
    ]
    page = page_text(html_page(replace(result(), journeys=tuple(journeys_), timeline=None)))

    assert {name for name in names if f"Message {name}," in page} == {"message-3"}


def test_a_fault_that_struck_nothing_is_told() -> None:
    """Below the table of faults, and in the answer."""
    page = said(drawn())

    assert "1 of 2 faults struck nothing" in page
    assert "update on Ingest: did not begin before the end" in page


def test_all_of_it_is_in_the_page_as_data() -> None:
    """Every message with its arrivals, and the curves."""
    page = drawn()
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])

    assert [message["ending"] for message in data["messages"]][:3] == [
        *("dead-lettered", "lost", "processed once"),
    ]
    assert data["messages"][0]["arrivals"][1]["error"] == "KeyError: <x>"
    assert sum(data["timeline"]["sent"]["cars"]) == 9


def test_what_the_endpoint_does_otherwise_is_told() -> None:
    """A row for each gap that the architecture touches."""
    fifo = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
    touched = replace(result(), topology=topology_of(Shop={"Resources": {"Queue": fifo}}))

    page = said(page_text(html_page(touched)))
    assert "fifo-parallelism SQS a FIFO queue's groups are processed one after the other" in page


def test_a_run_that_was_ended_says_so() -> None:
    """It is not good, whatever was seen until then."""
    stopped = replace(
        result(), verdicts=(), timeline=None, stopped='interrupted at the step "send"'
    )
    page = html_page(stopped)

    assert page.good is False
    assert ("Not finished" in page.facts, "Lost" in page.facts) == (True, False)
    assert " lost" not in said(page_text(page))
    assert page.verdict == (
        'The run was interrupted at the step "send", after 12 s: nothing was judged.'
    )


def test_thousands_of_messages_are_a_page() -> None:
    """Of a few megabytes, whose tables stay readable."""
    page = page_text(html_page(replace(result(3_000), timeline=None)))

    assert page.count("<tr>") < 400
    assert len(page) < 5_000_000


def test_files_are_written_as_they_were_asked_for(tmp_path: Path) -> None:
    """A page and a document."""
    page, document = tmp_path / "run.html", tmp_path / "run.json"
    files = output_files([f"json={document}"], report=page)
    written: list[str] = []
    write_files(replace(result(), timeline=None, journeys=()), files, written.append)

    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(document.read_text())["sources"][0]["sent"] == 9
    assert written == [f"wrote {page}", f"wrote {document}"]


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (
            "run.pdf",
            (
                "--output: found run.pdf, expected FORMAT=FILE, as json=found.json, or a file that "
                "ends with .json, .html"
            ),
        ),
        ("pdf=x", "--output: found format pdf, expected one of json, html"),
        ("html=page.html", "--output: page.html is named twice; give each format its own file"),
    ],
)
def test_fails_for_an_output_that_is_none(
    output: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as failure:
        output_files([output], report=Path("page.html"))

    assert str(failure.value) == message


def test_fails_for_a_place_that_is_none(tmp_path: Path) -> None:
    """A folder that is not there, or a file that is one: known before the run."""
    with pytest.raises(OutputError, match=r"nowhere/p\.html cannot be written: there is no folder"):
        output_files([], report=tmp_path / "nowhere" / "p.html")
    with pytest.raises(OutputError, match="cannot be written: it is a folder"):
        output_files([], report=tmp_path)


def test_a_page_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """One sentence, and no half of it."""
    with pytest.raises(HinagataError, match="cannot be written"):
        write_html(replace(result(), timeline=None), tmp_path / "gone" / "page.html")

    assert list(tmp_path.iterdir()) == []
