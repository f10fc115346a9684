"""DurableWorkflow: what each step gets, what is retried, undone and kept, what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from patterns import DurableWorkflow, LambdaWorker, Off, PointToPointQueue, Step
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]


def states(template: Template) -> dict[str, Any]:
    """The states of the only workflow of a stack."""
    found: dict[str, Any] = machine(template)["Definition"]["States"]
    return found


def machine(template: Template) -> Resource:
    """The only workflow of a stack."""
    return template.one("StepFunctions::StateMachine", "Fulfilment")


def steps(template: Template) -> dict[str, Any]:
    """The states that call a worker."""
    return {
        name: state
        for name, state in states(template).items()
        if state["Type"] == "Task" and name != "KeepFailure"
    }


def worker(stack: cdk.Stack, code: str, name: str, **settings: Any) -> LambdaWorker:
    """A worker that is called by nobody yet."""
    return LambdaWorker(stack, name, handler="shop.orders.handler", code=code, **settings)


def test_no_step_takes_the_events_place(template: Templates) -> None:
    """What a step returns is put beside the event, whose id and trace reach every other step."""
    for stack in ("Workflow", "WorkflowFull"):
        for name, state in steps(template(stack)).items():
            assert state["ResultPath"].split(".")[-1] == name
            assert state["ResultPath"].startswith(("$.results.", "$.undone."))
            assert not {"InputPath", "OutputPath", "Parameters"} & state.keys()


def test_steps_follow_in_their_order(template: Templates) -> None:
    """Each step calls its worker, and the last one ends the execution."""
    stack = template("WorkflowFull")
    definition = machine(stack)["Definition"]
    found = states(stack)
    name, order = definition["StartAt"], []
    while name:
        order.append(stack.target(found[name]["Resource"]).path)
        name = found[name].get("Next")

    assert order == [f"{step}/Function/Resource" for step in ("Reserve", "Charge", "Ship")]
    assert found["Ship"]["End"] is True


def test_every_retry_is_bounded_grows_and_is_jittered(template: Templates) -> None:
    """Final errors are not retried, throttled steps wait their turn, all else is tried again."""
    for stack, final, retries in (
        ("Workflow", ["MalformedEventError"], 5),
        ("WorkflowFull", ["MalformedEventError", "OutOfStockError"], 3),
    ):
        for state in states(template(stack)).values():
            if state["Type"] != "Task":
                continue
            given_up, throttled, others = state["Retry"]
            assert given_up == {"ErrorEquals": final, "MaxAttempts": 0}
            assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
            assert others["ErrorEquals"] == ["States.ALL"]
            assert others["MaxAttempts"] == retries
            for retrier in (throttled, others):
                assert retrier["JitterStrategy"] == "FULL"
                assert retrier["BackoffRate"] > 1
                assert retrier["IntervalSeconds"] < retrier["MaxDelaySeconds"] <= 120


@pytest.mark.parametrize(
    ("failing", "undone"),
    [("Reserve", []), ("Charge", ["Release"]), ("Ship", ["Refund", "Release"])],
)
def test_what_was_done_is_undone_backwards(
    template: Templates, failing: str, undone: list[str]
) -> None:
    """A step that fails for good undoes those before it, latest first, then is kept, and fails."""
    found = states(template("WorkflowFull"))
    (caught,) = found[failing]["Catch"]
    name, order = caught["Next"], []
    while name != "KeepFailure":
        order.append(name)
        # One that cannot be undone keeps nobody from undoing the others.
        assert found[name]["Next"] == found[name]["Catch"][0]["Next"]
        name = found[name]["Next"]

    assert caught["ErrorEquals"] == ["States.ALL"]
    assert caught["ResultPath"] == "$.failure"
    assert order == undone
    assert found["KeepFailure"]["Next"] == "Failed"
    assert found["Failed"]["Type"] == "Fail"


def test_what_fails_for_good_is_kept(template: Templates) -> None:
    """The dead letter is the event with its results and the error, in a queue that is watched."""
    stack = template("Workflow")
    kept = states(stack)["KeepFailure"]
    queue = stack.target(kept["Parameters"]["QueueUrl"])

    assert kept["Parameters"]["MessageBody.$"] == "$"
    assert queue["MessageRetentionPeriod"] == 14 * 86400
    assert stack.alarm("Fulfilment/DeadLettersNotEmpty", "ApproximateNumberOfMessagesVisible")
    assert stack.may(stack.target(machine(stack)["RoleArn"]))["sqs:SendMessage"] == [queue.path]


def test_your_own_dead_letters_are_watched_too(template: Templates) -> None:
    """A queue of your own takes what failed, and an alarm here tells of it."""
    stack = template("WorkflowFull")
    kept = states(stack)["KeepFailure"]
    alarm = stack.one("CloudWatch::Alarm", "Fulfilment/DeadLettersNotEmpty")

    assert stack.target(kept["Parameters"]["QueueUrl"]).path == "Lost/Resource"
    assert stack.target(alarm["Dimensions"][0]["Value"]).path == "Lost/Resource"


def test_it_may_call_its_workers_and_nothing_else(template: Templates) -> None:
    """Its role invokes the steps, keeps failures, traces and logs."""
    stack = template("WorkflowFull")
    allowed = stack.may(stack.target(machine(stack)["RoleArn"]))

    assert {action.split(":")[0] for action in allowed} == {"lambda", "sqs", "xray", "logs"}
    assert sorted(allowed["lambda:InvokeFunction"]) == [
        f"{name}/Function/Resource" for name in ("Charge", "Refund", "Release", "Reserve", "Ship")
    ]


def test_it_is_traced_and_logged(template: Templates) -> None:
    """Executions are traced; the log has errors, or every transition, and no user's data."""
    for stack, level in (("Workflow", "ERROR"), ("WorkflowFull", "ALL")):
        found = machine(template(stack))
        assert found["TracingConfiguration"] == {"Enabled": True}
        assert found["LoggingConfiguration"]["Level"] == level
        assert found["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert "LoggingConfiguration" not in machine(template("WorkflowSwitchedOff")).properties


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"])
def test_what_goes_wrong_raises_an_alarm(template: Templates, metric: str) -> None:
    """Failed, timed out and throttled executions are told of, at the workflow itself."""
    stack = template("Workflow")
    alarm = stack.alarm("Fulfilment", metric)

    assert alarm["Dimensions"][0]["Name"] == "StateMachineArn"
    assert stack.target(alarm["Dimensions"][0]["Value"]) == machine(stack)


def test_a_step_runs_as_often_at_once_as_its_worker_may(template: Templates) -> None:
    """A step's concurrency is reserved, so that no storm of executions uses the account's."""
    function = template("Workflow").one("Lambda::Function", "Reserve")
    unbounded = template("WorkflowSwitchedOff").one("Lambda::Function", "Reserve")

    assert function["ReservedConcurrentExecutions"] == 10
    assert "ReservedConcurrentExecutions" not in unbounded.properties


def test_a_sender_may_start_it_and_nothing_else(template: Templates) -> None:
    """A sender gets its address, and the right to start an execution."""
    stack = template("Workflow")
    seller = stack.one("Lambda::Function", "Seller")
    allowed = stack.may(stack.role(seller))

    assert stack.target(seller.environment["FULFILMENT_STATE_MACHINE_ARN"]) == machine(stack)
    assert allowed["states:StartExecution"] == [machine(stack).path]
    assert {action for action in allowed if action.startswith("states:")} == {
        "states:StartExecution"
    }


def test_it_lasts_as_long_as_every_retry_may(template: Templates) -> None:
    """No execution is cut off while a step is still retried, or its dead letter would be lost."""
    stack = template("Workflow")
    definition = machine(stack)["Definition"]
    (_, throttled, others) = definition["States"]["Reserve"]["Retry"]
    runs = 1 + throttled["MaxAttempts"] + others["MaxAttempts"]
    timeout = stack.one("Lambda::Function", "Reserve")["Timeout"]

    assert definition["TimeoutSeconds"] > runs * timeout + throttled["MaxAttempts"] * 30
    assert machine(template("WorkflowFull"))["Definition"]["TimeoutSeconds"] == 2 * 86400


def test_the_definition_has_no_literal_account_or_region(template: Templates) -> None:
    """What it names is named by reference, in whatever partition it is deployed."""
    text = json.dumps(machine(template("Workflow"))["Definition"])

    assert "arn:aws:" not in text


def test_fails_if_there_is_no_step(stack: cdk.Stack) -> None:
    """A workflow does something."""
    with refused("Fulfilment: a workflow needs a step", "steps=[reserve, ship]"):
        DurableWorkflow(stack, "Fulfilment", steps=[])


def test_fails_if_a_step_is_there_twice(stack: cdk.Stack, code: str) -> None:
    """Each state has a name of its own, and its result a place."""
    reserve = worker(stack, code, "Reserve")

    with refused("two states would be called 'Reserve'", "an id of its own"):
        DurableWorkflow(stack, "Fulfilment", steps=[Step(worker=reserve, undo=reserve)])


@pytest.mark.parametrize("name", ["Failed", "Reserve-Stock"])
def test_fails_if_an_id_cannot_name_a_state(stack: cdk.Stack, code: str, name: str) -> None:
    """A worker's id is the name of its state, and a field of the results."""
    with refused(repr(name), "id"):
        DurableWorkflow(stack, "Fulfilment", steps=[worker(stack, code, name)])


@pytest.mark.parametrize("retries", [-1, 101])
def test_fails_if_retries_do_not_end(stack: cdk.Stack, code: str, retries: int) -> None:
    """Retries are bounded."""
    with refused(f"retries={retries}", "give 0 to 100"):
        DurableWorkflow(stack, "Fulfilment", steps=[worker(stack, code, "A")], retries=retries)


@pytest.mark.parametrize(("first", "longest"), [(0, 60), (60, 30), (1, 100_000)])
def test_fails_if_waits_make_no_sense(
    stack: cdk.Stack, code: str, first: int, longest: int
) -> None:
    """The longest wait is not below the first, and neither is nothing."""
    with refused(f"wait of {first} s", f"longest_wait of {longest} s"):
        DurableWorkflow(
            stack,
            "Fulfilment",
            steps=[worker(stack, code, "A")],
            wait=cdk.Duration.seconds(first),
            longest_wait=cdk.Duration.seconds(longest),
        )


def test_fails_if_it_would_be_cut_off(stack: cdk.Stack, code: str) -> None:
    """An execution is not ended while its steps are still retried."""
    with refused("timeout of 60 s", "leaves no dead letter", "or leave it out"):
        DurableWorkflow(
            stack,
            "Fulfilment",
            steps=[worker(stack, code, "A")],
            timeout=cdk.Duration.minutes(1),
        )


@pytest.mark.parametrize("final", ["OutOfStockError", ["out of stock"]])
def test_fails_if_final_names_no_exceptions(
    stack: cdk.Stack, code: str, final: list[str] | str
) -> None:
    """What is never retried is a list of exceptions' names."""
    with refused("final=", repr(final), "in a list"):
        DurableWorkflow(stack, "Fulfilment", steps=[worker(stack, code, "A")], final=final)


def test_fails_if_the_log_is_unknown(stack: cdk.Stack, code: str) -> None:
    """Three ways to log, and no fourth."""
    with refused("log='everything'", '"errors", "all", or Off(reason)'):
        DurableWorkflow(
            stack,
            "Fulfilment",
            steps=[worker(stack, code, "A")],
            log="everything",  # type: ignore[arg-type]  # that is the point
        )


def test_fails_if_a_step_consumes_a_queue_as_well(stack: cdk.Stack, code: str) -> None:
    """A step's executions and a queue's would share one reserve, in whichever order it is said."""
    consuming, stepping = worker(stack, code, "A"), worker(stack, code, "B")
    consuming.consumes(PointToPointQueue(stack, "Orders"))
    DurableWorkflow(stack, "Other", steps=[stepping])

    with refused("A is a step of a workflow and consumes Orders", "make a worker for each"):
        DurableWorkflow(stack, "Fulfilment", steps=[consuming])
    with refused("B is a step of a workflow and consumes Returns"):
        stepping.consumes(PointToPointQueue(stack, "Returns"))


def test_an_unbounded_step_may_consume_as_well(stack: cdk.Stack, code: str) -> None:
    """Where nothing is reserved, nothing is shared."""
    both = worker(stack, code, "A", max_concurrency=Off("a test"))
    both.consumes(PointToPointQueue(stack, "Orders"))

    DurableWorkflow(stack, "Fulfilment", steps=[both])
