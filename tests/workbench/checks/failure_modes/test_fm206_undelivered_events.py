"""FM206: undelivered events are dropped."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm206_undelivered_events import undelivered_events
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, findings, ref, resource, said, unresolved


def subscribed(protocol: Any = "sqs", endpoint: Any = None, **subscription: Any) -> dict[str, Any]:
    """A topic with a subscription."""
    return t.template(
        Topic=resource("SNS::Topic"),
        Orders=resource("SQS::Queue"),
        Letters=resource("SQS::Queue"),
        Subscription=resource(
            "SNS::Subscription",
            TopicArn=ref("Topic"),
            Protocol=protocol,
            Endpoint=endpoint or arn("Orders"),
            **subscription,
        ),
    )


def ruled(target: Any = None, **rule: Any) -> dict[str, Any]:
    """A rule with a function as its target."""
    rule = rule or {"EventPattern": {"source": ["shop"]}}
    return t.template(
        Task=t.function(),
        Letters=resource("SQS::Queue"),
        Rule=resource(
            "Events::Rule", **rule, Targets=[{"Id": "0", "Arn": arn("Task"), **(target or {})}]
        ),
    )


FOUND = subscribed()
CLEAN = subscribed(RedrivePolicy={"deadLetterTargetArn": arn("Letters")})
UNKNOWN = subscribed(RedrivePolicy=t.UNKNOWN)


def test_finds_a_subscription_without_redrive_policy() -> None:
    """A message that a queue does not take from its topic is dropped."""
    found = finding(undelivered_events, FOUND)

    assert (found.node.name, found.property) == ("Subscription", "RedrivePolicy")
    assert "Orders does not take" in found.says


def test_is_content_with_a_dead_letter_queue_of_the_subscription() -> None:
    """A redrive policy is enough."""
    assert said(undelivered_events, CLEAN) == []


def test_says_nothing_of_unknown_values() -> None:
    """Redrive policies and protocols that are known only after the deployment are no finding."""
    assert unresolved(undelivered_events, UNKNOWN)
    assert unresolved(undelivered_events, subscribed(t.UNKNOWN))


@pytest.mark.parametrize("protocol", ["email", "email-json", "sms", "application"])
def test_leaves_out_people_and_devices(protocol: str) -> None:
    """People and devices come and go."""
    assert said(undelivered_events, subscribed(protocol, "someone@example.com")) == []


def test_finds_a_web_address() -> None:
    """A web hook is meant to be there."""
    assert findings(undelivered_events, subscribed("https", "https://example.com/hook"))


def test_finds_the_target_of_a_rule() -> None:
    """Each target of a rule has a dead-letter queue of its own."""
    found = finding(undelivered_events, ruled())

    assert (found.node.name, found.property) == ("Rule", "Targets.0.DeadLetterConfig.Arn")
    assert found.severity is None


def test_is_content_with_a_dead_letter_queue_of_the_target() -> None:
    """A dead-letter queue of the target is enough."""
    assert said(undelivered_events, ruled({"DeadLetterConfig": {"Arn": arn("Letters")}})) == []


@pytest.mark.parametrize(
    ("expression", "severity"),
    [
        ("rate(1 minute)", Severity.NOTE),
        ("rate(1 day)", Severity.NOTE),
        ("cron(0/15 * * * ? *)", Severity.NOTE),
        ("cron(0 3 1 * ? *)", None),
        ("rate(2 days)", None),
    ],
)
def test_notes_a_rule_that_fires_at_least_daily(expression: str, severity: Severity | None) -> None:
    """When EventBridge gives up after 24 hours, the next event has come."""
    scheduled = ruled(ScheduleExpression=expression)

    assert finding(undelivered_events, scheduled).severity is severity


def test_leaves_out_a_disabled_rule() -> None:
    """A rule that is off delivers nothing."""
    assert said(undelivered_events, ruled(State="DISABLED", ScheduleExpression="rate(1 day)")) == []


def test_warns_of_a_schedule_that_fires_once() -> None:
    """A reminder that is lost does not come again."""
    once = t.template(
        Task=t.function(),
        Role=t.allowing(("lambda:InvokeFunction", arn("Task"))),
        Reminder=resource(
            "Scheduler::Schedule",
            ScheduleExpression="at(2030-01-01T00:00:00)",
            Target={"Arn": arn("Task"), "RoleArn": arn("Role")},
        ),
    )

    found = finding(undelivered_events, once)

    assert (found.node.name, found.severity) == ("Reminder", None)


def test_notes_a_rule_that_only_logs() -> None:
    """A line is lost, no work."""
    logging = ruled({"Arn": {"Fn::Sub": "arn:aws:logs:eu-west-1:111122223333:log-group:${Log}"}})
    logging["Resources"]["Log"] = resource("Logs::LogGroup")

    assert finding(undelivered_events, logging).severity is Severity.NOTE


def test_leaves_pipes_to_the_checks_of_what_they_read() -> None:
    """What a pipe gives up of a stream is told there; a queue has a redrive policy."""
    piped = t.template(
        Orders=resource("SQS::Queue"),
        Source=resource("Kinesis::Stream", ShardCount=1),
        Role=t.allowing(("sqs:SendMessage", arn("Orders"))),
        Pipe=resource(
            "Pipes::Pipe",
            RoleArn=arn("Role"),
            Source=arn("Source"),
            SourceParameters={"KinesisStreamParameters": {"StartingPosition": "LATEST"}},
            Target=arn("Orders"),
        ),
    )

    assert said(undelivered_events, piped) == []
