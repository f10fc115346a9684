"""CircuitBreaker: what it may pause, what the workers may do, what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest

from pattern_runtime.breaker import Rules
from pattern_runtime.breaker_control import Plan
from patterns import CircuitBreaker, EventStream, LambdaWorker, PointToPointQueue
from tests.synth.refusal import refused
from tests.synth.template import Template

Templates = Callable[[str], Template]


def worker(stack: cdk.Stack, code: str, **settings: Any) -> LambdaWorker:
    """A worker that consumes nothing yet."""
    return LambdaWorker(stack, "Billing", handler="shop.billing.handler", code=code, **settings)


def text(template: Template, value: Any) -> str:
    """A joined text, with the paths of what it refers to in angle brackets."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(text(template, part) for part in value["Fn::Join"][1])
    found = template.refers(value)
    return f"<{found.path if found else value.get('Ref', value)}>"


def test_the_worker_may_use_the_state_and_start_the_workflow(template: Templates) -> None:
    """The worker reads and changes the state, and starts the outage's workflow; nothing else."""
    stack = template("Breaker")
    allowed = stack.may(stack.role(stack.one("Lambda::Function", "Billing")))

    assert {action.split(":")[0] for action in allowed} == {
        "logs",
        "xray",
        "sqs",
        "dynamodb",
        "states",
    }
    for action in ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"):
        assert allowed[action] == ["Bank/State/Resource"]
    (machine,) = allowed["states:StartExecution"]
    assert machine.endswith(':stateMachine:", {"Ref": "AWS::StackName"}, "-Bank"]]}')


def test_the_controller_may_pause_probe_and_nothing_else(template: Templates) -> None:
    """It changes the mappings, takes messages of the queues, and invokes the workers it guards."""
    stack = template("BreakerFull")
    controller = stack.one("Lambda::Function", "Bank/Controller")
    allowed = stack.may(stack.role(controller))

    assert allowed["lambda:UpdateEventSourceMapping"] == [
        "Billing/FromOrders",
        "Billing/FromReturns",
        "Refunds/FromRefused",
    ]
    assert allowed["lambda:InvokeFunction"] == [
        "Billing/Function/Resource",
        "Refunds/Function/Resource",
    ]
    assert set(allowed["sqs:ReceiveMessage"]) == {
        "Orders/Queue/Resource",
        "Returns/Queue/Resource",
        "Refused/Queue/Resource",
    }
    assert "dynamodb:UpdateItem" not in allowed
    assert "sqs:SendMessage" not in allowed


def test_the_controller_knows_what_it_pauses(template: Templates) -> None:
    """Each mapping with its queue, its function, and the bound that it gets back."""
    stack = template("BreakerFull")
    controller = stack.one("Lambda::Function", "Bank/Controller")
    sources = json.loads(text(stack, controller.environment["SOURCES"]))

    assert [(each["mapping"], each["concurrency"]) for each in sources] == [
        ("<Billing/FromOrders>", 10),
        ("<Billing/FromReturns>", 10),
        ("<Refunds/FromRefused>", 4),
    ]
    assert sources[1]["queue_url"] == "<Returns/Queue/Resource>"
    assert sources[2]["function"] == "<Refunds/Function/Resource>"


def test_both_sides_can_read_what_they_are_told(template: Templates) -> None:
    """The runtime reads the rules and the plan that the construct writes, with every setting."""
    stack = template("BreakerFull")
    controller = stack.one("Lambda::Function", "Bank/Controller")
    billing = stack.one("Lambda::Function", "Billing")

    assert Rules.from_json(billing.environment["BANK_RULES"]) == Rules(
        failure_percent=20,
        minimum_calls=50,
        window_seconds=10,
        hold_seconds=6,
        patience_seconds=60,
        drain_rate=25,
    )
    assert Plan.from_json(controller.environment["PLAN"]) == Plan(
        wait_seconds=60,
        longest_wait_seconds=3600,
        probes=5,
        look_seconds=5,
        longest_drain_seconds=1800,
        drain_rate=25,
        probe_timeout_seconds=120,
    )
    assert controller["Timeout"] == 120 + 30


def test_workers_of_one_dependency_share_a_breaker(template: Templates) -> None:
    """One table, one workflow and one controller, however many it guards."""
    stack = template("BreakerFull")
    told = {
        function.environment["BANK_TABLE_NAME"]["Ref"]
        for function in stack.all("Lambda::Function")
        if "BANK_TABLE_NAME" in function.environment
    }

    assert told == {stack.one("DynamoDB::Table", "Bank").logical_id}
    assert len(stack.all("StepFunctions::StateMachine")) == 1


def test_an_outage_waits_as_long_as_its_steps_say(template: Templates) -> None:
    """The workflow calls the controller until it is closed, and lets no error end it soon."""
    machine = template("Breaker").one("StepFunctions::StateMachine")
    states = machine["Definition"]["States"]
    (retry,) = states["Step"]["Retry"]

    assert states["Wait"] == {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Step"}
    assert (retry["MaxAttempts"], retry["MaxDelaySeconds"]) == (100, 60)
    assert retry["JitterStrategy"] == "FULL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_somebody_is_told_of_an_outage_and_of_one_nobody_takes_care_of(
    template: Templates,
) -> None:
    """One alarm at the beginning of each outage, one if its workflow fails."""
    stack = template("Breaker")

    for metric in ("ExecutionsStarted", "ExecutionsFailed"):
        alarm = stack.alarm("Bank", metric)
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "StateMachineArn"
        assert stack.target(dimension["Value"]).path == "Bank/Workflow"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"failure_percent": 0}, ["failure_percent=0", "1 to 100", "50 is a good number"]),
        ({"failure_percent": 101}, ["failure_percent=101"]),
        ({"minimum_calls": 0}, ["minimum_calls=0", "10 is a good number"]),
        ({"probes": 11}, ["probes=11", "1 to 10", "SQS gives no more"]),
        ({"drain_rate": 0}, ["drain_rate=0", "calls a second"]),
        ({"window": cdk.Duration.hours(2)}, ["window of 7200 s", "1 s to 3600 s"]),
        ({"wait": cdk.Duration.millis(1)}, ["wait of 0.001 s", "e.g. 30 s"]),
        (
            {"wait": cdk.Duration.seconds(60), "longest_wait": cdk.Duration.seconds(30)},
            ["longest_wait of 30 s", "first wait of 60 s", "leave it out"],
        ),
        ({"longest_drain": cdk.Duration.hours(3)}, ["longest_drain of 10800 s", "7200 s"]),
    ],
)
def test_fails_if_a_value_breaks_a_rule(
    stack: cdk.Stack, settings: dict[str, Any], words: list[str]
) -> None:
    """A breaker that could not open, probe or drain is refused at once."""
    with refused(*words):
        CircuitBreaker(stack, "Bank", **settings)


def test_fails_if_there_is_nothing_to_pause(stack: cdk.Stack, code: str) -> None:
    """A worker that consumes nothing yet has no mapping."""
    with refused("Bank.guards(Billing)", "nothing that could be paused", "consumes() first"):
        CircuitBreaker(stack, "Bank").guards(worker(stack, code))


def test_fails_if_a_stream_is_to_be_paused(stack: cdk.Stack, code: str) -> None:
    """A stream's retries end, and its order is not to be broken by a probe."""
    billing = worker(stack, code)
    billing.consumes(EventStream(stack, "Clicks"))

    with refused("Clicks is a stream", "put a queue between"):
        CircuitBreaker(stack, "Bank").guards(billing)


def test_fails_if_a_worker_is_guarded_twice(stack: cdk.Stack, code: str) -> None:
    """Two breakers would resume what the other has paused."""
    billing = worker(stack, code)
    billing.consumes(PointToPointQueue(stack, "Orders"))
    CircuitBreaker(stack, "Bank").guards(billing)

    with refused("Bank guards it already", "a worker of its own"):
        CircuitBreaker(stack, "Post").guards(billing)


def test_fails_if_a_guarded_worker_consumes_more(stack: cdk.Stack, code: str) -> None:
    """What is consumed after the guard would not be paused."""
    billing = worker(stack, code)
    billing.consumes(PointToPointQueue(stack, "Orders"))
    CircuitBreaker(stack, "Bank").guards(billing)

    with refused("guarded by Bank already", "would not pause Returns", "consumes(Returns) first"):
        billing.consumes(PointToPointQueue(stack, "Returns"))


def test_fails_if_a_batch_outlasts_its_worker(stack: cdk.Stack, code: str) -> None:
    """At the drain rate two batches must be done within half the worker's timeout."""
    billing = worker(stack, code)
    billing.consumes(PointToPointQueue(stack, "Orders"))

    with refused("drain_rate=1", "two batches of 10 take 20 s", "30 s", "batch_size=7"):
        CircuitBreaker(stack, "Bank", drain_rate=1).guards(billing)


def test_fails_if_a_probe_outlasts_the_controller(stack: cdk.Stack, code: str) -> None:
    """The controller waits for the worker's answer, within Lambda's 15 minutes."""
    billing = worker(stack, code, timeout=cdk.Duration.minutes(15))
    billing.consumes(PointToPointQueue(stack, "Orders"))

    with refused("timeout of 900 s", "give 870 s or less"):
        CircuitBreaker(stack, "Bank").guards(billing)
