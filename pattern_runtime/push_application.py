"""The custom resource behind a platform application, which CloudFormation does not know.

Its credentials are read from Secrets Manager when it is made or changed: they are in no template,
no property and no log. Each request may come twice, so each is done so that twice is once.

Protocol: docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/
template-custom-resources.html.
"""

import json
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from pattern_runtime import aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The id of what was never made: CloudFormation asks to delete it all the same.
NEVER_MADE = "never-made"
_ANSWER_SECONDS = 10
_CREDENTIAL = "PlatformCredential"

logger = Logger()


class CredentialsError(ValueError):
    """A secret that holds no credentials; says what it should hold, and nothing of what it does."""


def handler(request: dict[str, Any], context: "LambdaContext") -> None:  # noqa: ARG001 - Lambda's
    """Do what CloudFormation asks, and tell it what came of it, an error too.

    Raises:
        OSError: CloudFormation could not be told; Lambda invokes it again.
    """
    physical = request.get("PhysicalResourceId") or NEVER_MADE
    try:
        if request["RequestType"] == "Delete":
            _delete(physical)
        else:
            physical = _bring_about(request)
        answer = {"Status": "SUCCESS", "Data": {"Arn": physical}}
    except Exception as error:
        logger.exception("not done")
        answer = {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"}
    _tell(request, {"PhysicalResourceId": physical, **answer})


def _bring_about(request: Mapping[str, Any]) -> str:
    """Create the application, or bring it to what its properties say; return its ARN.

    Of another name or platform it is another application: CloudFormation then deletes the old one.
    """
    properties = request["ResourceProperties"]
    attributes = {
        # What is no longer said would stay.
        **dict.fromkeys(request.get("OldResourceProperties", {}).get("Attributes", {}), ""),
        **properties.get("Attributes", {}),
        **_credentials(properties),
    }
    before = request.get("OldResourceProperties")
    named = [properties["Name"], properties["Platform"]]
    if before is not None and [before["Name"], before["Platform"]] == named:
        arn = str(request["PhysicalResourceId"])
        _set(arn, attributes)
        return arn
    made = {name: value for name, value in attributes.items() if value}
    sns = aws.client("sns")
    try:
        return sns.create_platform_application(
            Name=properties["Name"], Platform=properties["Platform"], Attributes=made
        )["PlatformApplicationArn"]
    except ClientError as error:
        # An earlier attempt at this request made it, with other credentials.
        if "already exists" not in str(error):
            raise
        arn = properties["Arn"]
        _set(arn, made)
        return str(arn)


def _set(arn: str, attributes: Mapping[str, str]) -> None:
    aws.client("sns").set_platform_application_attributes(
        PlatformApplicationArn=arn, Attributes=attributes
    )


def _delete(physical: str) -> None:
    if physical.startswith("arn:"):
        # Of one that is gone, SNS says that it deleted it.
        aws.client("sns").delete_platform_application(PlatformApplicationArn=physical)


def _credentials(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes that a secret holds.

    Raises:
        CredentialsError: It holds none.
    """
    secret = properties["SecretArn"]
    version = properties.get("SecretVersion")
    text = aws.client("secretsmanager").get_secret_value(
        SecretId=secret, **({"VersionId": version} if version else {})
    )["SecretString"]
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get(_CREDENTIAL), str):
        return {name: str(value) for name, value in found.items()}
    # The key file of a service account of Firebase is JSON too, and as a whole the credential.
    if properties["Platform"] == "GCM" and text:
        return {_CREDENTIAL: text}
    raise CredentialsError(
        f"the secret {secret} has to hold a JSON object with {_CREDENTIAL}, and what else SNS asks "
        f"for of {properties['Platform']}, e.g. PlatformPrincipal"
    )


def _tell(request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    body = json.dumps(
        {name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
        | dict(answer)
    )
    # The address is signed without a content type, so none may be sent.
    put = urllib.request.Request(  # noqa: S310 - CloudFormation's own address
        request["ResponseURL"],
        data=body.encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    with urllib.request.urlopen(put, timeout=_ANSWER_SECONDS):  # noqa: S310 - as above
        pass
