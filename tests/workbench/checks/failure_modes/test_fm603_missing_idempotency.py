"""FM603: delivered at least once, and nothing to notice repetition."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm603_missing_idempotency import missing_idempotency
from tests.workbench.checks import template as t
from tests.workbench.checks.template import (
    allowing,
    arn,
    finding,
    findings,
    mapping,
    ref,
    resource,
    said,
)

WRITE = ["dynamodb:PutItem", "dynamodb:UpdateItem"]


def working(*statements: tuple[str | list[str], Any], **more: Any) -> dict[str, Any]:
    """A queue's consumer whose role allows something."""
    return t.template(
        Orders=resource("SQS::Queue"),
        FromOrders=mapping(arn("Orders"), arn("Worker")),
        Worker=t.function(Role=arn("Role")),
        Role=allowing(*statements),
        **more,
    )


def table(**properties: Any) -> dict[str, Any]:
    """A table."""
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    return resource("DynamoDB::Table", KeySchema=key, **properties)


def with_ttl(enabled: Any = True) -> dict[str, Any]:
    """A table whose items expire."""
    return table(TimeToLiveSpecification={"AttributeName": "expires", "Enabled": enabled})


PUBLISHED = ("sns:Publish", ref("Shipped"))
TOLD = {
    "Shipped": resource("SNS::Topic"),
    "ToCustomer": resource(
        "SNS::Subscription",
        TopicArn=ref("Shipped"),
        Protocol="email",
        Endpoint="customer@example.com",
    ),
}
FOUND = working(PUBLISHED, **TOLD)
CLEAN = working(PUBLISHED, (WRITE, arn("Done")), **TOLD, Done=with_ttl())
UNKNOWN = working(PUBLISHED, (WRITE, arn("Done")), **TOLD, Done=with_ttl(t.UNKNOWN))


def test_finds_an_email_that_may_be_sent_twice() -> None:
    """What a consumer told a customer cannot be taken back."""
    found = finding(missing_idempotency, FOUND)

    assert found.node.name == "Worker"
    assert "Orders may deliver a message twice, and what it does to Shipped" in found.says


def test_is_content_with_a_table_that_forgets() -> None:
    """A table with a time to live can hold what was done."""
    assert said(missing_idempotency, CLEAN) == []


def test_says_nothing_of_an_unknown_time_to_live() -> None:
    """Whether it forgets is known only after the deployment."""
    assert t.unresolved(missing_idempotency, UNKNOWN)


def test_finds_two_tables_and_a_workflow() -> None:
    """Two tables are not guarded by one condition, and a workflow by none."""
    two = working((WRITE, [arn("One"), arn("Two")]), One=table(), Two=table())
    workflow = working(
        ("states:StartExecution", ref("Shipping")),
        Shipping=resource(
            "StepFunctions::StateMachine",
            RoleArn=arn("Role"),
            Definition={"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}},
        ),
    )

    assert findings(missing_idempotency, two)
    assert findings(missing_idempotency, workflow)


@pytest.mark.parametrize(
    ("statement", "more"),
    [
        ((WRITE, arn("One")), {"One": table()}),
        (("s3:PutObject", {"Fn::Sub": "${Files.Arn}/*"}), {"Files": resource("S3::Bucket")}),
        (("sqs:SendMessage", arn("Next")), {"Next": resource("SQS::Queue")}),
        (PUBLISHED, {"Shipped": resource("SNS::Topic")}),
    ],
    ids=["one table", "a bucket", "a queue", "a topic that nobody here hears"],
)
def test_leaves_out_what_may_well_be_repeated(
    statement: tuple[str | list[str], Any], more: dict[str, Any]
) -> None:
    """One table can guard itself, objects are replaced, and consumers of channels must cope."""
    assert said(missing_idempotency, working(statement, **more)) == []


def test_leaves_out_a_topic_that_alarms_use() -> None:
    """A warning that comes twice does no harm."""
    alarmed = working(
        PUBLISHED,
        **TOLD,
        Late=resource(
            "CloudWatch::Alarm",
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Orders", "QueueName"]}}],
            AlarmActions=[ref("Shipped")],
        ),
    )

    assert said(missing_idempotency, alarmed) == []


def test_leaves_out_the_consumer_of_a_dead_letter_queue() -> None:
    """What repairs or redrives is run by hand."""
    redriven = working(PUBLISHED, **TOLD)
    redriven["Resources"]["Source"] = resource(
        "SQS::Queue", RedrivePolicy={"deadLetterTargetArn": arn("Orders"), "maxReceiveCount": 5}
    )

    assert said(missing_idempotency, redriven) == []


def test_leaves_out_a_scheduled_function() -> None:
    """A schedule's event is no message that could be recognized."""
    scheduled = t.template(
        Rule=resource(
            "Events::Rule",
            ScheduleExpression="rate(1 day)",
            Targets=[{"Id": "0", "Arn": arn("Worker")}],
        ),
        Worker=t.function(Role=arn("Role")),
        Role=allowing(PUBLISHED),
        **TOLD,
    )

    assert said(missing_idempotency, scheduled) == []


def test_looks_into_what_it_invokes() -> None:
    """The function that does the work may be the one that remembers."""
    invoked = working(
        ("lambda:InvokeFunction", arn("Shipping")),
        Shipping=t.function(Role=arn("Other")),
        Other=allowing((WRITE, arn("Done"))),
        Done=with_ttl(),
    )

    assert said(missing_idempotency, invoked) == []
