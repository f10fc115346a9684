"""A result as a person and as a program reads it."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hinagata.lab.accounting import HopAccount, Missing, Records, SourceAccount
from hinagata.lab.judgement import Verdict
from hinagata.lab.report import summary, write_text
from hinagata.lab.result import FaultRecord, Result
from hinagata.lab.run_json import write_json
from hinagata.lab.spans import Span
from hinagata.lab.stubs import Stub
from hinagata.topology.reading import topology_of
from tests.workbench.lab.records import sent, span

LOST = Missing(source="cars", id="6f0c1d5e-3c7b-4a52-9f0e-0b1d7d1f2a01", hops=("Health", "Partner"))


def hop(name: str, *, p99_ms: float | None = 901.26) -> HopAccount:
    """Return an account with numbers as large as a laptop makes them."""
    return HopAccount(
        hop=name,
        received=10_500,
        deliveries=10_516,
        processed=10_500,
        again=11,
        duplicates=12,
        repeats=3,
        errors=1,
        dead_lettered=0,
        expired=0,
        lost=0,
        p50_ms=None if p99_ms is None else 9.1,
        p95_ms=None if p99_ms is None else 99.04,
        p99_ms=p99_ms,
    )


def source(*, lost: tuple[Missing, ...] = (), latest: float = 0.01) -> SourceAccount:
    """Return an account of a source."""
    return SourceAccount(
        source="cars",
        sent=10_500,
        accepted=10_499,
        refused=1,
        retries=2,
        latest_seconds=latest,
        lost=lost,
    )


def stub(name: str, kind: str) -> Stub:
    """Return a resource that the endpoint left out."""
    return Stub(
        stack="Car",
        logical_id=name,
        type=kind,
        path=f"Car/{name}",
        reason=f"the endpoint does not know {kind}",
    )


RESULT = Result(
    sample="connected_car",
    scenario="morning-rush",
    seed=7,
    warm_up=5,
    endpoint="http://127.0.0.1:4566",
    embedded=True,
    started=datetime(2026, 1, 31, 8, tzinfo=UTC),
    seconds=9.3456,
    records=Records(sent=[], spans=[], dead_letters=[]),
    sources=(source(),),
    hops=(hop("DeviceGateway"), hop("CommandDelivery"), hop("PartnerRetry", p99_ms=None)),
    stubs=(stub("A", "AWS::EC2::NatGateway"), stub("B", "AWS::EC2::EIP"), stub("C", "AWS::X::Y")),
    verdicts=(
        Verdict(about="lost", expected="0", observed="0", met=True),
        Verdict(
            about="p99 operators to DeviceGateway",
            expected="at most 500 ms",
            observed="nothing arrived",
            met=False,
        ),
        Verdict(
            about="all in CommandMailbox", expected="30 from operators", observed="30", met=True
        ),
    ),
)


def text(result: Result = RESULT, *, verbose: bool = False) -> str:
    """Return a result as a file gets it."""
    file = io.StringIO()
    write_text(result, file, verbose=verbose)
    return file.getvalue()


def test_a_result_is_tables_of_eighty_columns() -> None:
    """What was sent, what each hop did, what was left out, and what was expected: aligned."""
    assert (
        text()
        == """\
connected_car: morning-rush on the embedded endpoint

source   sent  accepted  refused  retries  lost
cars    10500     10499        1        2     0

hop              received  processed  duplicates  dead letters  p50 ms  p99 ms
DeviceGateway       10500      10500          12             0       9     901
CommandDelivery     10500      10500          12             0       9     901
PartnerRetry        10500      10500          12             0       -       -
p50, p99: from sending to the end of the hop's first work, after 5 to warm up

Not on this endpoint: 3 resources, 2 of EC2, 1 of X; --verbose lists them.

   expectation                     expected           observed
✓  lost                            0                  0
✗  p99 operators to DeviceGateway  at most 500 ms     nothing arrived
✓  all in CommandMailbox           30 from operators  30

1 of 3 expectations missed, after 9.35 s.
"""
    )


def test_no_table_is_wider_than_eighty_columns() -> None:
    """Also with long names, which are cut, not wrapped."""
    long = replace(
        RESULT,
        hops=(hop("AVeryLongNameThatSomebodyGaveToTheirOwnConstruct"),),
        verdicts=(replace(RESULT.verdicts[0], about="newest in " + "Long" * 20),),
    )
    lines = text(long).splitlines()

    assert max(map(len, lines)) <= 80
    assert sum("AVeryLong" in line for line in lines) == 1


def test_a_command_can_be_copied_out_of_a_file() -> None:
    """No line is broken at some column, and none ends with blanks."""
    fifo = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
    touched = replace(
        RESULT,
        sample="a_sample_with_quite_a_long_name_for_a_sample",
        topology=topology_of(Shop={"Resources": {"Queue": fifo}}),
    )
    lines = text(touched, verbose=True).splitlines()

    command = f"`hinagata run --list-gaps {touched.sample}`"
    assert sum(command in line for line in lines) == 1
    assert [line for line in lines if line != line.rstrip()] == []


def faulty(spans: list[Span], *, warm_up: int = 0, **fields: Any) -> Result:
    """Return a run with a fault on Partner, of which something is said."""
    fault = {"inject": "poison", "target": "Partner", "rate": 0.05, "struck": 0}
    began = RESULT.started.timestamp()
    record = FaultRecord(**(fault | {"began": began, "ended": began + 5.0} | fields))
    records = Records(sent=[], spans=spans, dead_letters=[])
    return replace(RESULT, warm_up=warm_up, faults=(record,), records=records)


def at(seconds: float) -> Span:
    """Return what Partner did with a message so long after the first one was sent."""
    return span("Partner", "c", end=RESULT.started.timestamp() + seconds + 0.1)


def test_a_fault_that_struck_nothing_does_not_pass_in_silence() -> None:
    """Its line says why, as far as it is known, and the answer counts it."""
    nothing = "fault: poison on Partner, 5%: from 0 ms to 5 s, struck nothing"

    assert f"{nothing}\n" in text(faulty([]))
    assert f"{nothing}: nothing came meanwhile" in text(faulty([at(-3)]))
    assert f"{nothing}: its share was none of the 2 that came" in text(faulty([at(1), at(2)]))
    assert summary(faulty([])) == (
        "1 of 3 expectations missed, after 9.35 s; 1 of 1 faults struck nothing."
    )
    assert "nothing" not in summary(faulty([at(1)], struck=1))
    assert "1 of 1 faults struck nothing" in summary(faulty([], began=None, ended=None))


def test_a_fault_that_was_over_before_all_had_started_hints_at_the_warm_up() -> None:
    """Unless there was one, and it took that long all the same."""
    came = "struck nothing: the first message came only after 7 s"
    cold = faulty([at(7)])

    assert f"{came}; `warm_up` in the scenario's `run` starts everything up" in text(cold)
    assert f"{came}\n" in text(faulty([at(7)], warm_up=2))


def test_a_file_gets_no_colour() -> None:
    """What is piped is plain text."""
    assert "\x1b" not in text()


def test_that_all_is_well_is_said() -> None:
    """The last line is the answer."""
    good = replace(RESULT, verdicts=(RESULT.verdicts[0],) * 3)

    assert text(good).splitlines()[-1] == "All 3 expectations hold, after 9.35 s."


def test_a_scenario_without_expectations_says_so() -> None:
    """A run of it proves nothing, and does not look as if it did."""
    nothing = text(replace(RESULT, verdicts=()))

    assert nothing.splitlines()[-1] == "The scenario expects nothing, after 9.35 s."


def test_every_resource_that_was_left_out_can_be_listed() -> None:
    """With its construct path and the reason."""
    assert "  Car/A: the endpoint does not know AWS::EC2::NatGateway" in text(verbose=True)


def test_an_endpoint_that_knows_everything_is_not_mentioned() -> None:
    """Nothing left out, nothing said."""
    assert "Not on this endpoint" not in text(replace(RESULT, stubs=()))


def test_what_the_endpoint_does_otherwise_is_told() -> None:
    """As far as the architecture asks for it, of a run on the embedded endpoint."""
    fifo = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
    touched = replace(RESULT, topology=topology_of(Shop={"Resources": {"Queue": fifo}}))
    file = io.StringIO()
    write_json(touched, file)

    assert [gap["name"] for gap in json.loads(file.getvalue())["gaps"]] == ["fifo-parallelism"]
    assert "Otherwise than on AWS: 1 known gap; see `hinagata run --list-gaps" in text(touched)
    assert replace(touched, embedded=False).gaps == ()


def test_what_an_interruption_leaves_undone_is_not_lost() -> None:
    """Messages in flight when a person ends a run are not finished, and the reason is said."""
    stopped = 'interrupted at the step "send"'
    told = text(replace(RESULT, sources=(source(lost=(LOST,) * 5),), verdicts=(), stopped=stopped))

    assert f"not finished: 5 of cars: {stopped}\n" in told
    assert "retries  not finished\n" in told
    assert "lost" not in told


def test_one_resource_is_one_resource() -> None:
    """Of what the endpoint left out."""
    told = text(replace(RESULT, stubs=RESULT.stubs[:1]))

    assert "Not on this endpoint: 1 resource, 1 of EC2;" in told


def test_what_went_wrong_is_told_by_example() -> None:
    """Lost ids with their hops, and the commonest reasons of refusals and errors."""
    result = replace(
        RESULT,
        sources=(source(lost=(LOST,) * 5, latest=2.5),),
        records=Records(
            sent=[sent("a", accepted=False), sent("b", accepted=False)],
            spans=[replace(span("Partner", "c", status="error"), error="KeyError: 'x'")],
            dead_letters=[],
        ),
    )
    told = text(result)

    assert told.count(f"lost: {LOST.id} of cars at Health, Partner") == 3
    assert "lost: 2 more of cars" in told
    assert "late: this machine sent cars up to 2.5 s after their time" in told
    assert "refused: 2 of cars: 503:" in told
    assert "errors: 1 at Partner: KeyError: 'x'" in told


def test_a_long_error_is_cut() -> None:
    """A page of traceback does not hide the result."""
    error = replace(span("Partner", "c", status="error"), error="word " * 200)
    result = replace(RESULT, records=Records(sent=[], spans=[error], dead_letters=[]))

    assert text(result).count("word") < 60


def test_square_brackets_are_text() -> None:
    """What looks like markup is shown as it is."""
    error = replace(span("Partner", "c", status="error"), error="KeyError: [red]x[/]")
    result = replace(RESULT, records=Records(sent=[], spans=[error], dead_letters=[]))

    assert "KeyError: [red]x[/]" in text(result)


def test_a_program_gets_one_document() -> None:
    """Its fields are names that stay; every number of the tables is there, and every id."""
    file = io.StringIO()
    write_json(replace(RESULT, sources=(source(lost=(LOST,)),)), file)
    document = json.loads(file.getvalue())

    assert list(document) == [
        *(
            "version",
            "sample",
            "scenario",
            "seed",
            "warm_up",
            "endpoint",
            "embedded",
            "started",
            "took_ms",
            "stopped",
        ),
        *("met", "sources", "hops", "paths", "traces", "faults", "stubs", "gaps", "expectations"),
    ]
    assert document["version"] == 2
    assert document["started"] == "2026-01-31T08:00:00.000000Z"
    assert document["took_ms"] == 9345.6
    assert document["met"] is False
    assert document["sources"][0] == {
        "source": "cars",
        "sent": 10_500,
        "accepted": 10_499,
        "refused": 1,
        "retries": 2,
        "latest_ms": 10.0,
        "lost": [{"source": "cars", "id": LOST.id, "hops": ["Health", "Partner"], "expired": []}],
        "endings": {},
    }
    assert document["hops"][0] == {
        "hop": "DeviceGateway",
        "received": 10_500,
        "deliveries": 10_516,
        "processed": 10_500,
        "again": 11,
        "duplicates": 12,
        "repeats": 3,
        "errors": 1,
        "dead_lettered": 0,
        "expired": 0,
        "lost": 0,
        "p50_ms": 9.1,
        "p95_ms": 99.0,
        "p99_ms": 901.3,
    }
    assert document["hops"][2]["p99_ms"] is None
    assert document["stubs"][0]["type"] == "AWS::EC2::NatGateway"
    assert document["expectations"][1] == {
        "about": "p99 operators to DeviceGateway",
        "expected": "at most 500 ms",
        "observed": "nothing arrived",
        "met": False,
    }
