"""What Lambda's resources say."""

from __future__ import annotations

import pytest

from hinagata.topology.edge import Kind
from tests.workbench.topology.edges.reading import (
    ALIAS,
    FUNCTION,
    QUEUE,
    TABLE,
    arn,
    lines,
    read,
    ref,
    resource,
    sub,
)


def test_a_function_says_where_it_runs_logs_and_gives_up() -> None:
    """Its subnets and security groups, its log group and its dead-letter queue."""
    topology = read(
        Work=resource(
            "Lambda::Function",
            DeadLetterConfig={"TargetArn": arn("Dead")},
            LoggingConfig={"LogGroup": ref("Log")},
            VpcConfig={"SubnetIds": [ref("Net")], "SecurityGroupIds": [arn("Wall")]},
        ),
        Dead=QUEUE,
        Log=resource("Logs::LogGroup"),
        Net=resource("EC2::Subnet"),
        Wall=resource("EC2::SecurityGroup"),
    )

    assert lines(topology) == [
        "Work dead_letter Dead",
        "Work logs_to Log",
        "Work runs_in Net",
        "Work runs_in Wall",
    ]


def test_a_function_is_told_of_what_its_environment_refers_to() -> None:
    """By reference or inside a text; an alias leads to its function; a plain text says nothing."""
    topology = read(
        Work=resource(
            "Lambda::Function",
            Environment={
                "Variables": {
                    "TABLE": ref("Orders"),
                    "URL": sub("https://sqs/${Letters.QueueName}"),
                    "NEXT": ref("Live"),
                    "LEVEL": "INFO",
                }
            },
        ),
        Orders=TABLE,
        Letters=QUEUE,
        Other=FUNCTION,
        Live=resource(
            "Lambda::Alias", FunctionName=ref("Other"), FunctionVersion="$LATEST", Name="live"
        ),
    )

    assert lines(topology, Kind.PASSES_ENV) == [
        "Work passes_env Orders TABLE",
        "Work passes_env Letters URL",
        "Work passes_env Other through Live NEXT",
    ]


def test_an_alias_stands_for_a_version_and_that_for_the_function() -> None:
    """Each edge goes one step."""
    topology = read(
        Work=FUNCTION,
        One=resource("Lambda::Version", FunctionName=ref("Work")),
        Live=resource(
            "Lambda::Alias",
            FunctionName=ref("Work"),
            FunctionVersion={"Fn::GetAtt": ["One", "Version"]},
            Name="live",
        ),
    )

    assert lines(topology) == ["One versions Work", "Live versions One"]


@pytest.mark.parametrize(
    ("name", "through"),
    [
        (ref("Work"), ""),
        (arn("Work"), ""),
        ("worker", ""),
        ("arn:aws:lambda:eu-west-1:123456789012:function:worker", ""),
        ("123456789012:function:worker", ""),
        (ref("Live"), " through Live"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:worker:live", " through Live"),
        (sub("${Work.Arn}:live"), " through Live"),
        (sub("arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:worker"), ""),
    ],
)
def test_a_function_is_named_in_every_way_that_lambda_takes(name: object, through: str) -> None:
    """By reference, name, ARN or part of it; the alias is told beside the function."""
    topology = read(
        Work=resource("Lambda::Function", FunctionName="worker"),
        Live=ALIAS,
        Orders=QUEUE,
        Mapping=resource(
            "Lambda::EventSourceMapping", EventSourceArn=arn("Orders"), FunctionName=name
        ),
    )

    assert lines(topology, Kind.POLLS) == [f"Orders polls Work via Mapping{through}"]


def test_a_mapping_says_who_polls_what_and_where_failures_go() -> None:
    """Streams, their consumers and the streams of tables; the failures come from the function."""
    failed = {"OnFailure": {"Destination": arn("Failed")}}
    topology = read(
        Work=FUNCTION,
        Clicks=resource("Kinesis::Stream"),
        Reader=resource("Kinesis::StreamConsumer", StreamARN=arn("Clicks")),
        Orders=TABLE,
        Failed=QUEUE,
        Fast=resource(
            "Lambda::EventSourceMapping",
            EventSourceArn=arn("Reader"),
            FunctionName=ref("Work"),
            DestinationConfig=failed,
        ),
        Changes=resource(
            "Lambda::EventSourceMapping",
            EventSourceArn={"Fn::GetAtt": ["Orders", "StreamArn"]},
            FunctionName=ref("Work"),
        ),
    )

    assert lines(topology) == [
        "Clicks polls Work via Fast",
        "Orders polls Work via Changes",
        "Work on_failure Failed via Fast",
    ]


def test_something_imported_is_polled_too() -> None:
    """All that name it by the same ARN speak of the same node."""
    clicks = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
    mapping = resource(
        "Lambda::EventSourceMapping", EventSourceArn=clicks, FunctionName=ref("Work")
    )
    topology = read(Work=FUNCTION, One=mapping, Two=mapping)

    assert lines(topology, Kind.POLLS) == [
        f"{clicks} polls Work via One",
        f"{clicks} polls Work via Two",
    ]
    assert len({edge.source for edge in topology.edges(Kind.POLLS)}) == 1


def test_asynchronous_outcomes_have_destinations() -> None:
    """Of the function, or of one of its aliases."""
    topology = read(
        Work=FUNCTION,
        Live=ALIAS,
        Failed=QUEUE,
        Done=resource("SNS::Topic"),
        Config=resource(
            "Lambda::EventInvokeConfig",
            FunctionName=ref("Work"),
            Qualifier="$LATEST",
            DestinationConfig={
                "OnFailure": {"Destination": arn("Failed")},
                "OnSuccess": {"Destination": ref("Done")},
            },
        ),
        ConfigOfLive=resource(
            "Lambda::EventInvokeConfig",
            FunctionName=ref("Work"),
            Qualifier="live",
            DestinationConfig={"OnFailure": {"Destination": arn("Failed")}},
        ),
    )

    assert lines(topology, Kind.ON_FAILURE, Kind.ON_SUCCESS) == [
        "Work on_failure Failed via Config",
        "Work on_failure Failed via ConfigOfLive through Live",
        "Work on_success Done via Config",
    ]


def test_a_url_opens_a_function_to_the_internet() -> None:
    """Its alias too."""
    topology = read(
        Work=FUNCTION,
        Live=ALIAS,
        Url=resource("Lambda::Url", TargetFunctionArn=ref("Work"), AuthType="NONE"),
        UrlOfLive=resource(
            "Lambda::Url", TargetFunctionArn=ref("Work"), Qualifier="live", AuthType="AWS_IAM"
        ),
    )

    assert lines(topology, Kind.INVOKES_SYNC) == [
        "Internet invokes_sync Work via Url",
        "Internet invokes_sync Work via UrlOfLive through Live",
    ]


def test_a_permission_opens_a_function() -> None:
    """Or one of its aliases."""
    topology = read(
        Work=FUNCTION,
        Live=ALIAS,
        Allowed=resource("Lambda::Permission", FunctionName=arn("Work")),
        AllowedLive=resource("Lambda::Permission", FunctionName=ref("Live")),
    )

    assert lines(topology, Kind.PERMITS) == [
        "Allowed permits Work",
        "AllowedLive permits Work through Live",
    ]


def test_aliases_in_a_circle_end() -> None:
    """A broken template is read all the same."""
    topology = read(
        One=resource("Lambda::Alias", FunctionName=ref("Two"), FunctionVersion="1", Name="a"),
        Two=resource("Lambda::Alias", FunctionName=ref("One"), FunctionVersion="1", Name="b"),
        Allowed=resource("Lambda::Permission", FunctionName=ref("One")),
    )

    assert len(lines(topology, Kind.PERMITS)) == 1
