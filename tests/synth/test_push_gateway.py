"""PushGateway: what is made of it, who may do what, what is in no template, what it refuses."""

import json
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import PushGateway
from tests.synth.exhibits import REASON
from tests.synth.refusal import refused
from tests.synth.template import Resource, Template

Templates = Callable[[str], Template]


def application(template: Template) -> Resource:
    """The custom resource."""
    (found,) = (r for r in template.resources.values() if r.type == "Custom::PlatformApplication")
    return found


def name_of(template: Template) -> str:
    """The application's name."""
    name: str = application(template)["Name"]
    return name


def resources_of(template: Template, role: Resource, action: str) -> str:
    """What a role may do one thing to, as JSON."""
    return json.dumps(
        [
            statement["Resource"]
            for statement in template.statements(role)
            if action in json.dumps(statement["Action"])
        ]
    )


def test_the_application_is_made_by_its_provider(template: Templates) -> None:
    """It is told what to make and where the credentials are, and answers within two minutes."""
    stack = template("Push")
    made = application(stack)

    assert stack.target(made["ServiceToken"]).path == "Phones/Provider/Resource"
    assert (made["Platform"], made["ServiceTimeout"]) == ("GCM", "120")
    assert made["Name"].startswith("Push-Phones-")
    assert f"app/GCM/{made['Name']}" in json.dumps(made["Arn"])


def test_credentials_are_in_no_template(template: Templates) -> None:
    """Of the secret the template has the name alone; nothing resolves it there."""
    stack = template("Push")
    text = json.dumps(stack.document)

    assert "{{resolve:secretsmanager" not in text
    assert "PlatformCredential" not in text
    assert "secret:firebase" in json.dumps(application(stack)["SecretArn"])


def test_a_version_of_the_credentials_is_told(template: Templates) -> None:
    """So that a rotation changes the resource; where none is given, there is none."""
    version = application(template("PushSwitchedOff"))["SecretVersion"]

    assert version == "11111111-2222-3333-4444-555555555555"
    assert application(template("Push")).get("SecretVersion") is None


@pytest.mark.parametrize("path", ["Sender", "Shop"])
def test_a_sender_may_push_and_nothing_else(template: Templates, path: str) -> None:
    """It makes and uses endpoints of this application, and keeps them in the table."""
    stack = template("Push")
    code = stack.one("Lambda::Function", path)
    role = stack.role(code)

    assert stack.target(code.environment["PHONES_APPLICATION_ARN"]) == application(stack)
    assert stack.target(code.environment["PHONES_TABLE_NAME"]).path == "Phones/Tokens/Resource"
    assert f':app/GCM/{name_of(stack)}"' in resources_of(stack, role, "sns:CreatePlatformEndpoint")
    assert f":endpoint/GCM/{name_of(stack)}/*" in resources_of(stack, role, "sns:Publish")
    assert "sns:DeleteEndpoint" not in json.dumps(stack.statements(role))
    allowed = stack.may(role)
    for action in ("dynamodb:GetItem", "dynamodb:PutItem"):
        assert allowed[action] == ["Phones/Tokens/Resource"]
    assert "dynamodb:Scan" not in allowed


def test_the_provider_may_change_its_application_alone(template: Templates) -> None:
    """It reads the one secret, and hands SNS the one role."""
    stack = template("Push")
    role = stack.role(stack.one("Lambda::Function", "Phones/Provider"))

    for action in ("sns:DeletePlatformApplication", "sns:SetPlatformApplicationAttributes"):
        assert f':app/GCM/{name_of(stack)}"' in resources_of(stack, role, action)
    assert ":app/*" in resources_of(stack, role, "sns:CreatePlatformApplication")
    assert "secret:firebase" in resources_of(stack, role, "secretsmanager:GetSecretValue")
    assert stack.may(role)["iam:PassRole"] == ["Phones/FailureRole/Resource"]


def test_what_sns_tells_reaches_who_retires_tokens(template: Templates) -> None:
    """Failures and changes of endpoints go to a topic, and from there to a bounded function."""
    stack = template("Push")
    told = application(stack)["Attributes"]
    topic = stack.one("SNS::Topic", "Phones/Events")
    for event in ("EventDeliveryFailure", "EventEndpointUpdated"):
        assert stack.target(told[event]) == topic
    subscription = stack.one("SNS::Subscription", "Phones")
    retirement = stack.target(subscription["Endpoint"])

    assert stack.target(subscription["TopicArn"]) == topic
    assert retirement["ReservedConcurrentExecutions"] == 2
    assert stack.target(retirement.environment["TOKENS_TABLE_NAME"]).path == (
        "Phones/Tokens/Resource"
    )
    assert stack.target(stack.one("Lambda::Permission", "Phones/Retirement")["SourceArn"]) == topic


def test_what_retires_tokens_loses_nothing_it_was_told(template: Templates) -> None:
    """What does not reach it, and what it fails at, lies in one queue that an alarm watches."""
    stack = template("Push")
    subscription = stack.one("SNS::Subscription", "Phones")
    queue = stack.target(subscription["RedrivePolicy"]["deadLetterTargetArn"])
    config = stack.one("Lambda::EventInvokeConfig", "Phones/Retirement")
    alarm = stack.one("CloudWatch::Alarm", "Phones/Retirement/InvocationsFailuresNotEmpty")

    assert stack.target(config["DestinationConfig"]["OnFailure"]["Destination"]) == queue
    assert stack.target(alarm["Dimensions"][0]["Value"]) == queue


def test_its_topic_takes_what_sns_tells_of_its_own_account(template: Templates) -> None:
    """A policy replaces the default one, so it has to let SNS in, and nobody without TLS."""
    stack = template("Push")
    (policy,) = stack.all("SNS::TopicPolicy", "Phones/Events")
    by_effect = {each["Effect"]: each for each in policy["PolicyDocument"]["Statement"]}

    assert by_effect["Allow"]["Principal"] == {"Service": "sns.amazonaws.com"}
    assert by_effect["Allow"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    assert by_effect["Deny"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_why_deliveries_fail_is_logged_for_a_month(template: Templates) -> None:
    """In the group that SNS would make itself, and keep for ever."""
    stack = template("Push")
    group = stack.one("Logs::LogGroup", "Phones/FailureLog")
    role = stack.target(application(stack)["Attributes"]["FailureFeedbackRoleArn"])

    assert group["RetentionInDays"] == 30
    assert f"/app/GCM/{name_of(stack)}/Failure" in json.dumps(group["LogGroupName"])
    assert stack.may(role)["logs:PutLogEvents"] == ["Phones/FailureLog/Resource"]


def test_many_failures_raise_an_alarm(template: Templates) -> None:
    """By the application's own metric: more a minute than tokens die."""
    stack = template("Push")
    alarm = stack.one("CloudWatch::Alarm", "Phones/Failed")

    assert (alarm["MetricName"], alarm["Threshold"]) == ("NumberOfNotificationsFailed", 100)
    assert {each["Name"]: each["Value"] for each in alarm["Dimensions"]} == {
        "Application": name_of(stack),
        "Platform": "GCM",
    }
    assert template("PushSwitchedOff").one("CloudWatch::Alarm", "Phones/Failed")["Threshold"] == 5


def test_what_is_switched_off_says_why(template: Templates) -> None:
    """No topic, no function, no log; the application says the reasons."""
    stack = template("PushSwitchedOff")
    made = application(stack)

    assert (made["Unfollowed"], made["Unlogged"]) == (REASON, REASON)
    assert made["Attributes"] == {}
    assert not stack.all("SNS::Subscription")
    assert not stack.all("Lambda::Function", "Phones/Retirement")
    assert not stack.all("Logs::LogGroup", "Phones/FailureLog")
    assert application(template("Push")).get("Unfollowed") is None


def test_fails_of_a_platform_that_sns_does_not_know() -> None:
    """Their names are SNS's own, not the vendors'."""
    stack = cdk.Stack()
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "firebase")

    with refused("FCM", "GCM", "APNS"):
        PushGateway(stack, "Phones", credentials=secret, platform="FCM")
    with refused("failures_alarm=-1", "0 or more", "100"):
        PushGateway(stack, "More", credentials=secret, failures_alarm=-1)
