"""Retries of retries."""

from typing import Any

from hinagata.checks.failure_modes.fm104_multiplied_retries import multiplied_retries
from tests.workbench.checks.judgement import arn, changed, findings, resource


def chain(layers: int, width: int = 1) -> dict[str, dict[str, Any]]:
    """Return layers of queues with five receives, each consumed and sent on to all of the next."""
    resources: dict[str, Any] = {"Dead": resource("AWS::SQS::Queue")}
    for layer in range(layers):
        for at in range(width):
            name = f"{layer}x{at}"
            resources |= {
                f"Queue{name}": resource(
                    "AWS::SQS::Queue",
                    RedrivePolicy={"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5},
                ),
                f"Worker{name}": resource("AWS::Lambda::Function", Role=arn(f"Role{name}")),
                f"Mapping{name}": resource(
                    "AWS::Lambda::EventSourceMapping",
                    EventSourceArn=arn(f"Queue{name}"),
                    FunctionName={"Ref": f"Worker{name}"},
                ),
                f"Role{name}": resource(
                    "AWS::IAM::Role",
                    Policies=[
                        {
                            "PolicyName": "sends",
                            "PolicyDocument": {
                                "Statement": [
                                    {
                                        "Effect": "Allow",
                                        "Action": "sqs:SendMessage",
                                        "Resource": arn(f"Queue{layer + 1}x{each}"),
                                    }
                                    for each in range(width)
                                    if layer + 1 < layers
                                ]
                            },
                        }
                    ],
                ),
            }
    return {"Resources": resources}


FOUND = chain(3)
CLEAN = chain(2)
# An unknown number of receives is counted as one.
UNKNOWN = {
    **changed(
        FOUND,
        Queue1x0={
            "RedrivePolicy": {
                "deadLetterTargetArn": arn("Dead"),
                "maxReceiveCount": {"Ref": "Receives"},
            }
        },
    ),
    "Parameters": {"Receives": {"Type": "Number"}},
}


def test_names_the_function_where_it_becomes_too_much() -> None:
    """Three queues with five receives make 125 executions of one message."""
    [finding] = findings(multiplied_retries, FOUND)

    assert finding.node.logical_id == "Worker2x0"
    assert "one message of Queue0x0 may start it 125 times" in finding.says
    assert "Worker0x0 x 5 -> Worker1x0 x 5 -> Worker2x0 x 5" in finding.says


def test_accepts_two_layers() -> None:
    """Two queues make 25: that is usual."""
    assert findings(multiplied_retries, CLEAN) == []


def test_is_silent_where_the_attempts_are_unknown() -> None:
    """A layer of unknown attempts multiplies nothing."""
    assert findings(multiplied_retries, UNKNOWN) == []


def test_tells_the_first_function_alone() -> None:
    """What comes behind the first function over the bound is not told again."""
    assert [each.node.logical_id for each in findings(multiplied_retries, chain(5))] == [
        "Worker2x0"
    ]


def naming_failures(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template whose mappings learn which messages of a batch failed."""
    mappings = [name for name in template["Resources"] if name.startswith("Mapping")]
    response = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    return changed(template, **dict.fromkeys(mappings, response))


def test_does_not_multiply_what_is_not_sent_again() -> None:
    """Where only the messages that failed are tried again, the good ones are sent once."""
    assert findings(multiplied_retries, naming_failures(FOUND)) == []


def test_multiplies_what_is_waited_for() -> None:
    """A message whose call fails is one that failed, and is tried again with the call."""
    patient = {"RedrivePolicy": {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 20}}
    invoked = changed(
        chain(1),
        Queue0x0=patient,
        Role0x0={
            "Policies": [
                {
                    "PolicyName": "starts",
                    "PolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "states:StartSyncExecution",
                            "Resource": {"Ref": "Flow"},
                        }
                    },
                }
            ]
        },
        Last=resource("AWS::Lambda::Function"),
        Flow=resource(
            "AWS::StepFunctions::StateMachine",
            StateMachineType="EXPRESS",
            Definition={
                "StartAt": "Try",
                "States": {
                    "Try": {
                        "Type": "Task",
                        "Resource": arn("Last"),
                        "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}],
                        "End": True,
                    }
                },
            },
        ),
    )

    [finding] = findings(multiplied_retries, naming_failures(invoked))

    assert (finding.node.logical_id, "80 times" in finding.says) == ("Last", True)


def test_does_not_blame_one_layer() -> None:
    """A queue that tries a hundred times multiplies with nothing."""
    patient = changed(
        chain(1),
        Queue0x0={"RedrivePolicy": {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 100}},
    )

    assert findings(multiplied_retries, patient) == []


def test_counts_the_three_attempts_of_an_asynchronous_invocation() -> None:
    """A topic's function runs three times by default, or as its configuration says."""
    started = changed(
        chain(2),
        Events=resource("AWS::SNS::Topic"),
        First=resource("AWS::Lambda::Function", Role=arn("FirstRole")),
        FirstRole=resource(
            "AWS::IAM::Role",
            Policies=[
                {
                    "PolicyName": "sends",
                    "PolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "sqs:SendMessage",
                            "Resource": arn("Queue0x0"),
                        }
                    },
                }
            ],
        ),
        Subscription=resource(
            "AWS::SNS::Subscription",
            TopicArn={"Ref": "Events"},
            Protocol="lambda",
            Endpoint=arn("First"),
        ),
    )
    once = changed(
        started,
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "First"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
        ),
    )

    [finding] = findings(multiplied_retries, started)

    assert "75 times" in finding.says
    assert findings(multiplied_retries, once) == []


def test_ends_on_dense_graphs() -> None:
    """Ten layers of six queues have sixty million ways; each edge is looked at once."""
    found = findings(multiplied_retries, chain(10, width=6))

    assert [each.node.logical_id for each in found] == [f"Worker2x{at}" for at in range(6)]


def test_leaves_loops_to_their_own_check() -> None:
    """A queue that a function sends back to has no number of attempts."""
    circle = changed(
        FOUND,
        Role2x0={
            "Policies": [
                {
                    "PolicyName": "sends",
                    "PolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Action": "sqs:SendMessage",
                            "Resource": arn("Queue0x0"),
                        }
                    },
                }
            ]
        },
    )

    assert findings(multiplied_retries, circle) == []


def test_does_not_count_a_pipe_that_fires_and_forgets() -> None:
    """A pipe starts a workflow once: what fails in it later does not bring the message back."""
    definition = {
        "StartAt": "Try",
        "States": {
            "Try": {
                "Type": "Task",
                "Resource": arn("Last"),
                "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 14}],
                "End": True,
            }
        },
    }
    piped = changed(
        chain(1),
        Last=resource("AWS::Lambda::Function"),
        Flow=resource(
            "AWS::StepFunctions::StateMachine", StateMachineType="EXPRESS", Definition=definition
        ),
        Pipe=resource("AWS::Pipes::Pipe", Source=arn("Queue0x0"), Target={"Ref": "Flow"}),
    )
    forgets = {
        "TargetParameters": {
            "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"}
        }
    }

    [finding] = findings(multiplied_retries, piped)

    assert "75 times" in finding.says
    assert findings(multiplied_retries, changed(piped, Pipe=forgets)) == []
    assert findings(multiplied_retries, changed(piped, Flow={"StateMachineType": "STANDARD"})) == []
