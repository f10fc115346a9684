"""What log groups and their subscriptions say."""

from __future__ import annotations

from tests.workbench.topology.edges.reading import FUNCTION, arn, lines, read, ref, resource, sub


def test_a_log_group_is_a_functions_by_its_name() -> None:
    """By reference or literally; not if the function says that it logs elsewhere."""
    topology = read(
        Work=FUNCTION,
        Named=resource("Lambda::Function", FunctionName="named"),
        Moved=resource(
            "Lambda::Function", FunctionName="moved", LoggingConfig={"LogGroup": ref("Own")}
        ),
        Own=resource("Logs::LogGroup"),
        OfWork=resource("Logs::LogGroup", LogGroupName=sub("/aws/lambda/${Work}")),
        OfNamed=resource("Logs::LogGroup", LogGroupName="/aws/lambda/named"),
        OfMoved=resource("Logs::LogGroup", LogGroupName="/aws/lambda/moved"),
        OfNobody=resource("Logs::LogGroup", LogGroupName="/aws/lambda/nobody"),
    )

    assert lines(topology) == [
        "Moved logs_to Own",
        "Work logs_to OfWork via OfWork",
        "Named logs_to OfNamed via OfNamed",
    ]


def test_the_cdk_may_set_the_retention_of_a_group_that_lambda_makes() -> None:
    """Its custom resource stands for the group: it has its name and its retention."""
    topology = read(
        Work=FUNCTION,
        Retention=resource("Custom::LogRetention", LogGroupName=sub("/aws/lambda/${Work}")),
    )

    assert lines(topology) == ["Work logs_to Retention via Retention"]


def test_a_subscription_hands_lines_on() -> None:
    """To a function, or to what keeps them."""
    topology = read(
        Log=resource("Logs::LogGroup"),
        Work=FUNCTION,
        Clicks=resource("Kinesis::Stream"),
        ToWork=resource(
            "Logs::SubscriptionFilter", LogGroupName=ref("Log"), DestinationArn=arn("Work")
        ),
        ToClicks=resource(
            "Logs::SubscriptionFilter", LogGroupName=ref("Log"), DestinationArn=arn("Clicks")
        ),
    )

    assert lines(topology) == [
        "Log invokes_async Work via ToWork",
        "Log delivers Clicks via ToClicks",
    ]
