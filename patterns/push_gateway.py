"""Messages to phones: SNS mobile push, with what CloudFormation does not know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from patterns._acknowledgements import (
    APPLICATION_TO_BE,
    AWS_KEY_OF_LOGS,
    AWS_KEY_OF_TABLE,
    BOUNDED_WRITER,
    ENDPOINTS_OF_ONE_APPLICATION,
    EVENTS_OF_AN_APPLICATION,
    KNOWN_BY_TOKENS,
    Situation,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_seconds, minutes, service, stack_of
from patterns._defaults import LOG_RETENTION
from patterns._flows import environment_name
from patterns._function import MEMORY_MB, function
from patterns._off import Off
from patterns.lambda_worker import LambdaWorker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_secretsmanager as secretsmanager

    from patterns._flows import Sender

# docs.aws.amazon.com/sns/latest/api/API_CreatePlatformApplication.html; those that SNS still takes.
_PLATFORMS = ("ADM", "APNS", "APNS_SANDBOX", "GCM")
# Every message to a token that has died since is one of them, so some are usual.
_FAILURES_A_MINUTE = 100
_PROVIDER_SECONDS = 60
_ANSWER_MINUTES = 2
_RETIREMENTS = 2
# docs.aws.amazon.com/sns/latest/dg/sns-msg-status.html
_WRITES_LOGS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:PutMetricFilter",
    "logs:PutRetentionPolicy",
)


class PushGateway(Construct):
    """Sends messages to phones, and stops sending to those that are gone.

    A platform application of SNS knows Google's or Apple's push service; CloudFormation does not
    know platform applications, so a custom resource makes, changes and deletes it. The credentials
    are read from a secret at that moment, and are in no template. A table holds the endpoint of
    each device's token. SNS delivers for up to six hours, however often the service throttles or
    fails; when it says that a token is dead, SNS disables the endpoint and tells of it, and the
    token is retired: nothing more is sent to it. Why a delivery failed is logged.

    In the sender, `PushGateway` of `pattern_runtime.push` sends.

    Example:
        `PushGateway(self, "Phones", credentials=secret).serves(sender)`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variables: `Phones` gives PHONES_APPLICATION_ARN and
            PHONES_TABLE_NAME, and `PushGateway("PHONES")` in the code.
        credentials: Secret with what SNS asks for: a JSON object with PlatformCredential, and with
            PlatformPrincipal where there is one; for Google the service account's key file itself
            will do. It has to be there before it is deployed.
        credentials_version: Version of the secret; change it after each rotation, since nothing
            else says that the credentials are others. None: the newest at the last deployment.
        platform: "GCM" for Firebase, "APNS", "APNS_SANDBOX" or "ADM". None: "GCM".
        failures_alarm: Failed deliveries a minute that are unusual; messages to dead tokens are
            failed ones too. None: 100.
        events: `Off(reason)` not to follow what SNS tells of endpoints: then a dead token is
            noticed at the message after the one that it cost.
        failure_logs: `Off(reason)` not to log why deliveries failed.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        name: The application's name.
        application: The custom resource; its `ref` is the application's ARN.
        provider: The function behind it.
        tokens: The table of tokens: `token` to `endpoint`, `status` ("live" or "retired") and
            `since`.
        topic: What SNS tells of endpoints; None if switched off.
        retirement: The worker that follows it; None if switched off.
        failure_log: Why deliveries failed; None if switched off.
        alarms: By name: `failed`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    name: str
    application: cdk.CustomResource
    provider: lambda_.Function
    tokens: dynamodb.Table
    topic: sns.Topic | None
    retirement: LambdaWorker | None
    failure_log: logs.LogGroup | None
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        credentials: secretsmanager.ISecret,
        credentials_version: str | None = None,
        platform: str | None = None,
        failures_alarm: int | None = None,
        events: Off | None = None,
        failure_logs: Off | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._id = construct_id
        self._platform = platform or "GCM"
        unusual = _FAILURES_A_MINUTE if failures_alarm is None else failures_alarm
        _check(self._platform, unusual)
        self._alarms_to = alarms_to or operator_alarms(scope)
        self.name = cdk.Names.unique_resource_name(self, separator="-", max_length=100)
        self._application = f"app/{self._platform}/{self.name}"
        self.tokens = self._table()
        self.topic = self.retirement = None
        if events is None:
            self.topic, self.retirement = self._follows_events()
        role = self.failure_log = None
        if failure_logs is None:
            role, self.failure_log = self._logs_failures()
        self.provider = self._provider(credentials, role)
        # Reasons stand where a reader of the application sees them: no tool has rules about it.
        off = {"Unfollowed": events, "Unlogged": failure_logs}
        self.application = cdk.CustomResource(
            self,
            "Application",
            resource_type="Custom::PlatformApplication",
            service_token=self.provider.function_arn,
            service_timeout=minutes(_ANSWER_MINUTES),
            properties={
                "Name": self.name,
                "Platform": self._platform,
                "Arn": _arn(self._application),
                "SecretArn": credentials.secret_arn,
                **({"SecretVersion": credentials_version} if credentials_version else {}),
                "Attributes": self._attributes(role),
                **{name: given.reason for name, given in off.items() if given is not None},
            },
        )
        self.alarms = {
            "failed": alarm(
                self,
                "Failed",
                says=f"{construct_id}: more deliveries fail than tokens die. The log of failures "
                "says why.",
                namespace="AWS/SNS",
                metric="NumberOfNotificationsFailed",
                dimensions={"Application": self.name, "Platform": self._platform},
                above=unusual,
                statistic="Sum",
                tells=self._alarms_to,
            )
        }

    def serves(self, sender: Sender) -> None:
        """Lets a worker, an API or a service send to devices, and tells it how.

        Args:
            sender: Whose code uses `PushGateway` of `pattern_runtime.push`.
        """
        variables = {
            environment_name(self._id, "APPLICATION_ARN"): self.application.ref,
            environment_name(self._id, "TABLE_NAME"): self.tokens.table_name,
        }
        for code in sender.told(variables):
            grantee = code.grant_principal
            self.tokens.grant(grantee, "dynamodb:GetItem", "dynamodb:PutItem")
            _allow(grantee, ["sns:CreatePlatformEndpoint"], self._application)
            self._allow_on_endpoints(grantee, "sns:Publish")

    def _attributes(self, role: iam.Role | None) -> dict[str, str]:
        """What SNS is told of the application, beside its credentials."""
        said: dict[str, str] = {}
        if self.topic is not None:
            events = ("EventDeliveryFailure", "EventEndpointUpdated")
            said |= dict.fromkeys(events, self.topic.topic_arn)
        if role is not None:
            said["FailureFeedbackRoleArn"] = role.role_arn
        return said

    def _table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Tokens",
            partition_key=dynamodb.Attribute(name="token", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            # The endpoints go with the application, and are made again out of the tokens.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(table, KNOWN_BY_TOKENS, AWS_KEY_OF_TABLE, BOUNDED_WRITER)
        return table

    def _follows_events(self) -> tuple[sns.Topic, LambdaWorker]:
        """The topic of what SNS tells, and who retires tokens for it."""
        topic = sns.Topic(self, "Events", enforce_ssl=True, tracing_config=sns.TracingConfig.ACTIVE)
        # Any policy replaces the default one, under which SNS tells its account's own topics.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ApplicationMayTell",
                actions=["sns:Publish"],
                principals=[service("sns.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack_of(self).account}},
            )
        )
        acknowledge(topic, EVENTS_OF_AN_APPLICATION)
        retirement = LambdaWorker(
            self,
            "Retirement",
            handler="pattern_runtime.push_retirement.handler",
            code=None,
            max_concurrency=_RETIREMENTS,
            alarms_to=self._alarms_to,
        )
        retirement.invoked_by("sns.amazonaws.com", "FromEvents", topic.topic_arn)
        (failures,) = retirement.failures.values()
        failures.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[service("sns.amazonaws.com")],
                resources=[failures.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
            )
        )
        sns.CfnSubscription(
            self,
            "ToRetirement",
            topic_arn=topic.topic_arn,
            protocol="lambda",
            endpoint=retirement.function.function_arn,
            redrive_policy={"deadLetterTargetArn": failures.queue_arn},
        )
        for code in retirement.told({"TOKENS_TABLE_NAME": self.tokens.table_name}):
            grantee = code.grant_principal
            self.tokens.grant(grantee, "dynamodb:PutItem")
            self._allow_on_endpoints(grantee, "sns:GetEndpointAttributes")
        return topic, retirement

    def _logs_failures(self) -> tuple[iam.Role, logs.LogGroup]:
        """The log of failed deliveries, and what SNS writes it as."""
        region, account = cdk.Aws.REGION, cdk.Aws.ACCOUNT_ID
        group = logs.LogGroup(
            self,
            "FailureLog",
            # SNS's own name for it; made by SNS it would be kept for ever.
            log_group_name=f"sns/{region}/{account}/app/{self._platform}/{self.name}/Failure",
            retention=LOG_RETENTION,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(group, AWS_KEY_OF_LOGS)
        role = iam.Role(self, "FailureRole", assumed_by=service("sns.amazonaws.com"))
        group.grant(role, *_WRITES_LOGS)
        return role, group

    def _provider(
        self, credentials: secretsmanager.ISecret, role: iam.Role | None
    ) -> lambda_.Function:
        made = function(
            self,
            "Provider",
            handler="pattern_runtime.push_application.handler",
            code=None,
            service=f"{self._id}Provider",
            timeout=in_seconds(_PROVIDER_SECONDS),
            memory_mb=MEMORY_MB,
            alarms_to=self._alarms_to,
        )
        credentials.grant_read(made)
        _allow(
            made.grant_principal,
            ["sns:DeletePlatformApplication", "sns:SetPlatformApplicationAttributes"],
            self._application,
        )
        # Before there is one, SNS asks of "app/" (as its refusals say).
        _allow_on_all(
            made.grant_principal, "app/*", APPLICATION_TO_BE, "sns:CreatePlatformApplication"
        )
        if role is not None:
            role.grant_pass_role(made.grant_principal)
        return made

    def _allow_on_endpoints(self, grantee: iam.IPrincipal, *actions: str) -> None:
        endpoints = f"endpoint/{self._platform}/{self.name}/*"
        _allow_on_all(grantee, endpoints, ENDPOINTS_OF_ONE_APPLICATION, *actions)


def _arn(resource: str) -> str:
    return f"arn:{cdk.Aws.PARTITION}:sns:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:{resource}"


def _allow(grantee: iam.IPrincipal, actions: Sequence[str], resource: str) -> None:
    grantee.add_to_principal_policy(
        iam.PolicyStatement(actions=[*actions], resources=[_arn(resource)])
    )


def _allow_on_all(grantee: iam.IPrincipal, resource: str, reason: str, *actions: str) -> None:
    _allow(grantee, actions, resource)
    if isinstance(grantee, Construct):
        named = f"arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:{resource}"
        acknowledge(grantee, Situation(reason, cdk=(f"AwsSolutions-IAM5[Resource::{named}]",)))


def _check(platform: str, failures_alarm: int) -> None:
    if platform not in _PLATFORMS:
        message = f"platform={platform!r}: SNS pushes by {', '.join(_PLATFORMS)}: give one of them"
        raise ValueError(message)
    if failures_alarm < 0:
        message = (
            f"failures_alarm={failures_alarm}: a number of failed deliveries a minute is 0 or "
            f"more: {_FAILURES_A_MINUTE} is usual"
        )
        raise ValueError(message)
