"""What stays otherwise than on AWS: each gap is still there, or it is to be taken off the list."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.gaps import GAPS
from tests.emulator.patches.observed import batches, handled, invoked, logged, messages
from tests.emulator.templates import (
    Resource,
    allow,
    attribute,
    deployed,
    function,
    lets,
    ref,
    resource,
    role,
)
from tests.polling import eventually

LOGS = resource("Logs::LogGroup")
TIMES = """
    import time
    def handler(event, context):
        print('{"batch": ["%.3f", "%.3f"]}' % (time.time(), time.sleep(0.3) or time.time()))
"""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """An endpoint with every patch, and room for more than one batch at once."""
    environment = {"HINAGATA_LAB_MAPPING_CONCURRENCY": "4"}
    folder: Path = tmp_path_factory.mktemp("gaps")
    with Emulator(folder, environment=environment) as emulator:
        yield Endpoint(emulator.endpoint, embedded=True)


def test_each_gap_is_shown() -> None:
    """Every gap names a test of this module, and every test shows one."""
    shown = {name for name in globals() if name.startswith("test_")}
    shown.remove("test_each_gap_is_shown")

    assert {gap.test for gap in GAPS} == shown


def one_after_the_other(endpoint: Endpoint, logs: str, number: int) -> bool:
    """Whether no two of so many invocations ran at the same time."""
    eventually(partial(handled, endpoint, logs, number))
    spans = sorted((float(start), float(end)) for start, end in batches(endpoint, logs))
    return all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_memory_is_not_limited(endpoint: Endpoint) -> None:
    """A function of 128 MB holds 256."""
    code = """
        def handler(event, context):
            return len(bytearray(256 * 2**20))
    """
    name = deployed(endpoint, {"Role": role(), "F": function(code, MemorySize=128)})["F"]

    assert invoked(endpoint, name) == 256 * 2**20


def test_a_function_without_permission_is_invoked(endpoint: Endpoint) -> None:
    """An event reaches a function that permits nobody to invoke it."""
    names = deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": LOGS,
            "F": function(
                """
                def handler(event, context):
                    print('{"invoked": true}')
                """,
                LoggingConfig={"LogGroup": ref("Logs")},
            ),
            "Rule": resource(
                "Events::Rule",
                EventPattern={"source": ["unpermitted"]},
                Targets=[{"Id": "F", "Arn": attribute("F")}],
            ),
        },
    )
    entry = {"Source": "unpermitted", "DetailType": "sold", "Detail": "{}"}
    endpoint.client("events").put_events(Entries=[entry])

    assert eventually(lambda: logged(endpoint, names["Logs"])) == [{"invoked": True}]


WORKFLOW = json.dumps(
    {
        "StartAt": "Tell",
        "States": {
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": "${Told.QueueUrl}", "MessageBody": "told"},
                "End": True,
            }
        },
    }
)


def test_a_role_that_may_nothing_delivers(endpoint: Endpoint) -> None:
    """A rule starts a workflow, which tells a queue, and so on: all by a role without a grant."""
    by_role = {"RoleArn": attribute("Role")}
    address = "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Called.QueueName}"
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Credentials": attribute("Role"),
        "Uri": {"Fn::Sub": address},
        "RequestTemplates": {"application/json": "Action=SendMessage&MessageBody=called"},
        "IntegrationResponses": [{"StatusCode": "200"}],
    }
    queues = ("Told", "Piped", "Called", "Source", "Polled", "Failed")
    names = deployed(
        endpoint,
        {
            "Role": role(),
            **{name: resource("SQS::Queue") for name in queues},
            "Workflow": resource(
                "StepFunctions::StateMachine", DefinitionString={"Fn::Sub": WORKFLOW}, **by_role
            ),
            "Rule": resource(
                "Events::Rule",
                EventPattern={"source": ["by-role"]},
                Targets=[{"Id": "Workflow", "Arn": attribute("Workflow"), **by_role}],
            ),
            "Pipe": resource(
                "Pipes::Pipe", Source=attribute("Source"), Target=attribute("Piped"), **by_role
            ),
            "Api": resource("ApiGateway::RestApi", Name="by-role"),
            "Method": resource(
                "ApiGateway::Method",
                RestApiId=ref("Api"),
                ResourceId=attribute("Api", "RootResourceId"),
                HttpMethod="POST",
                AuthorizationType="NONE",
                Integration=integration,
                MethodResponses=[{"StatusCode": "200"}],
            ),
            "Deployment": {
                **resource("ApiGateway::Deployment", RestApiId=ref("Api")),
                "DependsOn": ["Method"],
            },
            "Stage": resource(
                "ApiGateway::Stage",
                RestApiId=ref("Api"),
                DeploymentId=ref("Deployment"),
                StageName="live",
            ),
            "F": function("def handler(event, context): raise ValueError"),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Polled"),
                FunctionName=ref("F"),
            ),
            "Config": resource(
                "Lambda::EventInvokeConfig",
                FunctionName=ref("F"),
                Qualifier="$LATEST",
                MaximumRetryAttempts=0,
                DestinationConfig={"OnFailure": {"Destination": attribute("Failed")}},
            ),
        },
    )
    sqs = endpoint.client("sqs")
    for source in ("Source", "Polled"):
        sqs.send_message(QueueUrl=names[source], MessageBody="x")
    entry = {"Source": "by-role", "DetailType": "sold", "Detail": "{}"}
    endpoint.client("events").put_events(Entries=[entry])
    endpoint.client("lambda").invoke(FunctionName=names["F"], InvocationType="Event", Payload=b"{}")
    assert posted(endpoint, names["Api"], "live")[0] == 200

    for queue in ("Told", "Piped", "Called", "Failed"):
        assert eventually(partial(messages, endpoint, names[queue])), queue
    eventually(lambda: not messages(endpoint, names["Polled"]))


def test_provisioned_concurrency_starts_cold(endpoint: Endpoint) -> None:
    """The module of a provisioned function is imported when it is called."""
    code = """
        import time
        IMPORTED = time.time()
        def handler(event, context):
            return IMPORTED
    """
    names = deployed(
        endpoint,
        {
            "Role": role(),
            "F": function(code),
            "Version": resource("Lambda::Version", FunctionName=ref("F")),
            "Live": resource(
                "Lambda::Alias",
                Name="live",
                FunctionName=ref("F"),
                FunctionVersion=attribute("Version", "Version"),
                ProvisionedConcurrencyConfig={"ProvisionedConcurrentExecutions": 1},
            ),
        },
    )
    called = time.time()

    assert invoked(endpoint, names["F"] + ":live") >= called


def stream_consumer(endpoint: Endpoint, code: str, **mapping: Any) -> dict[str, str]:
    """A stream of one shard and its consumer."""
    return deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": LOGS,
            "Stream": resource("Kinesis::Stream", ShardCount=1),
            "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Stream"),
                FunctionName=ref("F"),
                StartingPosition="TRIM_HORIZON",
                **mapping,
            ),
        },
    )


def put(endpoint: Endpoint, stream: str, number: int) -> None:
    """Put records of different keys."""
    endpoint.client("kinesis").put_records(
        StreamName=stream,
        Records=[{"Data": b"x", "PartitionKey": str(key)} for key in range(number)],
    )


def test_a_lane_that_retries_holds_up_the_others(endpoint: Endpoint) -> None:
    """What comes behind in another lane waits until the poison is given up."""
    code = """
        import base64, json, time
        def handler(event, context):
            (data,) = [base64.b64decode(r["kinesis"]["data"]).decode() for r in event["Records"]]
            print(json.dumps({"batch": [data, str(time.time())]}))
            if data == "poison":
                raise ValueError(data)
    """
    names = stream_consumer(
        endpoint, code, BatchSize=1, ParallelizationFactor=2, MaximumRetryAttempts=2
    )
    # The keys are those of two lanes.
    endpoint.client("kinesis").put_records(
        StreamName=names["Stream"],
        Records=[
            {"Data": data.encode(), "PartitionKey": key}
            for data, key in (("poison", "a"), ("first", "d"), ("second", "d"))
        ],
    )
    eventually(partial(handled, endpoint, names["Logs"], 5))
    seen = batches(endpoint, names["Logs"])
    last = {data: max(float(at) for each, at in seen if each == data) for data, _ in seen}

    assert last["first"] < last["second"]
    assert last["poison"] < last["second"]


def test_a_stream_does_not_wait_for_its_batching_window(endpoint: Endpoint) -> None:
    """A record is there long before the minute for which more were to be gathered."""
    names = stream_consumer(endpoint, TIMES, BatchSize=100, MaximumBatchingWindowInSeconds=60)
    put(endpoint, names["Stream"], 1)

    assert eventually(partial(handled, endpoint, names["Logs"], 1))


def test_groups_of_a_fifo_queue_wait_for_each_other(endpoint: Endpoint) -> None:
    """Messages of four groups are handled one after the other."""
    names = deployed(
        endpoint,
        {
            "Role": role(),
            "Logs": LOGS,
            "Queue": resource("SQS::Queue", FifoQueue=True, ContentBasedDeduplication=True),
            "F": function(TIMES, LoggingConfig={"LogGroup": ref("Logs")}),
            "Mapping": resource(
                "Lambda::EventSourceMapping",
                EventSourceArn=attribute("Queue"),
                FunctionName=ref("F"),
                BatchSize=1,
            ),
        },
    )
    for group in "abcd":
        endpoint.client("sqs").send_message(
            QueueUrl=names["Queue"], MessageBody=group, MessageGroupId=group
        )

    assert one_after_the_other(endpoint, names["Logs"], 4)


def test_a_shard_takes_any_rate(endpoint: Endpoint) -> None:
    """Four megabytes at once into a shard that takes one a second."""
    stream = deployed(endpoint, {"Stream": resource("Kinesis::Stream", ShardCount=1)})["Stream"]
    records = [{"Data": bytes(10**6), "PartitionKey": "hot"}] * 4

    answer = endpoint.client("kinesis").put_records(StreamName=stream, Records=records)
    assert answer["FailedRecordCount"] == 0


def test_a_table_takes_any_rate(endpoint: Endpoint) -> None:
    """Four hundred units written at once to a table that has one a second."""
    table = deployed(
        endpoint,
        {
            "Table": resource(
                "DynamoDB::Table",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            )
        },
    )["Table"]
    item = {"id": {"S": "hot"}, "data": {"S": "x" * 390_000}}

    answer = endpoint.client("dynamodb").put_item(TableName=table, Item=item)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_delivery_stream_buffers_nothing(endpoint: Endpoint) -> None:
    """Two records are two objects, and not one after a minute."""
    names = deployed(
        endpoint,
        {
            "Role": role(service="firehose.amazonaws.com"),
            "Bucket": resource("S3::Bucket"),
            "Delivery": resource(
                "KinesisFirehose::DeliveryStream",
                ExtendedS3DestinationConfiguration={
                    "BucketARN": attribute("Bucket"),
                    "RoleARN": attribute("Role"),
                    "BufferingHints": {"IntervalInSeconds": 60, "SizeInMBs": 5},
                },
            ),
        },
    )
    for data in (b"1", b"2"):
        endpoint.client("firehose").put_record(
            DeliveryStreamName=names["Delivery"], Record={"Data": data}
        )
    objects = endpoint.client("s3").list_objects_v2(Bucket=names["Bucket"])

    assert objects["KeyCount"] == 2


def test_a_topic_logs_no_delivery(endpoint: Endpoint) -> None:
    """What its subscriber has got is in no log group."""
    names = deployed(
        endpoint,
        {
            "Role": role(service="sns.amazonaws.com"),
            "Queue": resource("SQS::Queue"),
            "Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Queue")),
            "Topic": resource(
                "SNS::Topic",
                DeliveryStatusLogging=[
                    {
                        "Protocol": "sqs",
                        "SuccessFeedbackRoleArn": attribute("Role"),
                        "SuccessFeedbackSampleRate": "100",
                    }
                ],
            ),
            "Subscription": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="sqs",
                Endpoint=attribute("Queue"),
            ),
        },
    )
    endpoint.client("sns").publish(TopicArn=names["Topic"], Message="sold")
    eventually(partial(messages, endpoint, names["Queue"]))

    groups = endpoint.client("logs").describe_log_groups(logGroupNamePrefix="sns/")["logGroups"]
    assert groups == []


def received(endpoint: Endpoint, stream: str) -> int:
    """How many records a stream of one shard has."""
    kinesis = endpoint.client("kinesis")
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return len(kinesis.get_records(ShardIterator=start)["Records"])


def test_a_subscribed_delivery_stream_gets_nothing(endpoint: Endpoint) -> None:
    """What a queue of the same topic has got is not in the bucket."""
    names = deployed(
        endpoint,
        {
            "Role": role(allow(["s3:*", "firehose:*"], "*"), service="sns.amazonaws.com"),
            "Bucket": resource("S3::Bucket"),
            "Delivery": resource(
                "KinesisFirehose::DeliveryStream",
                ExtendedS3DestinationConfiguration={
                    "BucketARN": attribute("Bucket"),
                    "RoleARN": attribute("Role"),
                },
            ),
            "Topic": resource("SNS::Topic"),
            "Queue": resource("SQS::Queue"),
            "Policy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("Queue")),
            "ToQueue": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="sqs",
                Endpoint=attribute("Queue"),
            ),
            "ToDelivery": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="firehose",
                Endpoint=attribute("Delivery"),
                SubscriptionRoleArn=attribute("Role"),
            ),
        },
    )
    endpoint.client("sns").publish(TopicArn=names["Topic"], Message="sold")
    eventually(partial(messages, endpoint, names["Queue"]))

    assert endpoint.client("s3").list_objects_v2(Bucket=names["Bucket"])["KeyCount"] == 0


def test_a_rule_hands_nothing_to_a_stream(endpoint: Endpoint) -> None:
    """What a queue of the same rule has got is not in the stream."""
    names = deployed(
        endpoint,
        {
            "Role": role(allow("kinesis:*", "*"), service="events.amazonaws.com"),
            "Stream": resource("Kinesis::Stream", ShardCount=1),
            "Queue": resource("SQS::Queue"),
            "Policy": lets("events.amazonaws.com", "sqs:SendMessage", ref("Queue")),
            "Rule": resource(
                "Events::Rule",
                EventPattern={"source": ["to-stream"]},
                Targets=[
                    {"Id": "Stream", "Arn": attribute("Stream"), "RoleArn": attribute("Role")},
                    {"Id": "Queue", "Arn": attribute("Queue")},
                ],
            ),
        },
    )
    entry = {"Source": "to-stream", "DetailType": "sold", "Detail": "{}"}
    endpoint.client("events").put_events(Entries=[entry])
    eventually(partial(messages, endpoint, names["Queue"]))

    assert received(endpoint, names["Stream"]) == 0


def http_api(integration: dict[str, Any], **more: Resource) -> dict[str, Resource]:
    """An HTTP API with one route, to one integration."""
    return {
        "Api": resource("ApiGatewayV2::Api", Name="shop", ProtocolType="HTTP"),
        "Integration": resource(
            "ApiGatewayV2::Integration",
            ApiId=ref("Api"),
            IntegrationType="AWS_PROXY",
            **integration,
        ),
        "Route": resource(
            "ApiGatewayV2::Route",
            ApiId=ref("Api"),
            RouteKey="POST /",
            Target={"Fn::Sub": "integrations/${Integration}"},
        ),
        "Stage": resource(
            "ApiGatewayV2::Stage", ApiId=ref("Api"), StageName="$default", AutoDeploy=True
        ),
        **more,
    }


def with_function(code: str) -> dict[str, Resource]:
    """An HTTP API in front of a function."""
    integration = {"IntegrationUri": attribute("F"), "PayloadFormatVersion": "2.0"}
    permission = resource(
        "Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=ref("F"),
        Principal="apigateway.amazonaws.com",
    )
    return http_api(integration, Role=role(), F=function(code), Permission=permission)


def posted(endpoint: Endpoint, api: str, stage: str = "$default") -> tuple[int, str]:
    """Status and body that a POST gets."""
    request = urllib.request.Request(
        endpoint.url_of_api(api, stage) + "/",
        data=b"{}",
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


ANSWERS = 'def handler(event, context): return {"statusCode": 200}'


def test_a_web_acl_blocks_nothing(endpoint: Endpoint) -> None:
    """A request passes an ACL whose default is to block."""
    names = deployed(endpoint, with_function(ANSWERS))
    firewall = endpoint.client("wafv2")
    visibility = {
        "SampledRequestsEnabled": False,
        "CloudWatchMetricsEnabled": False,
        "MetricName": "all",
    }
    acl = firewall.create_web_acl(
        Name=f"all-{uuid.uuid4().hex[:8]}",
        Scope="REGIONAL",
        DefaultAction={"Block": {}},
        VisibilityConfig=visibility,
    )["Summary"]["ARN"]
    stage = f"arn:aws:apigateway:{endpoint.region}::/restapis/{names['Api']}/stages/$default"
    firewall.associate_web_acl(WebACLArn=acl, ResourceArn=stage)

    assert posted(endpoint, names["Api"])[0] == 200


def test_a_function_in_a_closed_network_reaches_everything(endpoint: Endpoint) -> None:
    """A function behind a security group that lets nothing out calls an API."""
    code = """
        import boto3
        def handler(event, context):
            return boto3.client("sts").get_caller_identity()["Account"]
    """
    names = deployed(
        endpoint,
        {
            "Role": role(),
            "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
            "Subnet": resource("EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.0.0/24"),
            "Closed": resource(
                "EC2::SecurityGroup",
                VpcId=ref("Vpc"),
                GroupDescription="closed",
                SecurityGroupEgress=[],
            ),
            "F": function(
                code,
                VpcConfig={
                    "SubnetIds": [ref("Subnet")],
                    "SecurityGroupIds": [attribute("Closed", "GroupId")],
                },
            ),
        },
    )

    assert invoked(endpoint, names["F"]) == "000000000000"


def test_an_api_has_no_metrics(endpoint: Endpoint) -> None:
    """After a request there is none in CloudWatch."""
    names = deployed(endpoint, with_function(ANSWERS))
    assert posted(endpoint, names["Api"])[0] == 200

    metrics = endpoint.client("cloudwatch").list_metrics(Namespace="AWS/ApiGateway")["Metrics"]
    assert metrics == []


def test_an_alarm_on_an_expression_is_refused(endpoint: Endpoint) -> None:
    """CloudFormation says so, and the deployment replaces the alarm."""
    expression = [{"Id": "e", "Expression": "1 + 1"}]
    alarm = resource(
        "CloudWatch::Alarm",
        Metrics=expression,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    with pytest.raises(AssertionError, match="not supported"):
        deployed(endpoint, {"Alarm": alarm})


def test_the_address_of_an_api_is_not_here(endpoint: Endpoint) -> None:
    """The host that the CDK writes for an API is not one of this machine."""
    address = {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}
    names = deployed(
        endpoint,
        {
            "Api": resource("ApiGateway::RestApi", Name="shop"),
            "Told": resource("SSM::Parameter", Type="String", Value=address),
        },
    )
    told = endpoint.client("ssm").get_parameter(Name=names["Told"])["Parameter"]["Value"]

    assert told.endswith(".amazonaws.com")


def test_an_http_api_shows_the_error_of_a_function(endpoint: Endpoint) -> None:
    """The text of an exception is in the answer; a throttled function is a 429."""
    names = deployed(
        endpoint, with_function("def handler(event, context): raise ValueError('secret')")
    )
    assert "secret" in posted(endpoint, names["Api"])[1]

    endpoint.client("lambda").put_function_concurrency(
        FunctionName=names["F"], ReservedConcurrentExecutions=0
    )
    assert posted(endpoint, names["Api"])[0] == 429


def test_an_http_api_reaches_no_service(endpoint: Endpoint) -> None:
    """A message for a queue does not get there."""
    integration = {
        "IntegrationSubtype": "SQS-SendMessage",
        "PayloadFormatVersion": "1.0",
        "CredentialsArn": attribute("Role"),
        "RequestParameters": {"QueueUrl": ref("Queue"), "MessageBody": "$request.body"},
    }
    names = deployed(
        endpoint,
        http_api(
            integration,
            Role=role(service="apigateway.amazonaws.com"),
            Queue=resource("SQS::Queue"),
        ),
    )

    assert posted(endpoint, names["Api"])[0] == 502


def test_a_pipe_does_not_enrich(endpoint: Endpoint) -> None:
    """What arrives is the record that was read, and not the answer of the enrichment."""
    names = deployed(
        endpoint,
        {
            "Role": role(),
            "F": function("def handler(event, context): return [{'enriched': True}]"),
            "Source": resource("SQS::Queue"),
            "Target": resource("SQS::Queue"),
            "Pipe": resource(
                "Pipes::Pipe",
                RoleArn=attribute("Role"),
                Source=attribute("Source"),
                Enrichment=attribute("F"),
                Target=attribute("Target"),
            ),
        },
    )
    endpoint.client("sqs").send_message(QueueUrl=names["Source"], MessageBody="plain")
    arrived = eventually(lambda: messages(endpoint, names["Target"]))

    assert json.loads(arrived[0]["Body"])["body"] == "plain"
