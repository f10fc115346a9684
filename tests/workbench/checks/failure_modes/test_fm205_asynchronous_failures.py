"""FM205: asynchronous failures vanish."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm205_asynchronous_failures import asynchronous_failures
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, ref, resource, said, unresolved

EVENT = {"EventPattern": {"source": ["shop"]}}


def ruled(
    function: Any = None, target: Any = None, rule: Any = None, **more: Any
) -> dict[str, Any]:
    """A rule that invokes a function."""
    return t.template(
        Rule=resource(
            "Events::Rule", **(rule or EVENT), Targets=[{"Id": "0", "Arn": target or arn("Task")}]
        ),
        Task=function or t.function(),
        **more,
    )


def failing_to(destination: Any, qualifier: Any = "$LATEST") -> dict[str, Any]:
    """A configuration that sends failures of the function somewhere."""
    return resource(
        "Lambda::EventInvokeConfig",
        FunctionName=ref("Task"),
        Qualifier=qualifier,
        DestinationConfig={"OnFailure": {"Destination": destination}},
    )


ALIASED = {
    "Failures": resource("SQS::Queue"),
    "Version": resource("Lambda::Version", FunctionName=ref("Task")),
    "Live": resource(
        "Lambda::Alias",
        FunctionName=ref("Task"),
        FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
        Name="live",
    ),
}
FOUND = ruled()
CLEAN = ruled(Failures=resource("SQS::Queue"), Config=failing_to(arn("Failures")))
UNKNOWN = ruled(t.function(DeadLetterConfig={"TargetArn": t.UNKNOWN}))


def test_finds_a_function_whose_failures_go_nowhere() -> None:
    """An event that a rule sends to a function is lost after three failures."""
    found = finding(asynchronous_failures, FOUND)

    assert (found.node.name, found.severity) == ("Task", None)
    assert "Task is invoked asynchronously by" in found.says


def test_is_content_with_an_on_failure_destination() -> None:
    """A destination for failures is enough."""
    assert said(asynchronous_failures, CLEAN) == []


def test_is_content_with_a_dead_letter_queue_of_the_function() -> None:
    """The function's own dead-letter queue does too, also for an alias."""
    letters = t.function(DeadLetterConfig={"TargetArn": arn("Failures")})

    assert said(asynchronous_failures, ruled(letters, target=ref("Live"), **ALIASED)) == []


def test_says_nothing_of_an_unknown_dead_letter_queue() -> None:
    """What may take failures after the deployment is no finding."""
    assert t.findings(asynchronous_failures, UNKNOWN) == []


def test_says_nothing_of_an_unknown_destination() -> None:
    """Nor is a destination that is known only after the deployment."""
    assert t.findings(asynchronous_failures, ruled(Config=failing_to(t.UNKNOWN))) == []


def test_finds_a_destination_that_is_set_for_another_qualifier() -> None:
    """A destination of $LATEST takes no failures of an alias, and the finding says so."""
    wrong = ruled(target=ref("Live"), Config=failing_to(arn("Failures")), **ALIASED)

    found = finding(asynchronous_failures, wrong)

    assert "alias or version Live" in found.says
    assert "set for $LATEST" in found.says


def test_is_content_with_a_destination_of_the_alias() -> None:
    """A destination of the alias that is invoked is enough."""
    right = ruled(target=ref("Live"), Config=failing_to(arn("Failures"), "live"), **ALIASED)

    assert said(asynchronous_failures, right) == []


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("rate(5 minutes)", Severity.NOTE),
        ("cron(0 3 * * ? *)", Severity.NOTE),
        ("cron(0 3 ? * MON-FRI *)", Severity.WARNING),
        ("rate(7 days)", Severity.WARNING),
    ],
)
def test_judges_a_schedule_by_how_soon_it_fires_again(expression: str, severity: Severity) -> None:
    """A scheduled event holds no data; if the next one comes within a day it is a note."""
    scheduled = ruled(rule={"ScheduleExpression": expression})

    assert finding(asynchronous_failures, scheduled).severity is severity


def test_a_schedule_beside_a_real_source_does_not_soften_it() -> None:
    """Events with data are lost whatever else invokes the function."""
    both = t.template(
        **FOUND["Resources"],
        Timer=resource(
            "Events::Rule",
            ScheduleExpression="rate(5 minutes)",
            Targets=[{"Id": "0", "Arn": arn("Task")}],
        ),
    )

    assert finding(asynchronous_failures, both).severity is None


def test_finds_a_topics_subscriber_and_a_buckets_once() -> None:
    """All that invoke a function are named in one finding."""
    several = t.template(
        Topic=resource("SNS::Topic"),
        Subscription=resource(
            "SNS::Subscription", TopicArn=ref("Topic"), Protocol="lambda", Endpoint=arn("Task")
        ),
        Bucket=resource(
            "S3::Bucket",
            NotificationConfiguration={
                "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": arn("Task")}]
            },
        ),
        Task=t.function(),
    )

    assert {each.name for each in finding(asynchronous_failures, several).related} == {
        "Bucket",
        "Topic",
    }


def test_leaves_out_a_function_that_only_a_queue_or_an_api_invokes() -> None:
    """Those tell the caller, or keep the message."""
    polled = t.template(
        Orders=resource("SQS::Queue"),
        Task=t.function(),
        FromOrders=t.mapping(arn("Orders"), arn("Task")),
    )

    assert said(asynchronous_failures, polled) == []


def test_leaves_out_the_provider_of_a_custom_resource() -> None:
    """CloudFormation waits for the answer of the functions behind custom resources."""
    provider = t.template(
        Task=t.function(),
        Custom={"Type": "Custom::Thing", "Properties": {"ServiceToken": arn("Task")}},
    )

    assert said(asynchronous_failures, provider) == []
    assert unresolved(asynchronous_failures, provider) == []
