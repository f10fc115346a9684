"""From an architecture and a scenario to the network of stations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from hinagata.errors import HinagataError
from hinagata.scenario import (
    ConstantRate,
    EveryStored,
    Expectations,
    Fault,
    HotKey,
    Inject,
    Key,
    NewestStored,
    ScenarioError,
    ServiceTime,
)
from hinagata.simulator.model import (
    AsyncInvoke,
    Function,
    Gateway,
    Queue,
    ScheduledStep,
    Service,
    Station,
    Stream,
    Table,
    Topic,
)
from hinagata.simulator.network import build_network
from hinagata.simulator.visits import visits
from hinagata.topology.reading import topology_of
from tests.workbench.simulator.town import (
    CARS,
    TOWN,
    arn,
    built,
    function,
    resource,
    scenario,
    source,
    town,
)


def station(name: str, *sources: Any, **changed: Any) -> Station:
    """Returns a station of the town."""
    return built(*sources, **changed).network.stations[name]


def targets(found: Station) -> dict[str, tuple[str, ...] | None]:
    """Returns whom a station calls, and for which sources."""
    return {call.target: call.sources for call in found.calls}


def test_a_filter_is_deduced_from_what_sources_reach() -> None:
    """Theft tracking gets the alarms, health checks the telemetry, and no operator gets there."""
    came = visits(built().network)

    assert came["Theft"] == {"alarms": 1.0}
    assert came["Health"] == {"cars": 1.0}
    assert came["Ingest"] == {"cars": 1.0, "alarms": 1.0}


def test_a_service_that_sources_share_sends_each_its_own_way() -> None:
    """Operators' commands come to the gateway too, and go no further than the mailbox."""
    stored = (
        EveryStored(table="Mailbox", source="operators", id_attribute="id"),
        NewestStored(table="State", key="car", sources=("cars",), id_attribute="id"),
    )
    network = built(expectations=Expectations(stored=stored)).network

    assert targets(network.stations["Gateway"]) == {
        "Telemetry": ("cars", "alarms"),
        "Mailbox": ("operators",),
    }
    assert visits(network)["State"] == {"cars": 1.0}


def test_stations_are_called_as_a_scenario_calls_them() -> None:
    """Code by its own name, channels by their construct, what shares that by its path."""
    names = set(built().network.stations)

    assert {"Ingest", "Gateway", "Telemetry", "HealthChecks", "Events", "State"} <= names
    assert {"HealthChecks/DeadLetters", "Ingest/Failures", "CommandApi"} <= names


def test_a_function_has_its_settings() -> None:
    """Timeout, memory, reservation; a batch's messages take their time one by one."""
    ingest, health, command = (station(name) for name in ("Ingest", "Health", "Command"))
    assert isinstance(ingest, Function)
    assert isinstance(health, Function)
    assert isinstance(command, Function)

    assert (ingest.timeout_s, ingest.memory_mb, ingest.reserved) == (30, 512, None)
    assert health.reserved == 20
    assert ingest.work.mean_s == 0
    assert ingest.per_message is not None
    assert (command.work.mean_s, command.per_message) == (0.04, None)
    assert command.cold_start is not None
    assert command.cold_start.mean_s == 0.3


def test_what_a_hop_waits_for_is_part_of_its_time() -> None:
    """Of 40 ms that a hop was seen to take, 5 ms are its table's."""
    ingest = station("Ingest")
    assert isinstance(ingest, Function)
    assert ingest.per_message is not None

    assert ingest.per_message.mean_s == pytest.approx(0.035)


def test_provisioned_concurrency_is_that_of_the_aliases() -> None:
    """An alias of a version of the function counts for it."""
    version = resource("Lambda::Version", "V", FunctionName={"Ref": "Command"})
    alias = resource(
        "Lambda::Alias",
        "A",
        FunctionName={"Ref": "Command"},
        FunctionVersion={"Fn::GetAtt": ["V", "Version"]},
        ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 7},
    )
    command = station("Command", topology=town(V=version, A=alias))
    assert isinstance(command, Function)

    assert command.provisioned == 7


def test_a_queue_has_its_settings_and_its_poller() -> None:
    """Visibility, redrive, and how many batches its consumer takes at once."""
    queue = station("HealthChecks")
    assert isinstance(queue, Queue)
    assert queue.poller is not None

    assert (queue.visibility_s, queue.max_receives) == (180, 5)
    assert queue.dead_letter == "HealthChecks/DeadLetters"
    assert (queue.poller.function, queue.poller.batch, queue.poller.at_most) == ("Health", 10, 15)
    assert queue.poller.partial


def test_a_stream_has_its_shards_and_readers() -> None:
    """Shards, lanes, retries, and where what was given up is told."""
    stream = station("Telemetry")
    assert isinstance(stream, Stream)
    (reader,) = stream.readers

    assert len(stream.shares) == 4
    assert sum(stream.shares) == pytest.approx(1)
    assert (reader.function, reader.batch, reader.parallel) == ("Ingest", 50, 2)
    assert (reader.retries, reader.bisect, reader.on_failure) == (5, True, "Ingest/Failures")


def test_a_hot_key_makes_a_hot_shard() -> None:
    """Whoever has half of the messages has them in one shard."""
    hot = {"car": Key(cardinality=1000, distribution=HotKey(hot_share=0.5))}
    stream = station("Telemetry", replace(CARS, keys=hot))
    assert isinstance(stream, Stream)

    assert max(stream.shares) == pytest.approx(0.5 + 0.5 / 4, abs=0.03)


def test_an_api_has_the_throttle_of_its_stage() -> None:
    """And waits 29 s for its function, as REST APIs do."""
    api = station("CommandApi")
    assert isinstance(api, Gateway)

    assert (api.per_s, api.burst, api.timeout_s) == (100, 200, 29)
    assert targets(api) == {"Command": None}


def test_a_service_is_scaled_by_its_target_and_by_the_clock() -> None:
    """A day begins with the tasks that the evening's step left."""
    service = station("Gateway")
    assert isinstance(service, Service)
    assert service.tracking is not None

    assert (service.tasks, service.at_least, service.at_most) == (4, 4, 8)
    assert service.tracking.busy_share == 0.6
    assert service.steps == (
        ScheduledStep(at_s=6.5 * 3600, at_least=6),
        ScheduledStep(at_s=22 * 3600, at_least=4),
    )
    assert (service.vcpu, service.memory_mb, service.slots) == (2, 4096, 2)


def test_a_service_begins_with_the_tasks_that_its_first_rate_asks_for() -> None:
    """150/s of 40 ms on 2 slots a task at 60 %: 5 tasks; never more than its ceiling."""
    some, many = (
        station("Gateway", source("cars", "Gateway", rate, *CARS.reaches)) for rate in (150.0, 1e6)
    )
    assert isinstance(some, Service)
    assert isinstance(many, Service)

    assert (some.tasks, many.tasks) == (5, 8)


def test_a_table_on_demand_is_as_large_as_a_new_one() -> None:
    """Messages of less than a kilobyte take a write unit each."""
    table = station("State")
    assert isinstance(table, Table)

    assert (table.writes_per_s, table.write_units, table.read_units) == (None, 1, 0)
    assert table.at_most_writes_per_s == 4000


def test_a_table_has_the_capacity_that_it_is_given() -> None:
    """Provisioned units are what the template says."""
    units = {"WriteCapacityUnits": 12, "ReadCapacityUnits": 34}
    table = station(
        "State",
        topology=town(State=resource("DynamoDB::Table", "State", ProvisionedThroughput=units)),
    )
    assert isinstance(table, Table)

    assert (table.writes_per_s, table.reads_per_s) == (12, 34)


def test_what_a_topic_hands_to_a_function_waits_before_it() -> None:
    """An asynchronous invocation has a queue of the service's own, with its own patience."""
    invoked = resource(
        "SNS::Subscription",
        "Events/ToAudit",
        TopicArn={"Ref": "Events"},
        Protocol="lambda",
        Endpoint=arn("Audit"),
    )
    patience = resource(
        "Lambda::EventInvokeConfig",
        "Audit/Config",
        FunctionName={"Ref": "Audit"},
        Qualifier="$LATEST",
        MaximumRetryAttempts=1,
        MaximumEventAgeInSeconds=600,
    )
    network = built(
        replace(CARS, reaches=(*CARS.reaches, "Audit")),
        topology=town(**function("Audit"), ToAudit=invoked, Patience=patience),
    ).network
    waiting = network.stations["Audit (asynchronous)"]
    topic = network.stations["Events"]
    assert isinstance(waiting, AsyncInvoke)
    assert isinstance(topic, Topic)

    assert (waiting.function, waiting.retry.retries, waiting.max_age_s) == ("Audit", 1, 600)
    assert "Audit (asynchronous)" in targets(topic)


def test_the_stream_of_a_table_is_a_stream() -> None:
    """What is written to the table comes to who reads its stream."""
    changes = town(
        **function("Changes"),
        FromState=resource(
            "Lambda::EventSourceMapping",
            "Changes/FromState",
            EventSourceArn={"Fn::GetAtt": ["State", "StreamArn"]},
            FunctionName={"Ref": "Changes"},
        ),
    )
    network = built(replace(CARS, reaches=(*CARS.reaches, "Changes")), topology=changes).network

    assert visits(network)["Changes"] == {"cars": 1.0}
    assert isinstance(network.stations["State (stream)"], Stream)


def test_an_unknown_setting_takes_its_default_and_is_doubted() -> None:
    """What only the deployment knows is never guessed in silence."""
    found = built(topology=town(**function("Theft", Timeout={"Fn::ImportValue": "timeout"})))
    theft = found.network.stations["Theft"]
    assert isinstance(theft, Function)

    assert theft.timeout_s == 3
    assert any("Timeout of Theft" in doubt for doubt in found.doubts)


def test_a_service_time_that_nobody_gave_is_doubted() -> None:
    """It is assumed, and the hop is named."""
    found = built(service_times={"Ingest": ServiceTime(mean_seconds=0.04)})
    command = found.network.stations["Command"]
    assert isinstance(command, Function)

    assert command.work.mean_s == 0.1
    assert any("no service time" in doubt and "Command" in doubt for doubt in found.doubts)


def test_a_way_that_no_source_takes_is_doubted() -> None:
    """Cars alone: nothing goes to theft tracking."""
    found = built(CARS)

    assert visits(found.network)["Theft"] == {}
    assert any("Events → TheftReports" in doubt for doubt in found.doubts)


def test_messages_that_go_round_are_followed_once() -> None:
    """A function that may send to its own queue's sender makes no endless simulation."""
    round_about = town(
        **function("Health", (["sns:Publish"], "Events"), Timeout=30),
    )
    found = built(CARS, topology=round_about)

    assert visits(found.network)["Health"] == {"cars": 1.0}
    assert any("go round" in doubt for doubt in found.doubts)


def test_another_stack_is_another_system() -> None:
    """What messages cannot come to is left out, whatever it is called."""
    other = {"Events": resource("SNS::Topic", "Events/Topic/Resource"), **function("Ingest")}
    both = topology_of(Town={"Resources": dict(TOWN)}, Other={"Resources": other})

    assert set(built(topology=both).network.stations) == set(built().network.stations)


def test_a_fault_hits_the_station_that_it_names() -> None:
    """By the construct of a channel or the name of a hop; of the account by none."""
    faults = (
        Fault(inject=Inject.DOWN, target="HealthChecks", at_seconds=10, for_seconds=5),
        Fault(inject=Inject.RAISE, target="Ingest", at_seconds=10, for_seconds=5, rate=0.5),
        Fault(inject=Inject.CONCURRENCY, at_seconds=10, for_seconds=5, limit=3),
    )
    down, raised, fewer = built(faults=faults).network.disturbances

    assert (down.station, down.start_s, down.end_s) == ("HealthChecks", 10, 15)
    assert (raised.station, raised.share) == ("Ingest", 0.5)
    assert (fewer.station, fewer.limit) == (None, 3)


def test_what_is_outside_is_called_by_who_has_its_address() -> None:
    """By a variable of the environment; a fault of what nobody is known to call hits nobody."""
    partner = town(**function("Health", variables={"PARTNER_URL": "http://partner"}, Timeout=30))
    faults = tuple(
        Fault(inject=Inject.SLOW, target=name, at_seconds=1, for_seconds=9, delay_seconds=1)
        for name in ("Partner", "Stranger")
    )
    found = built(
        topology=partner,
        outside={"Partner": "PARTNER_URL", "Stranger": "STRANGER_URL"},
        faults=faults,
    )

    assert visits(found.network)["Partner"] == {"cars": 1.0}
    assert [each.station for each in found.network.disturbances] == ["Partner"]
    assert any("Stranger (STRANGER_URL)" in doubt for doubt in found.doubts)


def test_a_cap_that_the_scenario_takes_off_is_off() -> None:
    """Neither the reservation nor the mapping's maximum holds."""
    network = built(uncapped=("Health",)).network
    health, queue = network.stations["Health"], network.stations["HealthChecks"]
    assert isinstance(health, Function)
    assert isinstance(queue, Queue)
    assert queue.poller is not None

    assert (health.reserved, queue.poller.at_most) == (None, 1250)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sources": {"cars": replace(CARS, entry="Gatewya")}}, "did you mean Gateway"),
        ({"sources": {"cars": replace(CARS, reaches=("Ingset",))}}, "did you mean Ingest"),
        ({"service_times": {"Nobody": ServiceTime(mean_seconds=1)}}, "service_times.Nobody"),
        ({"faults": (Fault(inject=Inject.RAISE, target="X", at_seconds=0),)}, "faults[0].on"),
        ({"duration_seconds": 0.0}, "duration of 0 s"),
        ({"duration_seconds": math.inf}, "duration of inf s"),
        (
            {"sources": {"cars": replace(CARS, rate=ConstantRate(per_second=-1.0))}},
            "sources.cars.rate: found -1/s",
        ),
        (
            {"sources": {"cars": replace(CARS, rate=ConstantRate(per_second=math.nan))}},
            "sources.cars.rate: found nan/s",
        ),
        (
            {"service_times": {"Ingest": ServiceTime(mean_seconds=-1.0)}},
            "service_times.Ingest.mean: found -1",
        ),
    ],
)
def test_fails_in_one_sentence_on_what_cannot_be(changed: dict[str, Any], said: str) -> None:
    """Names that mean nothing, and numbers that no file could hold."""
    with pytest.raises(HinagataError) as caught:
        build_network(town(), scenario(**changed))

    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fails_on_a_template_with_nothing_in_it() -> None:
    """There is nobody to take the messages."""
    with pytest.raises(ScenarioError, match="there are none"):
        build_network(topology_of(Empty={"Resources": {}}), scenario())


def test_many_devices_are_no_more_work() -> None:
    """10^15 of them make a network as quickly as one does."""
    many = source("cars", "Gateway", 1e15, *CARS.reaches)

    assert visits(built(many).network)["Ingest"] == {"cars": 1.0}
