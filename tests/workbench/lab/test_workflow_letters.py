"""Which queues take a workflow's letters, and what an execution was started with."""

import json
from typing import Any

import pytest

from hinagata.lab.workflow_letters import workflow_letters
from hinagata.topology.reading import topology_of

TASK: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ship",
    "ResultPath": "$.results.Ship",
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Undo"}],
    "End": True,
}
UNDO = {**TASK, "ResultPath": "$.undone.Ship", "Catch": [], "Next": "Keep"}
KEEP: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::sqs:sendMessage",
    "Parameters": {"QueueUrl": "${Dead.QueueUrl}", "MessageBody.$": "$"},
    "ResultPath": "$.kept",
    "End": True,
}


def letters(**states: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Queue, workflow and what it wrote, of each queue of letters."""
    definition = json.dumps({"StartAt": "Ship", "States": states})
    resources = {
        "Dead": {"Type": "AWS::SQS::Queue"},
        "Process": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"DefinitionString": {"Fn::Sub": definition}},
        },
    }
    found = workflow_letters(topology_of(Shop={"Resources": resources}))
    return [(each.queue.name, each.machine.name, each.written) for each in found]


def test_a_queue_behind_a_catch_takes_letters() -> None:
    """Also where what was done is undone first; what the workflow wrote is told."""
    assert letters(Ship=TASK, Undo=UNDO, Keep=KEEP) == [
        ("Dead", "Process", ("results", "failure", "undone", "kept"))
    ]


@pytest.mark.parametrize(
    "states",
    [
        {"Ship": {**TASK, "Catch": [], "Next": "Keep"}, "Keep": KEEP},
        {
            "Ship": TASK,
            "Undo": {**KEEP, "Parameters": KEEP["Parameters"] | {"MessageBody.$": "$.failure"}},
        },
        {"Ship": TASK, "Undo": UNDO},
        {"Ship": TASK | {"Catch": [{"Next": {"Ref": "Undo"}}]}, "Keep": KEEP},
    ],
    ids=["without a failure", "a part of the state", "no such state", "unreadable"],
)
def test_what_is_no_letter_is_left_out(states: dict[str, Any]) -> None:
    """Nobody could start an execution with it, or nothing has failed."""
    assert letters(**states) == []
