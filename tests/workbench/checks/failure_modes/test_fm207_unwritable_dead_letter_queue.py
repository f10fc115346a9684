"""FM207: a dead-letter queue that cannot be written."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm207_unwritable_dead_letter_queue import (
    unwritable_dead_letter_queue,
)
from tests.workbench.checks import template as t
from tests.workbench.checks.template import (
    arn,
    finding,
    findings,
    policy_document,
    ref,
    resource,
    said,
    unresolved,
)

USE = ["kms:GenerateDataKey*", "kms:Decrypt"]
ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}


def topic_letters(policy: Any = None, **letters: Any) -> dict[str, Any]:
    """A subscription with a dead-letter queue, and a policy of that queue if one is given."""
    permitted = {"Queues": [ref("Letters")], "PolicyDocument": policy}
    return t.template(
        Topic=resource("SNS::Topic"),
        Orders=resource("SQS::Queue"),
        Subscription=resource(
            "SNS::Subscription",
            TopicArn=ref("Topic"),
            Protocol="sqs",
            Endpoint=arn("Orders"),
            RedrivePolicy={"deadLetterTargetArn": arn("Letters")},
        ),
        Letters=resource("SQS::Queue", **letters),
        **({"Policy": resource("SQS::QueuePolicy", **permitted)} if policy else {}),
    )


def for_source(logical_id: str) -> dict[str, Any]:
    """A condition that the message comes from a topic or a rule."""
    return {"Condition": {"ArnEquals": {"aws:SourceArn": ref(logical_id)}}}


def rule_letters(service: str = "events.amazonaws.com", source: str = "Rule") -> dict[str, Any]:
    """A rule with a dead-letter queue whose policy lets a service in for a rule."""
    return t.template(
        Task=t.function(),
        Letters=resource("SQS::Queue"),
        Rule=resource(
            "Events::Rule",
            EventPattern={"source": ["shop"]},
            Targets=[{"Id": "0", "Arn": arn("Task"), "DeadLetterConfig": {"Arn": arn("Letters")}}],
        ),
        Other=resource("Events::Rule", EventPattern={"source": ["else"]}, Targets=[]),
        Policy=resource(
            "SQS::QueuePolicy",
            Queues=[ref("Letters")],
            PolicyDocument=policy_document(
                service,
                "sqs:SendMessage",
                Condition={"ArnEquals": {"aws:SourceArn": arn(source)}},
            ),
        ),
    )


ALLOWED = policy_document("sns.amazonaws.com", "sqs:SendMessage", **for_source("Topic"))
FOUND = topic_letters()
CLEAN = topic_letters(ALLOWED)
UNKNOWN = topic_letters(t.UNKNOWN)


def test_finds_a_dead_letter_queue_without_policy() -> None:
    """Without a policy the topic cannot write its dead letters."""
    found = finding(unwritable_dead_letter_queue, FOUND)

    assert found.node.name == "Letters"
    assert "lets sns.amazonaws.com send to it for Subscription" in found.says


def test_is_content_with_a_policy_for_the_topic() -> None:
    """A statement for the service and its topic is enough."""
    assert said(unwritable_dead_letter_queue, CLEAN) == []


def test_says_nothing_of_an_unknown_policy() -> None:
    """A policy that is known only after the deployment is no finding."""
    assert unresolved(unwritable_dead_letter_queue, UNKNOWN)


@pytest.mark.parametrize(
    "statement",
    [
        policy_document("sns.amazonaws.com", "SQS:SendMessage"),
        policy_document(["s3.amazonaws.com", "sns.amazonaws.com"], ["sqs:Send*"]),
        policy_document({"Fn::Sub": "sns.${AWS::URLSuffix}"}, "sqs:*"),
        {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}},
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}]},
    ],
)
def test_reads_the_ways_to_write_a_statement(statement: dict[str, Any]) -> None:
    """Lists, wildcards, case and everybody are read as IAM reads them."""
    assert said(unwritable_dead_letter_queue, topic_letters(statement)) == []


@pytest.mark.parametrize(
    "statement",
    [
        policy_document("events.amazonaws.com", "sqs:SendMessage"),
        policy_document("sns.amazonaws.com", "sqs:ReceiveMessage"),
        policy_document("sns.amazonaws.com", "sqs:SendMessage", **for_source("Orders")),
        {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}]},
        {"Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "sqs:*"}]},
    ],
)
def test_finds_policies_that_let_others_in(statement: dict[str, Any]) -> None:
    """Another service, action or source is no permission; nor is the account's."""
    assert findings(unwritable_dead_letter_queue, topic_letters(statement))


def test_judges_rules_like_topics() -> None:
    """EventBridge needs its own permission, for that rule."""
    assert said(unwritable_dead_letter_queue, rule_letters()) == []
    assert findings(unwritable_dead_letter_queue, rule_letters("sns.amazonaws.com"))
    assert findings(unwritable_dead_letter_queue, rule_letters(source="Other"))


def test_finds_the_key_that_aws_manages() -> None:
    """No policy can let a service use `alias/aws/sqs`."""
    found = finding(
        unwritable_dead_letter_queue, topic_letters(ALLOWED, KmsMasterKeyId="alias/aws/sqs")
    )

    assert found.property == "KmsMasterKeyId"


@pytest.mark.parametrize(
    ("key_policy", "found"),
    [
        (policy_document("sns.amazonaws.com", USE), 0),
        (policy_document("sns.amazonaws.com", "kms:Decrypt"), 1),
        ({"Statement": [{"Effect": "Allow", "Principal": ROOT, "Action": "kms:*"}]}, 1),
    ],
)
def test_judges_a_key_by_its_policy(key_policy: dict[str, Any], found: int) -> None:
    """The service must be allowed to make and to decrypt data keys, also behind an alias."""
    key = {
        "Key": resource("KMS::Key", KeyPolicy=key_policy),
        "Alias": resource("KMS::Alias", AliasName="alias/letters", TargetKeyId=arn("Key")),
    }
    for given in (arn("Key"), ref("Alias")):
        judged = topic_letters(ALLOWED, KmsMasterKeyId=given)
        judged["Resources"] |= key

        assert len(findings(unwritable_dead_letter_queue, judged)) == found


def test_says_nothing_of_a_key_from_elsewhere() -> None:
    """The policy of a key that is not in the assembly may well be right."""
    given = "arn:aws:kms:eu-west-1:111122223333:key/1234"

    assert said(unwritable_dead_letter_queue, topic_letters(ALLOWED, KmsMasterKeyId=given)) == []


def test_leaves_out_the_redrive_of_a_queue() -> None:
    """SQS moves messages itself."""
    redriven = t.template(
        Orders=resource(
            "SQS::Queue",
            RedrivePolicy={"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": 5},
        ),
        Letters=resource("SQS::Queue", KmsMasterKeyId="alias/aws/sqs"),
    )

    assert said(unwritable_dead_letter_queue, redriven) == []
