"""How messages travel along an edge, and what the services do where a template says nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.flow import Flow, flow
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of

FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 20}}


def arn(name: str) -> dict[str, Any]:
    """Return a reference to a resource's ARN."""
    return {"Fn::GetAtt": [name, "Arn"]}


def resource(type_: str, **properties: object) -> dict[str, Any]:
    """Return a resource."""
    return {"Type": type_, "Properties": properties}


def read(**resources: dict[str, Any]) -> Topology:
    """Return the topology of some resources and a function."""
    return topology_of(Shop={"Resources": {"Worker": FUNCTION, **resources}})


def only(topology: Topology, kind: Kind) -> Flow:
    """Return the flow along the only edge of a kind."""
    found: list[Edge] = list(topology.edges(kind))
    assert len(found) == 1

    result = flow(found[0], topology)

    assert result is not None
    return result


def mapping(source: dict[str, Any], **properties: object) -> dict[str, Any]:
    """Return an event source mapping to the function."""
    return resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=source,
        FunctionName={"Ref": "Worker"},
        **properties,
    )


def test_a_queue_is_polled_with_the_defaults_of_the_services() -> None:
    """Ten messages, no window, hidden for 30 s, and received until they expire."""
    polled = only(
        read(Orders=resource("AWS::SQS::Queue"), Mapping=mapping(arn("Orders"))), Kind.POLLS
    )

    assert polled == Flow(
        mode="poll",
        timeout_s=20,
        retries=math.inf,
        backoff="fixed",
        batch_size=10,
        window_s=0,
        max_in_flight=None,
        ordered=False,
        visibility_s=30,
        trace="passes",
    )


def test_a_queue_is_polled_as_it_is_told() -> None:
    """A message that may be received five times is tried four times again."""
    policy = {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 5}
    polled = only(
        read(
            Dead=resource("AWS::SQS::Queue", FifoQueue=True),
            Orders=resource(
                "AWS::SQS::Queue", FifoQueue=True, VisibilityTimeout=120, RedrivePolicy=policy
            ),
            Mapping=mapping(
                arn("Orders"),
                BatchSize=5,
                MaximumBatchingWindowInSeconds=2,
                ScalingConfig={"MaximumConcurrency": 7},
            ),
        ),
        Kind.POLLS,
    )

    assert (polled.retries, polled.batch_size, polled.window_s) == (4, 5, 2)
    assert (polled.max_in_flight, polled.ordered, polled.visibility_s) == (7, True, 120)


def test_a_stream_is_polled_in_order_and_without_end() -> None:
    """A record is tried until it expires; each shard has so many readers."""
    polled = only(
        read(
            Clicks=resource("AWS::Kinesis::Stream", ShardCount=4),
            Mapping=mapping(arn("Clicks"), ParallelizationFactor=10),
        ),
        Kind.POLLS,
    )

    assert (polled.retries, polled.batch_size, polled.max_in_flight) == (math.inf, 100, 40)
    assert (polled.ordered, polled.trace) == (True, "breaks")


def test_a_pipe_has_the_settings_of_its_source() -> None:
    """They lie below the parameters of the source's service."""
    polled = only(
        read(
            Orders=resource("AWS::SQS::Queue"),
            Pipe=resource(
                "AWS::Pipes::Pipe",
                Source=arn("Orders"),
                Target=arn("Worker"),
                SourceParameters={"SqsQueueParameters": {"BatchSize": 3}},
            ),
        ),
        Kind.POLLS,
    )

    assert (polled.mode, polled.batch_size, polled.window_s) == ("poll", 3, 0)


def test_what_is_not_known_is_none() -> None:
    """A parameter without a default leaves the number open, and the others as they are."""
    topology = topology_of(
        Shop={
            "Parameters": {"Batch": {"Type": "Number"}},
            "Resources": {
                "Worker": FUNCTION,
                "Orders": resource("AWS::SQS::Queue"),
                "Mapping": mapping(arn("Orders"), BatchSize={"Ref": "Batch"}),
            },
        }
    )

    polled = only(topology, Kind.POLLS)

    assert (polled.batch_size, polled.window_s) == (None, 0)


@pytest.mark.parametrize(
    ("qualifier", "retries"),
    [("$LATEST", 0), ("live", 2)],
    ids=["its own configuration", "an alias's"],
)
def test_an_asynchronous_invocation_is_tried_twice_again_unless_told(
    qualifier: str, retries: int
) -> None:
    """The configuration of one qualifier counts for no other."""
    invoked = only(
        read(
            Topic=resource("AWS::SNS::Topic"),
            Subscription=resource(
                "AWS::SNS::Subscription",
                TopicArn={"Ref": "Topic"},
                Endpoint=arn("Worker"),
                Protocol="lambda",
            ),
            Config=resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Worker"},
                Qualifier=qualifier,
                MaximumRetryAttempts=0,
            ),
            Alias=resource(
                "AWS::Lambda::Alias",
                FunctionName={"Ref": "Worker"},
                FunctionVersion="$LATEST",
                Name="live",
            ),
        ),
        Kind.INVOKES_ASYNC,
    )

    assert (invoked.mode, invoked.retries, invoked.trace) == ("async", retries, "passes")


def test_the_configuration_of_an_alias_counts_for_what_comes_through_it() -> None:
    """The edge's qualifier tells."""
    invoked = only(
        read(
            Alias=resource(
                "AWS::Lambda::Alias",
                FunctionName={"Ref": "Worker"},
                FunctionVersion="$LATEST",
                Name="live",
            ),
            Config=resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": "Worker"},
                Qualifier="live",
                MaximumRetryAttempts=1,
            ),
            Bucket=resource(
                "AWS::S3::Bucket",
                NotificationConfiguration={
                    "LambdaConfigurations": [
                        {"Event": "s3:ObjectCreated:*", "Function": {"Ref": "Alias"}}
                    ]
                },
            ),
        ),
        Kind.INVOKES_ASYNC,
    )

    assert (invoked.retries, invoked.trace) == (1, "breaks")


def test_a_rule_tries_185_times_unless_told() -> None:
    """The target's own policy counts."""
    topology = read(
        Orders=resource("AWS::SQS::Queue"),
        Rest=resource("AWS::SQS::Queue"),
        Rule=resource(
            "AWS::Events::Rule",
            EventPattern={"source": ["shop"]},
            Targets=[
                {"Id": "1", "Arn": arn("Orders"), "RetryPolicy": {"MaximumRetryAttempts": 3}},
                {"Id": "2", "Arn": arn("Rest")},
            ],
        ),
    )

    flows = [flow(edge, topology) for edge in topology.edges(Kind.DELIVERS)]

    assert [each.retries for each in flows if each] == [3, 185]


def test_a_topic_does_not_give_up_for_weeks() -> None:
    """It delivers to AWS's own endpoints a hundred thousand times."""
    delivered = only(
        read(
            Topic=resource("AWS::SNS::Topic"),
            Orders=resource("AWS::SQS::Queue"),
            Subscription=resource(
                "AWS::SNS::Subscription",
                TopicArn={"Ref": "Topic"},
                Endpoint=arn("Orders"),
                Protocol="sqs",
            ),
        ),
        Kind.DELIVERS,
    )

    assert (delivered.retries, delivered.trace) == (100_015, "passes")


@pytest.mark.parametrize(("declared", "timeout"), [({}, 29), ({"TimeoutInMillis": 5000}, 5)])
def test_an_api_waits_as_long_as_its_method_says(declared: dict[str, int], timeout: float) -> None:
    """29 s unless it says less, and it asks once."""
    topology = read(
        Api=resource("AWS::ApiGateway::RestApi", EndpointConfiguration={"Types": ["PRIVATE"]}),
        Get=resource(
            "AWS::ApiGateway::Method",
            RestApiId={"Ref": "Api"},
            HttpMethod="GET",
            Integration={
                "Type": "AWS_PROXY",
                "Uri": {
                    "Fn::Sub": "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/"
                    "functions/${Worker.Arn}/invocations"
                },
                **declared,
            },
        ),
    )

    called = only(topology, Kind.INVOKES_SYNC)

    assert (called.mode, called.timeout_s, called.retries) == ("sync", timeout, 0)


def test_a_workflow_tries_as_often_as_its_most_patient_retrier() -> None:
    """Three times where a retrier names no number, and with growing waits."""
    task = {
        "Type": "Task",
        "Resource": arn("Worker"),
        "TimeoutSeconds": 60,
        "Retry": [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["B"], "MaxAttempts": 6}],
        "End": True,
    }
    called = only(
        read(
            Flow=resource(
                "AWS::StepFunctions::StateMachine",
                Definition={"StartAt": "Do", "States": {"Do": task}},
            )
        ),
        Kind.INVOKES_SYNC,
    )

    assert (called.timeout_s, called.retries, called.backoff) == (60, 6, "exponential")


def test_what_code_may_write_is_handed_over_where_something_takes_messages() -> None:
    """Nobody can know the caller's own retries from a template."""
    written = only(
        read(
            Orders=resource("AWS::SQS::Queue"),
            Role=resource(
                "AWS::IAM::Role",
                Policies=[
                    {
                        "PolicyName": "Send",
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": "sqs:SendMessage",
                                    "Resource": arn("Orders"),
                                }
                            ]
                        },
                    }
                ],
            ),
            Sender=resource("AWS::Lambda::Function", Role=arn("Role")),
        ),
        Kind.MAY_WRITE,
    )

    assert (written.mode, written.retries, written.trace) == ("async", None, "passes")


def test_no_message_travels_along_other_edges() -> None:
    """An alarm that watches a queue sends nothing there."""
    topology = read(
        Orders=resource("AWS::SQS::Queue"),
        Alarm=resource(
            "AWS::CloudWatch::Alarm",
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Orders", "QueueName"]}}],
        ),
    )

    assert [flow(edge, topology) for edge in topology.edges()] == [None]
