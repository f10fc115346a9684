"""What EventBridge's rules, schedules and pipes say."""

from __future__ import annotations

import json

from hinagata.topology.edge import Kind
from hinagata.topology.reading import topology_of
from tests.workbench.topology.edges.reading import (
    FUNCTION,
    QUEUE,
    TABLE,
    TOPIC,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)


def target(name: str, **others: object) -> dict[str, object]:
    """Return a target of a rule."""
    return {"Id": name, "Arn": arn(name), **others}


def test_a_rule_leads_from_its_bus_to_its_targets() -> None:
    """The account's own bus if none is named; what cannot be delivered goes to a queue."""
    pattern = {"source": ["shop"]}
    topology = read(
        Bus=resource("Events::EventBus", Name="shop"),
        Work=FUNCTION,
        Orders=QUEUE,
        Dead=QUEUE,
        OfBus=resource(
            "Events::Rule",
            EventBusName=ref("Bus"),
            EventPattern=pattern,
            Targets=[target("Work", DeadLetterConfig={"Arn": arn("Dead")}), target("Orders")],
        ),
        ByName=resource(
            "Events::Rule", EventBusName="shop", EventPattern=pattern, Targets=[target("Orders")]
        ),
        OfDefault=resource("Events::Rule", EventPattern=pattern, Targets=[target("Bus")]),
        Hourly=resource(
            "Events::Rule", ScheduleExpression="rate(1 hour)", Targets=[target("Work")]
        ),
    )

    assert lines(topology) == [
        "Bus invokes_async Work via OfBus",
        "Schedule invokes_async Work via Hourly",
        "Bus delivers Orders via OfBus",
        "Bus delivers Orders via ByName",
        "DefaultBus delivers Bus via OfDefault",
        "Bus dead_letter Dead via OfBus",
    ]


def test_a_rule_may_run_a_task() -> None:
    """The service of the task definition, not the cluster that the target's ARN names."""
    ecs = {"TaskDefinitionArn": ref("Job")}
    topology = read(
        Cluster=resource("ECS::Cluster"),
        Job=resource("ECS::TaskDefinition"),
        Rule=resource(
            "Events::Rule",
            ScheduleExpression="rate(1 day)",
            Targets=[target("Cluster", EcsParameters=ecs)],
        ),
    )

    assert lines(topology) == ["Schedule invokes_async Job via Rule"]


def test_a_schedule_has_one_target() -> None:
    """A resource, or any API with the resources among its input."""
    topology = read(
        Work=FUNCTION,
        Orders=QUEUE,
        Dead=QUEUE,
        Daily=resource(
            "Scheduler::Schedule",
            Target={"Arn": arn("Work"), "DeadLetterConfig": {"Arn": arn("Dead")}},
        ),
        Sending=resource(
            "Scheduler::Schedule",
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "Input": sub('{"QueueUrl": "${Orders}", "MessageBody": "x"}'),
            },
        ),
    )

    assert lines(topology) == [
        "Schedule invokes_async Work via Daily",
        "Schedule delivers Orders via Sending",
        "Schedule dead_letter Dead via Daily",
    ]


def test_a_schedule_may_put_an_event() -> None:
    """On the bus that its input names, else on the account's own."""
    put = "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents"
    topology = read(
        Bus=resource("Events::EventBus", Name="shop"),
        Named=resource(
            "Scheduler::Schedule",
            Target={"Arn": put, "Input": json.dumps({"Entries": [{"EventBusName": "shop"}]})},
        ),
        Default=resource("Scheduler::Schedule", Target={"Arn": put, "Input": "{}"}),
    )

    assert lines(topology) == [
        "Schedule delivers Bus via Named",
        "Schedule delivers DefaultBus via Default",
    ]


def test_a_pipe_polls_its_source_for_its_target() -> None:
    """What enriches the messages is asked on the way; what fails goes to a queue."""
    topology = read(
        Orders=TABLE,
        Enrich=FUNCTION,
        News=TOPIC,
        Dead=QUEUE,
        Pipe=resource(
            "Pipes::Pipe",
            Source={"Fn::GetAtt": ["Orders", "StreamArn"]},
            Enrichment=arn("Enrich"),
            Target=ref("News"),
            SourceParameters={
                "DynamoDBStreamParameters": {"DeadLetterConfig": {"Arn": arn("Dead")}}
            },
        ),
    )

    assert lines(topology) == [
        "Orders invokes_sync Enrich via Pipe",
        "Orders polls News via Pipe",
        "Orders dead_letter Dead via Pipe",
    ]


def test_a_bus_may_have_a_dead_letter_queue() -> None:
    """For events that it cannot encrypt or deliver at all."""
    topology = read(
        Dead=QUEUE, Bus=resource("Events::EventBus", DeadLetterConfig={"Arn": arn("Dead")})
    )

    assert lines(topology, Kind.DEAD_LETTER) == ["Bus dead_letter Dead"]


def test_a_bus_that_only_the_deployment_knows_is_one_bus() -> None:
    """All rules that name it by the same parameter hang together; the function is invoked."""
    pattern = {"source": ["shop"]}
    rules = {
        name: resource(
            "Events::Rule",
            EventBusName=ref("Bus"),
            EventPattern=pattern,
            Targets=[{"Id": "0", "Arn": arn("Work")}],
        )
        for name in ("First", "Second")
    }
    template = {
        "Parameters": {"Bus": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        "Resources": {"Work": FUNCTION, **rules},
    }

    assert lines(topology_of(Shop=template)) == [
        "Shop/Bus invokes_async Work via First",
        "Shop/Bus invokes_async Work via Second",
    ]
