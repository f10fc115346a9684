"""How many messages come to each node, by counting."""

from __future__ import annotations

import time

import pytest

from hinagata.errors import HinagataError
from hinagata.planner.flow_rates import Flows, read_flows
from hinagata.planner.naming import Names
from hinagata.scenario import (
    BurstRate,
    ClosedLoopRate,
    DiurnalRate,
    EveryStored,
    Expectations,
    LatestStored,
    RampRate,
    Scenario,
    ScenarioError,
    ServiceTime,
)
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of
from tests.workbench.planner.shop import function, mapping, role, scenario, shop, source


def flows(topology: Topology, traffic: Scenario) -> Flows:
    """What a scenario sends through a topology."""
    return read_flows(topology, traffic, Names(topology))


def means(topology: Topology, traffic: Scenario) -> dict[str, float]:
    """Messages a second that come to each node, by its name."""
    found = flows(topology, traffic)
    return {node.name: pytest.approx(found.mean(node)) for node in found.visits}


def test_a_message_goes_where_the_scenario_says_it_reaches() -> None:
    """Through the topic to the one queue, not to the other, whose hop is not reached."""
    assert means(shop(), scenario()) == dict.fromkeys(
        ("Api", "Orders", "Events", "Shipments", "Ship"), 100
    )


def test_sources_add_up_where_they_meet() -> None:
    """Each goes its own way behind the topic."""
    found = means(shop(), scenario(source(), source("thieves", 3, ("Orders", "Fraud"))))

    assert found["Events"] == 103
    assert found["Ship"] == 100
    assert found["Fraud"] == 3


def test_both_branches_of_a_fan_out_take_every_message() -> None:
    """What two hops are reached by is delivered twice."""
    found = means(shop(), scenario(source(reaches=("Orders", "Ship", "Fraud"))))

    assert found["Events"] == found["Ship"] == found["Fraud"] == 100


def test_a_loop_is_not_followed() -> None:
    """A worker that may send to the queue that it works on takes each message once."""
    looped = shop(ShipRole=role(("sqs:SendMessage", "Shipments"), ("sns:Publish", "Events")))

    assert means(looped, scenario()) == means(shop(), scenario())


def test_channels_that_lead_to_each_other_end() -> None:
    """Two topics that deliver to each other are told, and counted once."""

    def between(start: str, end: str) -> dict[str, object]:
        return {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": start},
                "EventPattern": {"source": ["shop"]},
                "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": [end, "Arn"]}}],
            },
        }

    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "b"}}
    topology = shop(
        One=bus,
        Two={**bus, "Properties": {"Name": "c"}},
        OneToTwo=between("One", "Two"),
        TwoToOne=between("Two", "One"),
        TwoToShip={
            **between("Two", "Shipments"),
        },
        OrdersRole=role(("events:PutEvents", "One")),
    )
    found = flows(topology, scenario())

    assert found.mean(topology.by_key["Shop/Ship"]) == pytest.approx(100)
    assert found.notes == ("Two leads back to One: followed once, not again",)


def test_a_hop_without_a_way_is_told() -> None:
    """Code may call what no template says: it counts once, and is said."""
    lonely = shop(Lonely=function("Lonely"), LonelyRole=role())
    found = flows(lonely, scenario(source(reaches=("Orders", "Lonely"))))

    assert found.mean(lonely.by_key["Shop/Lonely"]) == 100
    assert "nothing in the templates leads buyers from Api to Lonely" in found.notes[0]


def test_what_failed_goes_nowhere_by_itself() -> None:
    """A queue of dead letters takes no messages that are well."""
    found = means(shop(), scenario())

    assert "Letters" not in found


def test_a_retry_queue_waits_for_failures() -> None:
    """A queue that leads only to a hop that is not reached takes nothing."""
    retried = shop(
        Again={"Type": "AWS::SQS::Queue", "Properties": {}},
        Retry=function("Retry"),
        RetryRole=role(),
        FromAgain=mapping("Again", "Retry"),
        ShipRole=role(("sqs:SendMessage", "Again")),
    )

    assert "Again" not in means(retried, scenario())


def test_a_table_is_written_by_the_sources_that_end_up_in_it() -> None:
    """The scenario's expectation says whose messages a table holds."""
    traffic = scenario(
        source(),
        source("askers", 50, ("Orders",)),
        expectations=Expectations(
            stored=(EveryStored(table="Book", source="buyers", id_attribute="id"),)
        ),
    )
    (access,) = flows(shop(), traffic).accesses

    assert access.writes == {"buyers": 1.0}
    assert access.reads == {}


def test_a_table_of_what_was_said_last_is_asked_for_every_message() -> None:
    """Few messages change what is known, as that a phone is gone; each looks whether it is."""
    latest = LatestStored(table="Book", source="buyers", where={"id": "1"}, holds={"status": "x"})
    traffic = scenario(
        source(),
        source("askers", 50, ("Orders",)),
        expectations=Expectations(stored=(latest,)),
    )
    asked = shop(
        OrdersRole=role(
            ("dynamodb:PutItem", "Book"), ("dynamodb:GetItem", "Book"), ("sns:Publish", "Events")
        )
    )
    (access,) = flows(asked, traffic).accesses

    assert access.writes == {"buyers": 1.0}
    assert access.reads == {"buyers": 1.0, "askers": 1.0}


@pytest.mark.parametrize(
    ("rate", "mean", "peak"),
    [
        (
            BurstRate(base_per_second=10, peak_per_second=900, at_seconds=7, for_seconds=1),
            None,
            900,
        ),
        (
            DiurnalRate(peak_per_second=120, peak_over_trough=11, peak_at_seconds=12_345.6),
            120 / (1 + 10 / 12),
            120,
        ),
        (RampRate(from_per_second=0, to_per_second=100, over_seconds=86_400), 50, 100),
    ],
)
def test_peaks_are_found_however_short(
    rate: BurstRate | DiurnalRate | RampRate, mean: float | None, peak: float
) -> None:
    """A burst of a second counts, and so does the moment of the day at which a rate is highest."""
    topology = shop()
    found = flows(topology, scenario(source(rate=rate)))
    node = topology.by_key["Shop/Ship"]

    assert found.peak(node) == pytest.approx(peak)
    assert found.mean(node) == pytest.approx(mean or 10 + 890 / 86_400)


def test_peaks_of_two_sources_need_not_meet() -> None:
    """The peak of the sum is not the sum of the peaks."""
    topology = shop()
    day = DiurnalRate(peak_per_second=100, peak_over_trough=1e6, peak_at_seconds=0)
    night = DiurnalRate(peak_per_second=100, peak_over_trough=1e6, peak_at_seconds=43_200)
    found = flows(topology, scenario(source(rate=day), source("owls", night)))

    assert found.peak(topology.by_key["Shop/Ship"]) == pytest.approx(100, rel=1e-3)


def test_users_who_wait_ask_less() -> None:
    """A closed loop counts the time of the answer in: rate = users / (think + answer)."""
    topology = shop()
    found = flows(
        topology,
        scenario(
            source(rate=ClosedLoopRate(users=90, think_seconds=0.8)),
            service_times={"Orders": ServiceTime(mean_seconds=0.1)},
        ),
    )

    assert found.mean(topology.by_key["Shop/Api"]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("traffic", "said"),
    [
        (scenario(source(entry="Gate")), 'entry: found "Gate", which the architecture'),
        (scenario(source(reaches=("Odrers",))), "did you mean Orders?"),
        (
            scenario(service_times={"Nobody": ServiceTime(mean_seconds=1)}),
            "service_times.Nobody: found",
        ),
    ],
)
def test_fails_on_a_name_that_is_none(traffic: Scenario, said: str) -> None:
    """The scenario's file, the field and what may be meant are named."""
    with pytest.raises(ScenarioError) as refusal:
        flows(shop(), traffic)

    assert said in str(refusal.value)
    assert str(refusal.value).startswith("sale.yaml:1: ")


def test_a_template_with_nothing_in_it_has_no_entry() -> None:
    """It is refused in one sentence, as the scenario's entry is not there."""
    with pytest.raises(ScenarioError, match="but there are none"):
        flows(Topology((), ()), scenario())


def test_a_thousand_queues_in_all_directions_end_soon() -> None:
    """Where every function may send to every queue, nothing can be said, and that is said."""
    extra: dict[str, object] = {}
    for n in range(60):
        extra[f"W{n}"] = function(f"W{n}")
        extra[f"Q{n}"] = {"Type": "AWS::SQS::Queue", "Properties": {}}
        extra[f"M{n}"] = mapping(f"Q{n}", f"W{n}")
        extra[f"W{n}Role"] = role(*(("sqs:SendMessage", f"Q{k}") for k in range(60)))
    topology = shop(**extra)
    hops = tuple(f"W{n}" for n in range(60))
    start = time.process_time()

    with pytest.raises(HinagataError, match="narrow its permissions"):
        flows(topology, scenario(source(entry="Q0", reaches=hops)))

    assert time.process_time() - start < 2


def test_a_bucket_that_tells_of_its_objects_leads_on() -> None:
    """Who is told gets one message for each object; a bucket that tells nobody ends the way."""
    told = {"QueueConfigurations": [{"Queue": {"Fn::GetAtt": ["Changes", "Arn"]}}]}
    parts = {
        "Changes": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Reader": function("Reader"),
        "ReaderRole": role(("s3:GetObject", "Album")),
        "FromChanges": mapping("Changes", "Reader"),
        "ShipRole": role(("s3:PutObject", "Album")),
    }
    telling, silent = (
        shop(Album={"Type": "AWS::S3::Bucket", "Properties": properties}, **parts)
        for properties in ({"NotificationConfiguration": told}, {})
    )
    traffic = scenario(source(reaches=("Orders", "Ship", "Reader")))

    assert means(telling, traffic)["Changes"] == means(telling, traffic)["Reader"] == 100
    assert "Changes" not in means(silent, traffic)


def test_what_is_sent_to_a_queue_does_not_go_to_its_dead_letters() -> None:
    """An id that a queue and its dead-letter queue stand below means the queue, as an entry."""
    letters = {
        "Type": "AWS::SQS::Queue",
        "Metadata": {"aws:cdk:path": "Shop/Orders/DeadLetters/Resource"},
    }
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                "maxReceiveCount": 5,
            }
        },
        "Metadata": {"aws:cdk:path": "Shop/Orders/Queue/Resource"},
    }
    topology = topology_of(Shop={"Resources": {"Letters": letters, "Queue": queue}})

    assert [node.logical_id for node in Names(topology).entries("Orders")] == ["Queue", "Letters"]
