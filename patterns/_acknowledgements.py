"""Findings that a correct construct still gets from other tools, each with its reason.

One table: a situation, why it is right, and the rules that do not know it, tool by tool. A
construct names the situations that hold for it, at the resource they are about; one call writes
them where each tool looks: the assembly's metadata (cdk-nag, the CDK's validation, `hinagata
check`) and the resource's own (checkov, cfn-lint).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from constructs import Construct

from patterns._asked import resource_of

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import IConstruct


@dataclass(frozen=True, slots=True)
class Situation:
    """Something that is right here, though a rule says otherwise.

    Attributes:
        reason: One sentence for the reader of a review; cfn-lint has no place for it.
        cdk: Rules of cdk-nag, of the CDK's own validation, and ours ("Hinagata::FM101").
        checkov: Rules of checkov.
        cfn_lint: Rules of cfn-lint.
    """

    reason: str
    cdk: tuple[str, ...] = ()
    checkov: tuple[str, ...] = ()
    cfn_lint: tuple[str, ...] = ()

    def because(self, reason: str) -> Self:
        """The same for another reason: the one that a user gave to `Off`."""
        return replace(self, reason=reason)


# Queues and what consumes them
DEAD_LETTER_QUEUE = Situation(
    "it is a dead-letter queue itself; an alarm watches it",
    cdk=("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"),
)
SQS_KEYS = Situation(
    "SQS encrypts it with keys of its own (SqsManagedSseEnabled), which the rule does not read",
    checkov=("CKV_AWS_27",),
)
SQS_MAPPING = Situation(
    "a queue's mapping takes no failure destination; the queue's redrive policy is it",
    cdk=("Serverless-LambdaEventSourceMappingDestination",),
)
NO_DEAD_LETTERS = Situation(
    "switched off",
    cdk=("AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy", "Hinagata::FM201"),
)

# Functions
HANDLED_FAILURES = Situation(
    "its caller, its event source mapping, or the on-failure destination of its asynchronous "
    "invocations sees each failure and handles it",
    cdk=("Serverless-LambdaDLQ",),
    checkov=("CKV_AWS_116",),
)
TESTED_RUNTIME = Situation(
    "the newest runtime that the tests run on; AWS maintains it",
    cdk=("AwsSolutions-L1", "Serverless-LambdaLatestVersion"),
)
BOUNDED_BY_ITS_SOURCE = Situation(
    "bounded where its events come from: by the mapping's concurrency, the stream's shards or the "
    "API's throttle; reserved concurrency would make a queue's receives count as failures",
    checkov=("CKV_AWS_115",),
)
UNBOUNDED = Situation("switched off", cdk=("Hinagata::FM102",))
UNBOUNDED_FUNCTION = Situation("switched off", checkov=("CKV_AWS_115",))
OUTSIDE_VPC = Situation(
    "nothing that it reaches lies inside a VPC; from inside one it would need a paid way out",
    checkov=("CKV_AWS_117",),
)
TRACING_PERMISSION = Situation(
    "X-Ray's PutTraceSegments and PutTelemetryRecords take no resource",
    cdk=("AwsSolutions-IAM5[Resource::*]",),
)
# The CDK's Function depends on its role twice.
DEPENDS_TWICE = Situation(
    "the CDK writes a dependency that a reference already implies", cfn_lint=("W3005",)
)

# Keys: AWS's own encrypt everything below; a key of one's own has a price each month.
_AWS_KEY = "encrypted with AWS's own key; a key of your own has a price each month"
AWS_KEY_OF_VARIABLES = Situation(
    f"{_AWS_KEY}, and the variables name resources, they hold no secret", checkov=("CKV_AWS_173",)
)
AWS_KEY_OF_LOGS = Situation(_AWS_KEY, checkov=("CKV_AWS_158",))
AWS_KEY_OF_TABLE = Situation(_AWS_KEY, checkov=("CKV_AWS_119",))
KEY_FAMILIES = Situation(
    "both ways of re-encrypting, and of making data keys, on the one key that was given",
    cdk=(
        "AwsSolutions-IAM5[Action::kms:ReEncrypt*]",
        "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]",
    ),
)
OWN_STREAM_KEY = Situation("a key of your own was asked for", cdk=("AwsSolutions-KDS3",))

# Stores
PASSING_IDS = Situation(
    "it holds only the ids of events of the last days",
    cdk=("AwsSolutions-DDB3",),
    checkov=("CKV_AWS_28",),
)
BREAKER_STATE = Situation(
    "it holds one item that says whether a breaker is open; without it the breaker is closed",
    cdk=("AwsSolutions-DDB3",),
    checkov=("CKV_AWS_28",),
)
KNOWN_BY_TOKENS = Situation(
    "SNS gives the same endpoint for the same token, so each item can be made again",
    cdk=("AwsSolutions-DDB3",),
    checkov=("CKV_AWS_28",),
)
NO_RECOVERY = Situation("switched off", cdk=("AwsSolutions-DDB3",), checkov=("CKV_AWS_28",))
# No tool that runs at synthesis asks for it: Security Hub does, of what is deployed.
UNPROTECTED_TABLE = Situation("switched off", cdk=("SecurityHub::DynamoDB.6",))
UNBOUNDED_TABLE = Situation("switched off", cdk=("Hinagata::FM804",))
BOUNDED_WRITER = Situation(
    "the bound on its worker's concurrency bounds what it takes, too", cdk=("Hinagata::FM804",)
)
ACCESS_LOG_BUCKET = Situation(
    "it holds access logs, each written once; logging their reading has no end",
    cdk=("AwsSolutions-S1",),
    checkov=("CKV_AWS_18", "CKV_AWS_21"),
)
OBJECTS_OF_ONE_BUCKET = "the objects of one bucket"
UNLOGGED_LAKE = Situation(
    "what was asked is in Athena's history; logging each reading of each file has no end",
    cdk=("AwsSolutions-S1",),
    checkov=("CKV_AWS_18",),
)
# No tool that runs at synthesis asks for it of a template of the CDK: Security Hub does.
UNVERSIONED_LAKE = Situation("switched off", cdk=("SecurityHub::S3.14",), checkov=("CKV_AWS_21",))
PASSING_RESULTS = Situation(
    "it holds results of the last days, and each can be asked for again",
    cdk=("AwsSolutions-S1",),
    checkov=("CKV_AWS_18", "CKV_AWS_21"),
)
DATA_ACCESS = Situation(
    "lakeformation:GetDataAccess takes no resource; Lake Formation says which tables",
    cdk=("AwsSolutions-IAM5[Resource::*]",),
)

# Workflows
ONE_EXECUTION_AN_OUTAGE = Situation(
    "the worker that it probes with starts an execution named after the outage, and there is one "
    "of that name already",
    cdk=("Hinagata::FM107",),
)
OWN_HISTORY = Situation(
    "Step Functions keeps the history of each execution for 90 days, and each step logs what it "
    "changed; logging it twice is billed by the GB",
    cdk=("AwsSolutions-SF1",),
    checkov=("CKV_AWS_285",),
)
# Both are one finding at the one role of a workflow.
LOG_DELIVERY = Situation(
    "X-Ray's actions and those that deliver a workflow's logs take no resource",
    cdk=("AwsSolutions-IAM5[Resource::*]",),
)
ERRORS_ALONE_LOGGED = Situation(
    "it logs errors; every transition would be billed by the GB, and is in the history that Step "
    "Functions keeps for 90 days: log='all' logs them",
    cdk=("AwsSolutions-SF1",),
)
NO_USER_DATA_LOGGED = Situation(
    "what is in an event is the user's, and stays out of the log; the history has it",
    checkov=("CKV_AWS_285",),
)

# The alarms' topic
ALARM_TOPIC = Situation(
    "CloudWatch cannot publish under the AWS-managed key; alarm texts hold no user data",
    cdk=("AwsSolutions-SNS2",),
    checkov=("CKV_AWS_26",),
)
PEOPLE_SUBSCRIBE = Situation(
    "its subscribers are people, added by the operator", cdk=("Serverless-SNSRedrivePolicy",)
)

# Mobile push
APPLICATION_TO_BE = "of an application that is not there yet SNS knows no name"
ENDPOINTS_OF_ONE_APPLICATION = "the devices of one platform application"
EVENTS_OF_AN_APPLICATION = Situation(
    "nothing says that SNS tells of an application under the AWS-managed key; what it tells holds "
    "no user data",
    cdk=("AwsSolutions-SNS2",),
    checkov=("CKV_AWS_26",),
)

# APIs
NO_FIREWALL = Situation(
    "a firewall has a monthly price: associate a web ACL with the stage where the API faces the "
    "public",
    cdk=("AwsSolutions-APIG3", "Hinagata::FM702"),
)
NO_CACHE = Situation(
    "a cache is billed by the hour, and would answer with what was true before",
    checkov=("CKV_AWS_120",),
)
NO_COGNITO = Situation(
    "callers are authorised without a Cognito user pool", cdk=("AwsSolutions-COG4",)
)
API_LOGGING_ROLE = Situation(
    "API Gateway's own policy for its account-wide logging role",
    cdk=(
        (
            "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
            "AmazonAPIGatewayPushToCloudWatchLogs]"
        ),
    ),
)
PATH_PARAMETERS = "every value of a path's parameter"
PUBLIC_API = Situation("switched off", cdk=("AwsSolutions-APIG4", "AwsSolutions-COG4"))
PUBLIC_METHOD = Situation("switched off", checkov=("CKV_AWS_59",))
NO_THROTTLE = Situation(
    "switched off", cdk=("Serverless-APIGWDefaultThrottling", "Hinagata::FM106")
)

# Services
PUBLIC_ENTRY = Situation(
    "it is the public entry; tasks accept only its connections",
    cdk=("AwsSolutions-EC23",),
    checkov=("CKV_AWS_260",),
)
NO_FIREWALL_OF_SERVICE = Situation(
    "a firewall has a monthly price: associate a web ACL with the load balancer where everybody "
    "may call it",
    cdk=("Hinagata::FM702",),
)
NO_CERTIFICATE = Situation(
    "no certificate was given; certificate= serves HTTPS and redirects HTTP to it",
    checkov=("CKV_AWS_2", "CKV_AWS_103"),
)
NO_ACCESS_LOGS = Situation("switched off", cdk=("AwsSolutions-ELB2",), checkov=("CKV_AWS_91",))
NO_CONTAINER_INSIGHTS = Situation(
    "billed by metric; the load balancer's and the service's own metrics are watched. "
    "container_insights=True turns it on",
    cdk=("AwsSolutions-ECS4",),
    checkov=("CKV_AWS_65",),
)
NO_FLOW_LOGS = Situation(
    "flow logs are billed by the GB; the load balancer logs each request. vpc.add_flow_log() "
    "turns them on",
    cdk=("AwsSolutions-VPC7",),
)
PLAIN_VARIABLES = Situation(
    "the variables name resources, they hold no secret: secrets are read at run time by "
    "reads(secret)",
    cdk=("AwsSolutions-ECS2",),
)
REGISTRY_LOGIN = Situation(
    "ecr:GetAuthorizationToken takes no resource", cdk=("AwsSolutions-IAM5[Resource::*]",)
)

# What the tools' metadata says so far: a second situation at one resource must not replace it.
_METADATA: WeakKeyDictionary[IConstruct, dict[str, Any]] = WeakKeyDictionary()


def acknowledge(construct: IConstruct, *situations: Situation) -> None:
    """Records each situation at `construct`, for every tool that has a rule against it."""
    accepted = [
        cdk.Acknowledgment(id=rule, reason=situation.reason)
        for situation in situations
        for rule in situation.cdk
    ]
    if accepted:
        cdk.Validations.of(construct).acknowledge(*accepted)
    skipped = [
        {"id": rule, "comment": situation.reason}
        for situation in situations
        for rule in situation.checkov
    ]
    ignored = [rule for situation in situations for rule in situation.cfn_lint]
    if skipped or ignored:
        _write(construct, skipped, ignored)


def _write(construct: IConstruct, skipped: list[dict[str, str]], ignored: list[str]) -> None:
    metadata = _METADATA.setdefault(construct, {})
    if skipped:
        given = {each["id"] for each in skipped}
        before = metadata.get("checkov", {}).get("skip", [])
        kept = [each for each in before if each["id"] not in given]
        metadata["checkov"] = {"skip": [*kept, *skipped]}
    if ignored:
        metadata["cfn-lint"] = {"config": {"ignore_checks": ignored}}
    resource = resource_of(construct)
    if resource is not None:
        # One question to Node, where add_metadata() takes one for each tool.
        resource.add_override("Metadata", metadata)


def acknowledge_key(grantee: iam.IGrantable, key: kms.IKey | None) -> None:
    """Acknowledges, at a role that may now use `key`, the families of actions that takes."""
    if key is not None and isinstance(grantee, Construct):
        acknowledge(grantee, KEY_FAMILIES)
