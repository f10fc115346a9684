"""The custom resource behind a platform application: made, changed, deleted, each of them twice."""

import json
from typing import Any

import pytest

from pattern_runtime import aws, push_application
from tests.fakes.http_peer import HttpPeer
from tests.fakes.push import ACCOUNT, FakePush

ARN = f"{ACCOUNT}:app/GCM/phones"
KEY = '{"type": "service_account", "private_key": "s3cr3t"}'
PROPERTIES = {
    "Name": "phones",
    "Platform": "GCM",
    "Arn": ARN,
    "SecretArn": "arn:secret",
    "Attributes": {"EventDeliveryFailure": "arn:topic"},
}


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> FakePush:
    """Mobile push in memory, and a secret with a key file."""
    fake = FakePush()
    fake.secrets["arn:secret"] = KEY
    monkeypatch.setattr(aws, "client", fake.client)
    return fake


def answered(kind: str, *, status: int = 200, **more: Any) -> dict[str, Any]:
    """What CloudFormation is told of a request."""
    with HttpPeer(status=status) as cloudformation:
        request = {
            "RequestType": kind,
            "ResponseURL": f"{cloudformation.url}/answer?signature=1",
            "StackId": "arn:stack",
            "RequestId": "request-1",
            "LogicalResourceId": "Application",
            "ResourceProperties": PROPERTIES,
            **more,
        }
        push_application.handler(request, None)  # type: ignore[arg-type]  # it is not looked at
        (received,) = cloudformation.received
    assert not received.headers["Content-Type"]
    told: dict[str, Any] = json.loads(received.body)
    return told


def test_it_is_made_with_the_credentials_of_the_secret(sns: FakePush) -> None:
    """Its ARN is its id, and CloudFormation gets its own words back."""
    told = answered("Create")

    assert told == {
        "Status": "SUCCESS",
        "PhysicalResourceId": ARN,
        "Data": {"Arn": ARN},
        "StackId": "arn:stack",
        "RequestId": "request-1",
        "LogicalResourceId": "Application",
    }
    assert sns.applications[ARN] == {
        "EventDeliveryFailure": "arn:topic",
        "PlatformCredential": KEY,
    }


def test_a_request_that_comes_again_makes_no_other(sns: FakePush) -> None:
    """Not even if the credentials are others by now: then it has those."""
    answered("Create")
    sns.secrets["arn:secret"] = "rotated"

    assert answered("Create")["PhysicalResourceId"] == ARN
    assert list(sns.applications) == [ARN]
    assert sns.applications[ARN]["PlatformCredential"] == "rotated"


def test_an_attribute_that_is_no_longer_said_is_emptied(sns: FakePush) -> None:
    """A change keeps the application, and says each attribute anew."""
    answered("Create")
    properties = {**PROPERTIES, "Attributes": {"FailureFeedbackRoleArn": "arn:role"}}

    told = answered(
        "Update",
        PhysicalResourceId=ARN,
        ResourceProperties=properties,
        OldResourceProperties=PROPERTIES,
    )

    assert told["PhysicalResourceId"] == ARN
    assert sns.applications[ARN]["EventDeliveryFailure"] == ""
    assert sns.applications[ARN]["FailureFeedbackRoleArn"] == "arn:role"


def test_another_name_is_another_application(sns: FakePush) -> None:
    """CloudFormation sees another id, and deletes the old one afterwards."""
    answered("Create")
    other = ARN.replace("phones", "tablets")
    told = answered(
        "Update",
        PhysicalResourceId=ARN,
        ResourceProperties={**PROPERTIES, "Name": "tablets", "Arn": other},
        OldResourceProperties=PROPERTIES,
    )

    assert told["PhysicalResourceId"] == other
    assert set(sns.applications) == {ARN, other}


def test_it_is_deleted_however_often(sns: FakePush) -> None:
    """The second time it is gone, and so it is what was never made."""
    answered("Create")

    for physical in (ARN, ARN, push_application.NEVER_MADE):
        assert answered("Delete", PhysicalResourceId=physical)["Status"] == "SUCCESS"
    assert sns.applications == {}


def test_deleting_needs_no_secret(sns: FakePush) -> None:
    """A stack goes even if somebody has deleted the secret before."""
    answered("Create")
    sns.secrets.clear()

    assert answered("Delete", PhysicalResourceId=ARN)["Status"] == "SUCCESS"


def test_a_version_of_the_secret_is_the_one_asked_for(sns: FakePush) -> None:
    """None asks for the newest."""
    answered("Create", ResourceProperties={**PROPERTIES, "SecretVersion": "version-2"})
    answered("Create")

    assert sns.versions == ["version-2", None]


@pytest.mark.parametrize(
    ("secret", "platform"), [("s3cr3t", "APNS"), ('{"key": "s3cr3t"}', "APNS"), ("", "GCM")]
)
def test_fails_for_want_of_credentials_and_tells_none(
    sns: FakePush, secret: str, platform: str
) -> None:
    """The stack's events say what the secret should hold, and not what it does."""
    sns.secrets["arn:secret"] = secret
    told = answered("Create", ResourceProperties={**PROPERTIES, "Platform": platform})

    assert told["Status"] == "FAILED"
    assert told["PhysicalResourceId"] == push_application.NEVER_MADE
    assert "arn:secret" in told["Reason"]
    assert "PlatformCredential" in told["Reason"]
    assert "s3cr3t" not in told["Reason"]


def test_apples_credentials_are_attributes(sns: FakePush) -> None:
    """Each field of the secret is one."""
    fields = {"PlatformCredential": "key", "PlatformPrincipal": "id"}
    sns.secrets["arn:secret"] = json.dumps(fields)
    answered("Create", ResourceProperties={**PROPERTIES, "Platform": "APNS", "Attributes": {}})

    assert list(sns.applications.values()) == [fields]


def test_what_sns_refuses_is_told(sns: FakePush) -> None:
    """So that a deployment ends with a reason, and not after an hour without one."""
    sns.throttle("create_platform_application")
    told = answered("Create")

    assert told["Status"] == "FAILED"
    assert told["Reason"].startswith("ClientError: ")


def test_a_failed_change_keeps_the_id(sns: FakePush) -> None:
    """Another one would make CloudFormation delete what is there."""
    told = answered("Update", PhysicalResourceId=ARN, OldResourceProperties=PROPERTIES)

    assert (told["Status"], told["PhysicalResourceId"]) == ("FAILED", ARN)


def test_fails_if_cloudformation_cannot_be_told(sns: FakePush) -> None:
    """Lambda then invokes it again, which does no harm."""
    with pytest.raises(OSError, match="403"):
        answered("Create", status=403)

    assert answered("Create")["PhysicalResourceId"] == ARN
