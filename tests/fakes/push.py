"""Mobile push in memory: applications, endpoints, what is published to them, and refusals."""

from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.aws import FakeAws

ACCOUNT = "arn:aws:sns:ap-northeast-1:123456789012"


class FakePush(FakeAws):
    """The calls of SNS that mobile push takes, beside those that every handler makes."""

    def __init__(self) -> None:
        super().__init__()
        self.applications: dict[str, dict[str, str]] = {}
        self.endpoints: dict[str, dict[str, str]] = {}
        self.pushed: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.versions: list[str | None] = []

    def get_secret_value(self, *, SecretId: str, VersionId: str | None = None) -> dict[str, Any]:
        self.versions.append(VersionId)
        return super().get_secret_value(SecretId=SecretId)

    def create_platform_application(
        self, *, Name: str, Platform: str, Attributes: dict[str, str]
    ) -> dict[str, Any]:
        self._may_fail("create_platform_application")
        arn = f"{ACCOUNT}:app/{Platform}/{Name}"
        if self.applications.get(arn, Attributes) != Attributes:
            raise refusal("InvalidParameter", "it already exists with other attributes")
        self.applications[arn] = Attributes
        return {"PlatformApplicationArn": arn}

    def set_platform_application_attributes(
        self, *, PlatformApplicationArn: str, Attributes: dict[str, str]
    ) -> dict[str, Any]:
        if PlatformApplicationArn not in self.applications:
            raise refusal("NotFound", "no such application")
        self.applications[PlatformApplicationArn] |= Attributes
        return {}

    def delete_platform_application(self, *, PlatformApplicationArn: str) -> dict[str, Any]:
        self.applications.pop(PlatformApplicationArn, None)
        return {}

    def create_platform_endpoint(
        self, *, PlatformApplicationArn: str, Token: str
    ) -> dict[str, Any]:
        self._may_fail("create_platform_endpoint")
        self.asked.append(Token)
        arn = f"{PlatformApplicationArn.replace(':app/', ':endpoint/')}/{Token}"
        self.endpoints.setdefault(arn, {"Token": Token, "Enabled": "true"})
        return {"EndpointArn": arn}

    def get_endpoint_attributes(self, *, EndpointArn: str) -> dict[str, Any]:
        self._may_fail("get_endpoint_attributes")
        if EndpointArn not in self.endpoints:
            raise refusal("NotFound", "no such endpoint")
        return {"Attributes": self.endpoints[EndpointArn]}

    def publish(self, **request: Any) -> dict[str, Any]:
        self._may_fail("publish")
        endpoint = self.endpoints.get(request["TargetArn"])
        if endpoint is None:
            raise refusal("InvalidParameter", "TargetArn Reason: No endpoint found for the target")
        if endpoint["Enabled"] != "true":
            raise refusal("EndpointDisabled", "Endpoint is disabled")
        self.pushed.append(request)
        return {"MessageId": "1"}


def refusal(code: str, message: str) -> ClientError:
    """Make the SDK's error for what SNS refuses."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Push")
