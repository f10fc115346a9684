"""The sample HvacPlatform: sized for its devices, wired as in the talk, laid out three ways."""

from collections.abc import Callable

import aws_cdk as cdk
import pytest

from hinagata.planner import price_scenario
from hinagata.planner.layouts.compare import Devices, compare
from hinagata.scenario import find_scenario, read_scenario
from hinagata.topology.reading import read_topology
from stacks.hvac_platform import HvacPlatform
from tests.readme import REPOSITORY
from tests.synth.conftest import Synthesized
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


@pytest.mark.parametrize(
    ("stack", "shards", "writes", "requests"),
    [("HvacPlatform", 1, 4_000, 100), ("MillionHvacs", 84, 833_334, 3_000)],
)
def test_it_is_sized_for_its_devices(
    template: Templates, stack: str, shards: int, writes: int, requests: float
) -> None:
    """Five million reports a minute need 84 shards; 90,000 screens read 1,500 times a second."""
    hvac = template(stack)
    (settings,) = hvac.one("ApiGateway::Stage", "Screen")["MethodSettings"]

    assert hvac.one("Kinesis::Stream")["ShardCount"] == shards
    table = hvac.one("DynamoDB::Table", "Current")
    assert table["OnDemandThroughput"]["MaxWriteRequestUnits"] == writes
    assert settings["ThrottlingRateLimit"] == requests


@pytest.mark.parametrize(
    ("stack", "layout", "tables"),
    [
        ("HvacPlatform", "building", {"Current": ["building_id", "device_item"]}),
        (
            "MillionHvacs",
            "item",
            {"Current": ["item"], "Register": ["building_id", "device_item"]},
        ),
    ],
)
def test_a_layout_has_its_keys_and_its_code(
    template: Templates, stack: str, layout: str, tables: dict[str, list[str]]
) -> None:
    """The handlers are told the layout, and the table has its keys."""
    hvac = template(stack)

    assert {
        table.path.split("/")[0]: [key["AttributeName"] for key in table["KeySchema"]]
        for table in hvac.all("DynamoDB::Table")
    } == tables
    for hop in ("Ingest", "Screen"):
        environment = hvac.one("Lambda::Function", hop).environment
        assert environment["TABLE_LAYOUT"] == layout
        for name in tables:
            told = hvac.target(environment[f"{name.upper()}_TABLE_NAME"])
            assert told.path.startswith(f"{name}/")


@pytest.mark.parametrize(
    ("hop", "allowed"),
    [
        ("Ingest", {"PutItem", "UpdateItem", "BatchWriteItem", "Query"}),
        ("Screen", {"Query"}),
    ],
)
def test_a_building_is_read_by_query_alone(
    template: Templates, hop: str, allowed: set[str]
) -> None:
    """A screen can do nothing else to the table, and scan it least of all."""
    hvac = template("HvacPlatform")
    role = hvac.role(hvac.one("Lambda::Function", hop))

    assert {
        action.removeprefix("dynamodb:")
        for action in hvac.may(role)
        if action.startswith("dynamodb:")
    } == allowed


def test_reports_come_in_batches(template: Templates) -> None:
    """Five hundred at a time, ten batches of a shard at once; a building's stay in order."""
    mapping = template("HvacPlatform").one("Lambda::EventSourceMapping")

    assert (mapping["BatchSize"], mapping["ParallelizationFactor"]) == (500, 10)


def test_nothing_on_its_way_is_relational(template: Templates) -> None:
    """Tables and a stream: no database that wants a network and an hourly price."""
    types = {each.type for each in template("HvacPlatform").resources.values()}

    assert not [each for each in types if each.startswith(("AWS::RDS", "AWS::EC2"))]


def test_fails_for_a_layout_that_is_none() -> None:
    """The three are named."""
    with refused("layout='row'", "building, device, item"):
        HvacPlatform(cdk.App(), "Hvac", layout="row")  # type: ignore[arg-type]


@pytest.mark.parametrize("item", ["Writes", "Reads", "Storage"])
def test_price_and_layouts_say_the_same_of_its_table(synthesized: Synthesized, item: str) -> None:
    """Derived from the template with what the sample assumes, or reckoned for the devices."""
    weekday = read_scenario(find_scenario("weekday", project=REPOSITORY), project=REPOSITORY)
    template = synthesized.directory / "HvacPlatform.template.json"
    priced, _ = price_scenario(read_topology(template), weekday)
    (_, _, by_building) = compare(Devices()).layouts

    (derived,) = (each for each in priced.items if (each.service, each.name) == ("DynamoDB", item))
    (reckoned,) = (
        each
        for each in by_building.estimate.items
        if (each.service, each.name) == ("DynamoDB", item)
    )
    assert derived.amount == pytest.approx(reckoned.amount, rel=0.002)
