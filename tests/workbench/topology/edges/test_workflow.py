"""What state machines say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hinagata.topology.edge import Kind
from hinagata.topology.edges.workflow import tasks
from tests.workbench.topology.edges.reading import (
    ALIAS,
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

AROUND: dict[str, Any] = {
    "Work": FUNCTION,
    "Live": ALIAS,
    "Orders": QUEUE,
    "News": TOPIC,
    "Stock": resource("DynamoDB::Table", TableName="stock"),
    "Bus": resource("Events::EventBus", Name="shop"),
    "Job": resource("ECS::TaskDefinition", Family="job"),
    "Other": resource("StepFunctions::StateMachine"),
    "Api": resource("ApiGatewayV2::Api", ProtocolType="HTTP"),
}


def task(of: object, **parameters: object) -> dict[str, Any]:
    """Return a task state."""
    return {"Type": "Task", "Resource": of, "Parameters": parameters, "End": True}


def definition(*states: dict[str, Any]) -> dict[str, Any]:
    """Return a definition of some states."""
    return {"StartAt": "S0", "States": {f"S{at}": state for at, state in enumerate(states)}}


def called(*states: dict[str, Any]) -> list[str]:
    """Return what a workflow of some states calls."""
    topology = read(
        Steps=resource("StepFunctions::StateMachine", Definition=definition(*states)), **AROUND
    )
    return [each.removeprefix("Steps ") for each in lines(topology) if each.startswith("Steps ")]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (task(arn("Work")), "invokes_sync Work"),
        (task("arn:aws:states:::lambda:invoke", FunctionName=arn("Work")), "invokes_sync Work"),
        (
            task(sub("arn:${AWS::Partition}:states:::lambda:invoke"), FunctionName=ref("Live")),
            "invokes_sync Work through Live",
        ),
        (
            task("arn:aws:states:::lambda:invoke", FunctionName=sub("${Work.Arn}:live")),
            "invokes_sync Work through Live",
        ),
        (
            task(
                "arn:aws:states:::lambda:invoke",
                FunctionName=arn("Work"),
                InvocationType="Event",
            ),
            "invokes_async Work",
        ),
        (task("arn:aws:states:::sqs:sendMessage", QueueUrl=ref("Orders")), "delivers Orders"),
        (
            task("arn:aws:states:::sqs:sendMessage.waitForTaskToken", QueueUrl=ref("Orders")),
            "delivers Orders",
        ),
        (task("arn:aws:states:::sns:publish", TopicArn=ref("News")), "delivers News"),
        (
            task("arn:aws:states:::dynamodb:putItem", TableName="stock"),
            "may_write Stock dynamodb:PutItem",
        ),
        (
            task("arn:aws:states:::aws-sdk:dynamodb:query", TableName=ref("Stock")),
            "may_read Stock dynamodb:Query",
        ),
        (
            task("arn:aws:states:::events:putEvents", Entries=[{"EventBusName": "shop"}]),
            "delivers Bus",
        ),
        (
            task("arn:aws:states:::events:putEvents", Entries=[{"Source": "x"}]),
            "delivers DefaultBus",
        ),
        (
            task("arn:aws:states:::ecs:runTask.sync", TaskDefinition=ref("Job")),
            "invokes_sync Job",
        ),
        (task("arn:aws:states:::ecs:runTask", TaskDefinition="job"), "invokes_async Job"),
        (
            task("arn:aws:states:::states:startExecution", StateMachineArn=ref("Other")),
            "delivers Other",
        ),
        (
            task("arn:aws:states:::states:startExecution.sync:2", StateMachineArn=ref("Other")),
            "invokes_sync Other",
        ),
        (
            task(
                "arn:aws:states:::apigateway:invoke",
                ApiEndpoint=sub("${Api}.execute-api.${AWS::Region}.amazonaws.com"),
            ),
            "invokes_sync Api",
        ),
    ],
)
def test_a_task_calls_what_its_resource_and_arguments_name(
    state: dict[str, Any], told: str
) -> None:
    """A function at once, or a service's API with the resource among its arguments."""
    assert called(state) == [told]


def test_tasks_are_found_at_every_depth() -> None:
    """In parallel branches, in maps of either kind, and under JSONata's arguments."""
    work, send = task(arn("Work")), task("arn:aws:states:::sqs:sendMessage", QueueUrl=ref("Orders"))
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {"TopicArn": ref("News")},
    }

    found = called(
        {"Type": "Parallel", "Branches": [definition(work), definition(send)]},
        {"Type": "Map", "Iterator": definition(publish)},
        {"Type": "Map", "ItemProcessor": definition(task(ref("Live")))},
    )

    assert found == [
        "invokes_sync Work",
        "invokes_sync Work through Live",
        "delivers Orders",
        "delivers News",
    ]


JOINED = {
    "Fn::Join": [
        "",
        [
            '{"StartAt":"S","States":{"S":{"Type":"Task","Resource":"arn:',
            {"Ref": "AWS::Partition"},
            ':states:::lambda:invoke","Parameters":{"FunctionName":"',
            arn("Work"),
            '","Payload.$":"States.Format(\'{0}\', $.a)"},"End":true}}}',
        ],
    ]
}
WITH_NAMES = definition(task("${Function}"))
WITH_NUMBER = '{"States":{"S":{"Type":"Task","Resource":"${Function}","TimeoutSeconds":${Wait}}}}'


@pytest.mark.parametrize(
    "properties",
    [
        {"DefinitionString": JOINED},
        {"DefinitionString": sub(json.dumps(definition(task("${Work.Arn}"))))},
        {
            "DefinitionString": json.dumps(WITH_NAMES),
            "DefinitionSubstitutions": {"Function": arn("Work")},
        },
        {"Definition": WITH_NAMES, "DefinitionSubstitutions": {"Function": arn("Work")}},
        {
            "DefinitionString": WITH_NUMBER,
            "DefinitionSubstitutions": {"Function": arn("Work"), "Wait": 5},
        },
    ],
    ids=["joined", "substituted", "with names", "object with names", "with a number"],
)
def test_a_definition_is_read_however_it_is_written(properties: dict[str, Any]) -> None:
    """As the CDK joins it, as SAM and people write it, as an object."""
    topology = read(Work=FUNCTION, Steps=resource("StepFunctions::StateMachine", **properties))

    assert lines(topology) == ["Steps invokes_sync Work"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '{"States": 1}', '{"States": {"S": 1}}', '{"States": {"S": {}}}'),
        *("[" * 100_000, "[" * 500 + "]" * 500, '{"States": "\ue0007\ue001"}'),
    ],
)
def test_a_definition_that_is_none_calls_nothing(text: str) -> None:
    """It is not for the topology to judge it."""
    assert lines(read(Steps=resource("StepFunctions::StateMachine", DefinitionString=text))) == []


def test_tasks_tell_their_names_and_states() -> None:
    """So that others can ask for their retries."""
    steps = resource("StepFunctions::StateMachine", Definition=definition(task(arn("Work"))))
    (machine,) = read(Work=FUNCTION, Steps=steps).of_type("AWS::StepFunctions::StateMachine")

    assert [each.name for each in tasks(machine)] == ["S0"]


def test_a_workflow_logs_where_it_says() -> None:
    """By the ARN of the group, which ends in a wildcard."""
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": arn("Log")}}
    topology = read(
        Log=resource("Logs::LogGroup"),
        Stock=TABLE,
        Steps=resource(
            "StepFunctions::StateMachine", LoggingConfiguration={"Destinations": [destination]}
        ),
    )

    assert lines(topology, Kind.LOGS_TO) == ["Steps logs_to Log"]


def test_what_only_a_failure_leads_to_a_queue_is_a_dead_letter() -> None:
    """A task that only a Catch leads to gives up; one that executions come to as well delivers."""
    sends = task("arn:aws:states:::sqs:sendMessage", QueueUrl=ref("Orders"))
    work = {**task(arn("Work")), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S2"}]}
    goes_on = {name: value for name, value in work.items() if name != "End"} | {"Next": "S1"}
    choice = {"Type": "Choice", "Choices": [{"Next": "S2"}], "Default": "S3"}

    assert called(goes_on, task(arn("Live")), sends) == [
        "invokes_sync Work",
        "invokes_sync Work through Live",
        "dead_letter Orders",
    ]
    assert "delivers Orders" in called(goes_on, choice, sends, task(arn("Work")))
