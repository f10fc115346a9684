"""What a scenario file gives, and how each mistake in one is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinagata.errors import HinagataError, UsageError
from hinagata.scenario import (
    BacklogExpectation,
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    CountExpectation,
    DiurnalRate,
    EveryStored,
    Expectations,
    Fault,
    HotKey,
    Inject,
    Key,
    LaptopShare,
    LatencyExpectation,
    Moment,
    NewestStored,
    RampRate,
    ScenarioError,
    ServiceTime,
    TraceExpectation,
    Zipf,
    find_scenario,
    read_scenario,
)
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, read, write


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    """Every field arrives, with durations in seconds and rates a second."""
    scenario = read(tmp_path)
    cars, operators = scenario.sources["cars"], scenario.sources["operators"]

    assert (scenario.name, scenario.seed, scenario.duration_seconds) == ("small", 7, 86400)
    assert (scenario.deadline_seconds, scenario.warm_up) == (30, 2)
    assert cars.entry == "Gateway"
    assert (cars.request.method, cars.request.path) == ("POST", "/vehicles/{vehicle_id}")
    assert cars.request.body == {"vehicle_id": "?", "speed": 48}
    assert cars.rate == DiurnalRate(
        peak_per_second=100, peak_over_trough=12, peak_at_seconds=8 * 3600
    )
    assert cars.keys == {"vehicle_id": Key(cardinality=1000)}
    assert cars.reaches == ("Gateway", "Ingest")
    assert cars.run == LaptopShare(messages=50, per_second=100, keys=10)
    assert operators.request.body is None
    assert operators.rate == ConstantRate(per_second=1)
    assert scenario.service_times == {
        "Ingest": ServiceTime(mean_seconds=0.04, cv=0.5, cold_start_seconds=0.35)
    }
    assert (scenario.expectations.lost, scenario.expectations.dead_lettered) == (0, 0)
    assert scenario.expectations.p99 == (
        LatencyExpectation(source="cars", hop="Ingest", at_most_seconds=5),
    )
    assert scenario.expectations.stored == (
        NewestStored(table="State", key="vehicle_id", sources=("cars",), id_attribute="event_id"),
        EveryStored(table="Mailbox", source="operators", id_attribute="command_id"),
    )
    assert scenario.hops() == ("Gateway", "Ingest", "Api")


MISTAKES = {
    "an unknown field": (
        "    entry: Gateway",
        "    entri: Gateway",
        "6: sources.cars.entri",
        "a field that is not known",
        "one of entry, request, rate, reaches, run, keys (did you mean entry?)",
    ),
    "a missing field": (
        "    rate: {shape: constant, rate: 1/s}\n",
        "",
        "13: sources.operators",
        "no rate",
        "the fields entry, request, rate, reaches, run",
    ),
    "a missing name": (
        "name: small\n",
        "",
        "1",
        "no name",
        "the fields name, sources",
    ),
    "a field twice": (
        "seed: 7",
        "seed: 7\nseed: 8",
        "3: seed",
        "a second one",
        "each name once",
    ),
    "a wrong type": (
        "    entry: Gateway",
        "    entry: [Gateway]",
        "6: sources.cars.entry",
        "a list",
        "a text",
    ),
    "nothing where a text goes": (
        "    entry: Gateway",
        "    entry:",
        "6: sources.cars.entry",
        "nothing",
        "a text",
    ),
    "a scalar where a mapping goes": (
        "keys: {vehicle_id: {cardinality: 1000, distribution: uniform}}",
        "keys: vehicle_id",
        "9: sources.cars.keys",
        '"vehicle_id"',
        "a mapping of names to values",
    ),
    "a scalar where a list goes": (
        "reaches: [Api]",
        "reaches: Api",
        "16: sources.operators.reaches",
        '"Api"',
        "a list, as [Api]",
    ),
    "a hop twice": (
        "reaches: [Gateway, Ingest]",
        "reaches: [Gateway, Gateway]",
        "10: sources.cars.reaches[1]",
        '"Gateway" a second time',
        "each hop once",
    ),
    "no hop": (
        "reaches: [Api]",
        "reaches: []",
        "16: sources.operators.reaches",
        "an empty list",
        "at least one hop",
    ),
    "a duration without a unit": (
        "duration: 24h",
        "duration: 24",
        "3: duration",
        '"24"',
        "a duration such as 40ms, 2s, 5m or 24h",
    ),
    "a duration of zero": (
        "duration: 24h",
        "duration: 0h",
        "3: duration",
        '"0h"',
        "more than zero",
    ),
    "a rate without a unit": (
        "peak: 6000/min",
        "peak: 6000",
        "8: sources.cars.rate.peak",
        '"6000"',
        "a rate such as 100/s or 6000/min",
    ),
    "an unknown shape": (
        "shape: constant",
        "shape: constand",
        "15: sources.operators.rate.shape",
        '"constand"',
        (
            "the name of a shape: one of constant, ramp, diurnal, burst, trace, users "
            "(did you mean constant?)"
        ),
    ),
    "no shape": (
        "{shape: constant, rate: 1/s}",
        "{rate: 1/s}",
        "15: sources.operators.rate",
        "no shape",
        "a shape: constant, ramp, diurnal, burst, trace or users",
    ),
    "a number of messages that is not whole": (
        "messages: 50",
        "messages: 5.5",
        "11: sources.cars.run.messages",
        '"5.5"',
        "a whole number from 1 to 10,000,000",
    ),
    "no messages": (
        "messages: 50",
        "messages: 0",
        "11: sources.cars.run.messages",
        '"0"',
        "a whole number from 1 to 10,000,000",
    ),
    "more keys than there are": (
        "keys: 10}",
        "keys: 1001}",
        "11: sources.cars.run.keys",
        '"1001"',
        "at most the cardinality of the keys, 1000",
    ),
    "nothing left after warming up": (
        "warm_up: 2",
        "warm_up: 5",
        "27: run.warm_up",
        '"5"',
        "fewer than the messages of every source, 5",
    ),
    "a ratio below one": (
        "peak_over_trough: 12",
        "peak_over_trough: 0.5",
        "8: sources.cars.rate.peak_over_trough",
        '"0.5"',
        "a number from 1 to 1,000,000",
    ),
    "a ratio that is no number": (
        "peak_over_trough: 12",
        "peak_over_trough: twelve",
        "8: sources.cars.rate.peak_over_trough",
        '"twelve"',
        "a number from 1 to 1,000,000",
    ),
    "a source that does not exist": (
        "{from: cars,",
        "{from: car,",
        "23: expect.p99[0].from",
        '"car"',
        "the name of a source: one of cars, operators (did you mean cars?)",
    ),
    "a hop that the source does not reach": (
        "to: Ingest",
        "to: Api",
        "23: expect.p99[0].to",
        '"Api"',
        "the name of a hop that cars reaches: one of Gateway, Ingest",
    ),
    "a key that the source does not have": (
        "key: vehicle_id, newest_from: [cars]",
        "key: vehicle_id, newest_from: [cars, operators]",
        "25: expect.stored[0].key",
        '"vehicle_id"',
        "the name of a key of operators: one that exists, but there are none",
    ),
    "a stored expectation of neither kind": (
        "{table: Mailbox, every: operators, id: command_id}",
        "{table: Mailbox, id: command_id}",
        "26: expect.stored[1]",
        "no key and no newest_from",
        "the fields table, key, newest_from, id",
    ),
    "a body file that does not exist": (
        "body: telemetry.json",
        "body: telemetri.json",
        "7: sources.cars.request.body",
        "telemetri.json, which does not exist",
        "a JSON object in a file, named from {project}",
    ),
    "a body that is no object": (
        "body: telemetry.json",
        "body: list.json",
        "7: sources.cars.request.body",
        "list.json, which holds something else",
        "a JSON object in a file, named from {project}",
    ),
    "a body that is not JSON": (
        "body: telemetry.json",
        "body: broken.json",
        "7: sources.cars.request.body",
        "broken.json, which cannot be read (Expecting value: line 1 column 1 (char 0))",
        "a JSON object in a file, named from {project}",
    ),
    "a path with a name that is no key": (
        "/vehicles/{vehicle_id}",
        "/vehicles/{vehicle}",
        "7: sources.cars.request.path",
        "{vehicle}, which is no key",
        "vehicle_id (did you mean vehicle_id?)",
    ),
    "a path without a slash": (
        "path: /health",
        "path: health",
        "14: sources.operators.request.path",
        '"health"',
        "a path that begins with /, without spaces",
    ),
    "no source": (
        SCENARIO[SCENARIO.index("  cars:") : SCENARIO.index("service_times:")],
        "  {}\n",
        "5: sources",
        "no source",
        "at least one",
    ),
    "a mapping that is not closed": (
        "keys: 10}",
        "keys: 10",
        "12",
        "text that is not YAML (expected ',' or '}', but got ':')",
        "one YAML document",
    ),
    "a tab": (
        "seed: 7",
        "\tseed: 7",
        "2",
        "a tab",
        "spaces, for YAML indents with nothing else",
    ),
    "a second document": (
        "seed: 7",
        "---\nseed: 7",
        "2",
        "text that is not YAML (but found another document)",
        "one YAML document",
    ),
    "a character that YAML forbids": (
        "seed: 7",
        "seed: ",
        "2",
        "the character U+0007",
        "one YAML document",
    ),
    "an empty file": (
        SCENARIO,
        "# nothing yet\n",
        "1",
        "an empty file",
        "one YAML document",
    ),
    "a list for a file": (
        SCENARIO,
        "- cars\n",
        "1",
        "a list",
        "a mapping of names to values",
    ),
}


@pytest.mark.parametrize(
    ("right", "wrong", "place", "found", "expected"), MISTAKES.values(), ids=MISTAKES
)
def test_fails_with_the_place_what_is_there_and_what_is_expected(
    tmp_path: Path, right: str, wrong: str, place: str, found: str, expected: str
) -> None:
    """Each mistake is one sentence with file, line, field, finding and expectation."""
    assert right in SCENARIO

    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, SCENARIO.replace(right, wrong, 1))

    expected = expected.replace("{project}", str(tmp_path))
    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:{place}: found {found}; expected {expected}"
    )


def test_fails_when_there_is_no_such_file(tmp_path: Path) -> None:
    """A scenario file that does not exist is named."""
    with pytest.raises(HinagataError) as failure:
        read_scenario(tmp_path / "x.yaml", project=tmp_path)

    assert str(failure.value) == f"{tmp_path}/x.yaml: there is no such scenario file"


def test_a_scenario_is_found_by_its_name(tmp_path: Path) -> None:
    """A name is looked up among the scenarios of the sample."""
    folder = tmp_path / "scenarios" / "cars"
    folder.mkdir(parents=True)
    file = write(folder)

    assert find_scenario("small", sample="cars", project=tmp_path) == file


@pytest.mark.parametrize("name", ["elsewhere/small", "small.yaml", "small.yml"])
def test_a_scenario_is_found_by_its_file(tmp_path: Path, name: str) -> None:
    """What looks like a file is taken for one, from the current folder."""
    assert find_scenario(name, sample="cars", project=tmp_path) == Path(name)


def test_fails_when_the_sample_has_no_such_scenario(tmp_path: Path) -> None:
    """An unknown name is answered with what it may have meant."""
    folder = tmp_path / "scenarios" / "cars"
    folder.mkdir(parents=True)
    write(folder)

    with pytest.raises(UsageError) as failure:
        find_scenario("smal", sample="cars", project=tmp_path)

    assert str(failure.value) == (
        f"there is no scenario smal in {folder}; expected a file, or small (did you mean small?)"
    )


def test_a_scenario_is_found_whatever_sample_has_it(tmp_path: Path) -> None:
    """Without a sample every one is searched, and a name that two have is refused."""
    for sample in ("cars", "orders"):
        (tmp_path / "scenarios" / sample).mkdir(parents=True)
    file = write(tmp_path / "scenarios" / "cars")

    assert find_scenario("small", project=tmp_path) == file

    write(tmp_path / "scenarios" / "orders")
    with pytest.raises(UsageError, match="several samples"):
        find_scenario("small", project=tmp_path)


def test_every_shape_distribution_and_fault_is_read(tmp_path: Path) -> None:
    """With seconds, rates a second, shares and counts."""
    scenario = read(tmp_path, WHOLE)
    rates = {name: source.rate for name, source in scenario.sources.items()}

    assert rates["ramp"] == RampRate(
        from_per_second=0, to_per_second=100, over_seconds=600, start_seconds=3600
    )
    assert rates["burst"] == BurstRate(
        base_per_second=1, peak_per_second=100, at_seconds=600, for_seconds=30, every_seconds=3600
    )
    assert rates["users"] == ClosedLoopRate(users=500, think_seconds=10)
    assert scenario.sources["burst"].keys == {
        "car": Key(cardinality=1000, distribution=Zipf(skew=1.1)),
        "user": Key(cardinality=50, distribution=HotKey(hot_share=0.5)),
    }
    assert scenario.sources["burst"].run.keys == 5
    assert scenario.sources["users"].keys == {"car": Key(cardinality=1000)}
    assert [fault.inject for fault in scenario.faults] == list(Inject)
    assert scenario.outside == {"Partner": "PARTNER_URL"}
    assert scenario.uncapped == ("Ingest",)
    assert scenario.faults[4] == Fault(
        inject=Inject.SLOW,
        target="State",
        at_seconds=600,
        for_seconds=300,
        rate=0.5,
        delay_seconds=3,
    )
    assert scenario.faults[5].run == Moment(at_seconds=5, for_seconds=10)
    assert scenario.faults[10] == Fault(
        inject=Inject.CONCURRENCY, at_seconds=600, for_seconds=300, limit=10
    )
    assert scenario.faults[12] == Fault(inject=Inject.UPDATE, target="Ingest", at_seconds=600)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    """A day, seed 0, no warm-up, a minute for the results, nothing expected."""
    scenario = read(tmp_path, WHOLE)

    assert (scenario.duration_seconds, scenario.seed, scenario.warm_up) == (86400, 0, 0)
    assert scenario.deadline_seconds == 60
    assert read(tmp_path, WHOLE[: WHOLE.index("expect:")]).expectations == Expectations()


def test_every_expectation_is_read(tmp_path: Path) -> None:
    """Counts, latencies, backlogs at their times, and traces."""
    latency = LatencyExpectation(source="ramp", hop="Api", at_most_seconds=0.1)

    assert read(tmp_path, WHOLE).expectations == Expectations(
        p50=(latency,),
        p95=(replace(latency, at_most_seconds=1),),
        throttled=(CountExpectation(node="Api", at_most=0),),
        processed=(CountExpectation(node="Api", at_least=5),),
        duplicates=(CountExpectation(node="Api", at_most=3),),
        dead_letters=(CountExpectation(node="Ingest", at_least=1, at_most=2),),
        backlog=(
            BacklogExpectation(node="Ingest", at_most=100),
            BacklogExpectation(node="Queue", at_most=0, at_seconds=1200, run_at_seconds=40),
        ),
        traced=(TraceExpectation(source="ramp", hop="Api"),),
    )


EXPECTATIONS = {
    "neither bound": (
        "{hop: Api, at_least: 5}",
        "{hop: Api}",
        "expect.processed[0]: found neither at_least nor at_most; expected one of them, or both",
    ),
    "bounds that cross": (
        "at_least: 1, at_most: 2",
        "at_least: 3, at_most: 2",
        'expect.dead_letters[0].at_least: found "3"; expected no more than at_most, 2',
    ),
    "a time for runs alone": (
        "at: 20m, run: {at: 40s}",
        "run: {at: 40s}",
        "expect.backlog[1].run: found a time for runs alone; expected the field at beside it",
    ),
    "a backlog after the end": (
        "at: 20m, run",
        "at: 25h, run",
        (
            'expect.backlog[1].at: found "25h"; '
            "expected a time before the scenario ends, its `duration`"
        ),
    ),
    "a trace from nowhere": (
        "traced: [{from: ramp",
        "traced: [{from: lamp",
        (
            'expect.traced[0].from: found "lamp"; expected the name of a source: '
            "one of ramp, burst, trace, users (did you mean ramp?)"
        ),
    ),
    "a median to a hop that is not reached": (
        "p50: [{from: ramp, to: Api",
        "p50: [{from: ramp, to: Ingest",
        'expect.p50[0].to: found "Ingest"; expected the name of a hop that ramp reaches: Api',
    ),
}


@pytest.mark.parametrize(("right", "wrong", "message"), EXPECTATIONS.values(), ids=EXPECTATIONS)
def test_fails_for_an_expectation_that_says_nothing(
    right: str, wrong: str, message: str, tmp_path: Path
) -> None:
    """The field is named, and what it takes."""
    assert right in WHOLE
    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, WHOLE.replace(right, wrong, 1))

    assert str(failure.value).endswith(message)


def test_the_line_of_each_field_is_known(tmp_path: Path) -> None:
    """A name's is its own, an element's is where it begins."""
    lines = read(tmp_path).lines

    assert lines["sources.cars"] == 5
    assert lines["sources.cars.reaches[1]"] == 10
    assert lines["service_times.Ingest"] == 19
    assert lines["expect.stored[1].table"] == 26


ABSURD = {
    "more cars than atoms": (
        "cardinality: 1000,",
        "cardinality: 1000000000000000,",
        "9: sources.cars.keys.vehicle_id.cardinality",
        '"1000000000000000"',
        "a whole number from 1 to 100,000,000,000",
    ),
    "a number in another notation": (
        "cardinality: 1000,",
        "cardinality: 1e15,",
        "9: sources.cars.keys.vehicle_id.cardinality",
        '"1e15"',
        "a whole number from 1 to 100,000,000,000",
    ),
    "a number of five thousand digits": (
        "seed: 7",
        f"seed: {'7' * 5000}",
        "2: seed",
        f'"{"7" * 60}..."',
        "a whole number from 0 to 9,223,372,036,854,775,807",
    ),
    "a number in quotes": (
        "seed: 7",
        'seed: "7"',
        "2: seed",
        '"7" in quotes',
        "a whole number from 0 to 9,223,372,036,854,775,807",
    ),
    "a text without quotes": (
        "name: small",
        "name: 7",
        "1: name",
        "7 without quotes",
        'a text: "7"',
    ),
    "a rate that nothing takes": (
        "peak: 6000/min",
        "peak: 1000000000000/s",
        "8: sources.cars.rate.peak",
        '"1000000000000/s"',
        "at most 1000000000/s",
    ),
    "a negative rate": (
        "peak: 6000/min",
        "peak: -5/s",
        "8: sources.cars.rate.peak",
        '"-5/s"',
        "a rate such as 100/s or 6000/min",
    ),
    "a rate in another unit": (
        "peak: 6000/min",
        "peak: 6000 rps",
        "8: sources.cars.rate.peak",
        '"6000 rps"',
        "a rate such as 100/s or 6000/min (did you mean 6000/s?)",
    ),
    "a duration in another unit": (
        "mean: 40ms",
        "mean: 40 msec",
        "19: service_times.Ingest.mean",
        '"40 msec"',
        "a duration such as 40ms, 2s, 5m or 24h (did you mean 40ms?)",
    ),
    "a duration for a rate": (
        "rate: 100/s",
        "rate: 100s",
        "11: sources.cars.run.rate",
        '"100s"',
        "a rate such as 100/s or 6000/min (did you mean 100/s?)",
    ),
    "not a number": (
        "cv: 0.5",
        "cv: .nan",
        "19: service_times.Ingest.cv",
        '".nan"',
        "a number from 0 to 100",
    ),
    "a number without end": (
        "cv: 0.5",
        "cv: 1e999",
        "19: service_times.Ingest.cv",
        '"1e999"',
        "a number from 0 to 100",
    ),
    "a century": (
        "duration: 24h",
        "duration: 36525d",
        "3: duration",
        '"36525d"',
        "at most 366d",
    ),
    "more than a laptop sends": (
        "rate: 100/s",
        "rate: 1000000/s",
        "11: sources.cars.run.rate",
        '"1000000/s"',
        "at most 100000/s",
    ),
    "a burst after the end": (
        "{shape: constant, rate: 1/s}",
        "{shape: burst, base: 1/s, peak: 2/s, at: 24h, for: 1s}",
        "15: sources.operators.rate.at",
        '"24h"',
        "a time before the scenario ends, its `duration`",
    ),
    "a ramp after the end": (
        "{shape: constant, rate: 1/s}",
        "{shape: ramp, from: 1/s, to: 2/s, over: 1h, start: 25h}",
        "15: sources.operators.rate.start",
        '"25h"',
        "a time before the scenario ends, its `duration`",
    ),
    "bursts that overlap": (
        "{shape: constant, rate: 1/s}",
        "{shape: burst, base: 1/s, peak: 2/s, at: 1h, for: 1m, every: 30s}",
        "15: sources.operators.rate.every",
        '"30s"',
        "at least as long as a burst lasts, its `for`",
    ),
    "a field of another shape": (
        "{shape: constant, rate: 1/s}",
        "{shape: constant, rate: 1/s, peak: 2/s}",
        "15: sources.operators.rate.peak",
        "a field that the shape constant does not have",
        "one of shape, rate",
    ),
    "a brace that does not end": (
        "path: /health",
        'path: "/health{"',
        "14: sources.operators.request.path",
        '"/health{"',
        "each { with its }, around the name of a key",
    ),
    "a key with a dot": (
        "keys: {vehicle_id:",
        "keys: {vehicle.id:",
        "9: sources.cars.keys.vehicle.id",
        'the name "vehicle.id"',
        "a name of letters, digits and _",
    ),
    "an unknown fault": (
        "run: {deadline",
        "faults: [{inject: explode, on: Ingest, at: 1m}]\nrun: {deadline",
        "27: faults[0].inject",
        '"explode"',
        f"the name of a fault: one of {', '.join(Inject)}",
    ),
    "a fault after the end": (
        "run: {deadline",
        "faults: [{inject: update, on: Ingest, at: 24h}]\nrun: {deadline",
        "27: faults[0].at",
        '"24h"',
        "a time before the scenario ends, its `duration`",
    ),
    "a share of more than all": (
        "run: {deadline",
        "faults: [{inject: raise, on: Ingest, at: 1m, for: 1m, rate: 30}]\nrun: {deadline",
        "27: faults[0].rate",
        '"30"',
        "a number from 0 to 1",
    ),
    "a share of nothing": (
        "run: {deadline",
        "faults: [{inject: raise, on: Ingest, at: 1m, for: 1m, rate: 0}]\nrun: {deadline",
        "27: faults[0].rate",
        '"0"',
        "more than zero",
    ),
    "a slow dependency without a delay": (
        "run: {deadline",
        "faults: [{inject: slow, on: State, at: 1m, for: 1m}]\nrun: {deadline",
        "27: faults[0]",
        "no delay",
        "the fields inject, at, on, for, delay",
    ),
    "a lowered limit with a target": (
        "run: {deadline",
        "faults: [{inject: concurrency, on: I, at: 1m, for: 1m, limit: 1}]\nrun: {deadline",
        "27: faults[0].on",
        "a field that the fault concurrency does not have",
        "one of inject, at, for, limit, run",
    ),
    "a share of what is down altogether": (
        "run: {deadline",
        "faults: [{inject: down, on: I, at: 1m, for: 1m, rate: 0.5}]\nrun: {deadline",
        "27: faults[0].rate",
        "a field that the fault down does not have",
        "one of inject, at, on, for, run",
    ),
}


@pytest.mark.parametrize(
    ("right", "wrong", "place", "found", "expected"), ABSURD.values(), ids=ABSURD
)
def test_fails_on_what_makes_no_sense(
    tmp_path: Path, right: str, wrong: str, place: str, found: str, expected: str
) -> None:
    """Numbers, units and times that are surely slips are refused with what would be none."""
    assert right in SCENARIO

    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, SCENARIO.replace(right, wrong, 1))

    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:{place}: found {found}; expected {expected}"
    )
