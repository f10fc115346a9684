"""What a scenario file gives, and how each mistake in one is refused."""

from pathlib import Path

import pytest

from hinagata.errors import HinagataError, UsageError
from hinagata.scenario import (
    ConstantRate,
    DiurnalRate,
    EveryStored,
    Key,
    LaptopShare,
    LatencyExpectation,
    NewestStored,
    ScenarioError,
    ServiceTime,
    find_scenario,
    read_scenario,
)
from tests.workbench.scenario.scenario_text import SCENARIO, read, write


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
    assert cars.keys == {"vehicle_id": Key(cardinality=1000, distribution="uniform")}
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
        "a list",
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
        "the name of a shape: one of constant, diurnal (did you mean constant?)",
    ),
    "no shape": (
        "{shape: constant, rate: 1/s}",
        "{rate: 1/s}",
        "15: sources.operators.rate",
        "no shape",
        "a shape: constant or diurnal",
    ),
    "a number of messages that is not whole": (
        "messages: 50",
        "messages: 5.5",
        "11: sources.cars.run.messages",
        '"5.5"',
        "a whole number of at least 1",
    ),
    "no messages": (
        "messages: 50",
        "messages: 0",
        "11: sources.cars.run.messages",
        '"0"',
        "a whole number of at least 1",
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
        "a number of at least 1",
    ),
    "a ratio that is no number": (
        "peak_over_trough: 12",
        "peak_over_trough: twelve",
        "8: sources.cars.rate.peak_over_trough",
        '"twelve"',
        "a number of at least 1",
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
        "a path that begins with /",
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
        f"cars has no scenario smal in {folder}; expected small (did you mean small?)"
    )
