"""What holds in every stack that the patterns fill, whichever pattern it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.synth.conftest import Synthesized
from tests.synth.template import Resource, Template, listed

# What each dimension of an alarm must refer to.
DIMENSIONS = {
    ("AWS/SQS", "QueueName"): "AWS::SQS::Queue",
    ("AWS/Kinesis", "StreamName"): "AWS::Kinesis::Stream",
    ("AWS/Lambda", "FunctionName"): "AWS::Lambda::Function",
    ("AWS/ApplicationELB", "LoadBalancer"): "AWS::ElasticLoadBalancingV2::LoadBalancer",
    ("AWS/ApplicationELB", "TargetGroup"): "AWS::ElasticLoadBalancingV2::TargetGroup",
    ("AWS/ApiGateway", "ApiId"): "AWS::ApiGatewayV2::Api",
    ("AWS/Events", "EventBusName"): "AWS::Events::EventBus",
    ("AWS/States", "StateMachineArn"): "AWS::StepFunctions::StateMachine",
    ("AWS/DynamoDB", "TableName"): "AWS::DynamoDB::Table",
    ("AWS/Firehose", "DeliveryStreamName"): "AWS::KinesisFirehose::DeliveryStream",
}
# Beside what is written on the card: billed by the hour even if nobody calls.
HOURLY = {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::VPCEndpoint", "AWS::WAFv2::WebACL"}
# Actions that take no resource (docs.aws.amazon.com/service-authorization/latest/reference).
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "lakeformation:GetDataAccess",
}
OF_PUSH = {"sns:CreatePlatformApplication", "sns:GetEndpointAttributes", "sns:Publish"}
KEY_FAMILIES = {"kms:ReEncrypt*", "kms:GenerateDataKey*"}


@pytest.fixture
def templates(synthesized: Synthesized) -> list[Template]:
    """Every stack."""
    return list(synthesized.templates.values())


def everything(templates: list[Template], kind: str) -> Iterator[tuple[Template, Resource]]:
    """Each resource of a type in every stack."""
    for template in templates:
        for resource in template.all(kind):
            yield template, resource


def measured(alarm: Resource) -> list[dict[str, Any]]:
    """The metrics of an alarm: its only one, or those that it sums up."""
    if "MetricName" in alarm.properties:
        return [alarm.properties]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def test_every_alarm_can_fire(templates: list[Template]) -> None:
    """Each dimension of each alarm names a resource of the fitting type in the same stack."""
    seen = set()

    for template, alarm in everything(templates, "CloudWatch::Alarm"):
        assert measured(alarm), alarm.path
        for metric in measured(alarm):
            assert metric["Dimensions"], alarm.path
            for dimension in metric["Dimensions"]:
                key = (metric["Namespace"], dimension["Name"])
                target = template.refers(dimension["Value"])
                if target is not None:
                    assert target.type == DIMENSIONS[key], alarm.path
                    seen.add(key)

    assert seen == set(DIMENSIONS)


def test_a_dimension_by_name_is_that_of_a_resource(templates: list[Template]) -> None:
    """A REST API's metrics know it by name, so its alarms have the name of an API in the stack."""
    for template, alarm in everything(templates, "CloudWatch::Alarm"):
        for dimension in alarm.get("Dimensions", ()):
            if dimension["Name"] == "ApiName":
                names = [api["Name"] for api in template.all("ApiGateway::RestApi")]
                assert dimension["Value"] in names, alarm.path


def test_apis_of_different_stacks_have_different_names(templates: list[Template]) -> None:
    """No two APIs share a name, or each one's alarms would count the other's requests."""
    names = [api["Name"] for _, api in everything(templates, "ApiGateway::RestApi")]

    assert len(names) == len(set(names))


def test_every_alarm_tells_somebody(templates: list[Template]) -> None:
    """Each alarm has an action, and an idle resource raises none."""
    for template, alarm in everything(templates, "CloudWatch::Alarm"):
        (action,) = alarm["AlarmActions"]
        topic = template.refers(action)
        assert topic is None or topic.type == "AWS::SNS::Topic", alarm.path
        assert topic or "arn:aws:sns:" in str(action) or "Fn::ImportValue" in action, alarm.path
        assert alarm["TreatMissingData"] == "notBreaching", alarm.path


def test_the_alarms_topic_lets_cloudwatch_publish(templates: list[Template]) -> None:
    """A topic's policy replaces the default one, so it must let the account's alarms in."""
    for template in templates:
        for topic in template.all("SNS::Topic", "OperatorAlarms"):
            (policy,) = template.all("SNS::TopicPolicy", "OperatorAlarms")
            assert template.target(policy["Topics"][0]) == topic
            (allow,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
            assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            assert allow["Action"] == "sns:Publish"
            assert allow["Condition"] == {
                "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            }


def test_every_log_group_forgets(templates: list[Template]) -> None:
    """Logs are kept for a month, and every function has a log group that says so."""
    for template, group in everything(templates, "Logs::LogGroup"):
        assert group["RetentionInDays"] == 30, (template.stack, group.path)
    for template, function in everything(templates, "Lambda::Function"):
        if not function.path.startswith(("Mine", "Second")):
            group = template.target(function["LoggingConfig"]["LogGroup"])
            assert group.type == "AWS::Logs::LogGroup"


def test_every_function_is_traced(templates: list[Template]) -> None:
    """Tracing is active on each function, REST stage, workflow and standard topic."""
    for _, function in everything(templates, "Lambda::Function"):
        assert function["TracingConfig"] == {"Mode": "Active"}, function.path
    for _, stage in everything(templates, "ApiGateway::Stage"):
        assert stage["TracingEnabled"] is True
    for _, workflow in everything(templates, "StepFunctions::StateMachine"):
        assert workflow["TracingConfiguration"] == {"Enabled": True}, workflow.path
    for _, topic in everything(templates, "SNS::Topic"):
        if topic.path != "OperatorAlarms/Resource" and not topic.get("FifoTopic"):
            assert topic["TracingConfig"] == "Active"


def test_every_consumed_queue_has_dead_letters(templates: list[Template]) -> None:
    """A consumed queue has a dead-letter queue that outlives it, 14 days, with an alarm on it."""
    consumed = 0

    for template, mapping in everything(templates, "Lambda::EventSourceMapping"):
        queue = template.refers(mapping["EventSourceArn"])
        if queue is None or queue.type != "AWS::SQS::Queue" or queue.path.startswith("Mine"):
            continue
        if template.stack == "QueueSwitchedOff":
            continue
        consumed += 1
        dead = template.target(queue["RedrivePolicy"]["deadLetterTargetArn"])
        assert 1 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 10
        assert dead["MessageRetentionPeriod"] == 14 * 86400 > queue["MessageRetentionPeriod"]
        assert dead.get("FifoQueue") == queue.get("FifoQueue")

    assert consumed >= 10


def test_every_dead_letter_queue_is_watched(templates: list[Template]) -> None:
    """An alarm fires on the first message in any queue that takes what failed."""
    for template in templates:
        watched = {
            template.target(alarm["Dimensions"][0]["Value"]).logical_id
            for alarm in template.all("CloudWatch::Alarm")
            if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
            and alarm["Threshold"] == 0
        }
        assert watched >= set(_takes_failures(template)), template.stack


def _takes_failures(template: Template) -> Iterator[str]:
    for queue in template.all("SQS::Queue"):
        if "RedrivePolicy" in queue.properties:
            yield template.target(queue["RedrivePolicy"]["deadLetterTargetArn"]).logical_id
    for subscription in template.all("SNS::Subscription"):
        yield template.target(subscription["RedrivePolicy"]["deadLetterTargetArn"]).logical_id
    for rule in template.all("Events::Rule"):
        for target in rule["Targets"]:
            yield template.target(target["DeadLetterConfig"]["Arn"]).logical_id
    for kind in ("EventSourceMapping", "EventInvokeConfig"):
        for each in template.all(f"Lambda::{kind}"):
            if "DestinationConfig" in each.properties:
                failure = each["DestinationConfig"]["OnFailure"]["Destination"]
                yield template.target(failure).logical_id


def test_every_mapping_is_bounded(templates: list[Template]) -> None:
    """Queues have a most concurrency, streams end their retries; both report single failures."""
    for template, mapping in everything(templates, "Lambda::EventSourceMapping"):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if "StartingPosition" in mapping.properties:
            assert mapping["StartingPosition"] == "TRIM_HORIZON"
            assert 0 <= mapping["MaximumRetryAttempts"] <= 10
            assert mapping["BisectBatchOnFunctionError"] is True
            assert template.target(mapping["DestinationConfig"]["OnFailure"]["Destination"])
        elif template.stack != "WorkerSwitchedOff":
            assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 50


def test_visibility_is_six_timeouts_and_the_window(templates: list[Template]) -> None:
    """A message stays hidden for six times the consumer's timeout plus the batching window."""
    for template, mapping in everything(templates, "Lambda::EventSourceMapping"):
        queue = template.refers(mapping["EventSourceArn"])
        if queue is None or queue.type != "AWS::SQS::Queue":
            continue
        function = template.refers(mapping["FunctionName"])
        assert function is not None
        if function.type == "AWS::Lambda::Alias":
            function = template.target(function["FunctionName"])
        window = mapping.get("MaximumBatchingWindowInSeconds", 0)
        assert queue["VisibilityTimeout"] >= 6 * function.get("Timeout", 3) + window, mapping.path


def test_what_is_stored_is_encrypted(templates: list[Template]) -> None:
    """Queues, streams, topics and buckets are, but for topics that AWS itself publishes to."""
    for _, queue in everything(templates, "SQS::Queue"):
        if not queue.path.startswith(("Mine", "Lost")):
            assert queue.get("SqsManagedSseEnabled") is True or queue["KmsMasterKeyId"], queue.path
    for _, stream in everything(templates, "Kinesis::Stream"):
        assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
    for _, topic in everything(templates, "SNS::Topic"):
        if topic.path not in {"OperatorAlarms/Resource", "Phones/Events/Resource"}:
            assert topic["KmsMasterKeyId"]
    for _, bucket in everything(templates, "S3::Bucket"):
        if bucket.path.startswith(("Gateway", "Traces")):
            assert bucket["BucketEncryption"]
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}


@pytest.mark.parametrize(
    ("kind", "policy", "refers"),
    [
        ("SQS::Queue", "SQS::QueuePolicy", "Queues"),
        ("SNS::Topic", "SNS::TopicPolicy", "Topics"),
        ("S3::Bucket", "S3::BucketPolicy", "Bucket"),
    ],
)
def test_only_tls_is_spoken(templates: list[Template], kind: str, policy: str, refers: str) -> None:
    """Every queue, topic and bucket denies what comes without TLS."""
    for template in templates:
        denying = {
            template.target(target).logical_id
            for each in template.all(policy)
            for target in listed(each[refers])
            for statement in each["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Deny"
            and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        }
        assert {each.logical_id for each in template.all(kind)} <= denying, template.stack


def test_every_permission_is_concrete(templates: list[Template]) -> None:
    """No role may do `*` anything: what takes no resource, or a family, is listed here."""
    for template, policy in everything(templates, "IAM::Policy"):
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions = set(listed(statement["Action"]))
            assert not {a for a in actions - KEY_FAMILIES if "*" in a}, (template.stack, actions)
            resources = [json.dumps(each) for each in listed(statement["Resource"])]
            if actions <= WITHOUT_RESOURCE:
                assert resources == ['"*"'], (template.stack, actions)
            else:
                assert not [r for r in resources if _is_wild(actions, r)], (template.stack, actions)


def _is_wild(actions: set[str], resource: str) -> bool:
    if all(action.startswith(("s3:", "execute-api:")) for action in actions):
        # The objects of one bucket, and every value of a path's parameter.
        return resource == '"*"'
    if all(action in OF_PUSH for action in actions):
        # The endpoints of one application; and the application that has no name yet.
        return "*" in resource and ":endpoint/" not in resource and ":app/*" not in resource
    return "*" in resource


def test_roles_are_made_without_managed_policies(templates: list[Template]) -> None:
    """AWS's managed policies are wider than a pattern needs; the one exception is acknowledged."""
    for template, role in everything(templates, "IAM::Role"):
        if role.path.startswith(("Mine", "Second")) or "CloudWatchRole" in role.path:
            continue
        assert not role.get("ManagedPolicyArns"), (template.stack, role.path)


def test_nothing_is_billed_by_the_hour_unasked(templates: list[Template]) -> None:
    """A NAT gateway, an address, an endpoint or a firewall is made only for who asks for one."""
    asked = {"ServiceFull", "ServicePrivate"}

    for template in templates:
        kinds = {resource.type for resource in template.resources.values()}
        assert template.stack in asked or not kinds & HOURLY, template.stack


def test_provisioned_concurrency_is_never_made(templates: list[Template]) -> None:
    """No function is kept warm, which has an hourly price."""
    for template in templates:
        assert "ProvisionedConcurrency" not in json.dumps(template.document), template.stack


def test_patterns_make_no_outputs(templates: list[Template]) -> None:
    """Outputs are the sample's: a pattern's stack has none but what another stack imports."""
    for template in templates:
        outputs: dict[str, Any] = template.document.get("Outputs", {})
        if template.stack not in {
            "ConnectedCar",
            "MillionCars",
            "HvacPlatform",
            "MillionHvacs",
            "OrderEvents",
            "PushJobs",
            "ResilientOrders",
            "TraceLake",
        }:
            assert all("Export" in output for output in outputs.values()), template.stack
