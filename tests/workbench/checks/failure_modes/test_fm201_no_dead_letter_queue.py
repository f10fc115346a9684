"""FM201: a consumed queue without dead-letter queue."""

from __future__ import annotations

from typing import Any

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm201_no_dead_letter_queue import no_dead_letter_queue
from tests.workbench.checks import template as t
from tests.workbench.checks.template import allowing, arn, finding, mapping, resource, said

FOUND = t.template(
    Orders=resource("SQS::Queue"),
    Worker=t.function(),
    FromOrders=mapping(arn("Orders"), arn("Worker")),
)
CLEAN = t.template(
    Orders=resource(
        "SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": 5}
    ),
    Letters=resource("SQS::Queue"),
    Worker=t.function(),
    FromOrders=mapping(arn("Orders"), arn("Worker")),
)
UNKNOWN = t.template(
    Orders=resource("SQS::Queue", RedrivePolicy=t.UNKNOWN),
    Worker=t.function(),
    FromOrders=mapping(arn("Orders"), arn("Worker")),
)


def test_finds_a_polled_queue_without_redrive_policy() -> None:
    """A queue that a function polls and that redrives nowhere is an error, naming the consumer."""
    found = finding(no_dead_letter_queue, FOUND)

    assert (found.node.name, found.severity) == ("Orders", Severity.ERROR)
    assert "consumed by Worker" in found.says


def test_is_content_with_a_dead_letter_queue() -> None:
    """A redrive policy is enough."""
    assert said(no_dead_letter_queue, CLEAN) == []


def test_says_nothing_of_an_unknown_redrive_policy() -> None:
    """A policy that is known only after the deployment is no finding."""
    assert t.findings(no_dead_letter_queue, UNKNOWN) == []


def test_leaves_out_a_dead_letter_queue_that_is_redriven() -> None:
    """A consumer of a dead-letter queue needs no second one."""
    redriven = t.template(
        **CLEAN["Resources"],
        Redrive=t.function(),
        FromLetters=mapping(arn("Letters"), arn("Redrive")),
    )

    assert said(no_dead_letter_queue, redriven) == []


def test_leaves_out_an_on_failure_destination_that_is_consumed() -> None:
    """The queue that takes a function's failures needs no dead-letter queue either."""
    consumed = t.template(
        Failures=resource("SQS::Queue"),
        Task=t.function(),
        Config=resource(
            "Lambda::EventInvokeConfig",
            FunctionName=t.ref("Task"),
            Qualifier="$LATEST",
            DestinationConfig={"OnFailure": {"Destination": arn("Failures")}},
        ),
        Repair=t.function(),
        FromFailures=mapping(arn("Failures"), arn("Repair")),
    )

    assert said(no_dead_letter_queue, consumed) == []


def test_leaves_out_a_queue_that_nobody_here_consumes() -> None:
    """What is consumed elsewhere, or by hand, is not judged."""
    assert said(no_dead_letter_queue, t.template(Orders=resource("SQS::Queue"))) == []


def allowed_to_receive(**compute: Any) -> dict[str, Any]:
    """A queue that something may receive from, but that no mapping polls."""
    return t.template(
        Orders=resource("SQS::Queue"),
        Role=allowing(("sqs:ReceiveMessage", arn("Orders"))),
        **compute,
    )


def test_warns_of_a_queue_that_a_container_may_receive_from() -> None:
    """A consumer known by its permission alone may delete what it cannot process: a warning."""
    task = resource("ECS::TaskDefinition", TaskRoleArn=arn("Role"), ContainerDefinitions=[])

    found = finding(no_dead_letter_queue, allowed_to_receive(Task=task))

    assert found.severity is Severity.WARNING


def test_leaves_out_a_function_that_may_receive_but_has_no_mapping() -> None:
    """Functions hardly ever poll by themselves."""
    function = t.function(Role=arn("Role"))

    assert said(no_dead_letter_queue, allowed_to_receive(Function=function)) == []


def test_says_a_queue_with_two_consumers_once() -> None:
    """A queue is found once, with all that consume it."""
    shared = t.template(
        **FOUND["Resources"], Other=t.function(), Second=mapping(arn("Orders"), arn("Other"))
    )

    found = finding(no_dead_letter_queue, shared)

    assert [each.name for each in found.related] == ["Worker", "Other"]


def test_names_the_pipe_that_reads_a_queue() -> None:
    """A pipe reads for its target, which may be a bus."""
    piped = t.template(
        Orders=resource("SQS::Queue"),
        Bus=resource("Events::EventBus", Name="orders"),
        Role=resource("IAM::Role"),
        Pipe=resource("Pipes::Pipe", RoleArn=arn("Role"), Source=arn("Orders"), Target=arn("Bus")),
    )

    assert "consumed by Pipe" in finding(no_dead_letter_queue, piped).says
