"""Logs are kept, and paid for, without end."""

from hinagata.checks.failure_modes.fm408_endless_logs import endless_logs
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {"Resources": {"Logs": resource("AWS::Logs::LogGroup")}}
CLEAN = changed(FOUND, Logs={"RetentionInDays": 30})
UNKNOWN = {
    **changed(FOUND, Logs={"RetentionInDays": {"Ref": "Days"}}),
    "Parameters": {"Days": {"Type": "Number"}},
}
FUNCTION = {"Resources": {"Worker": resource("AWS::Lambda::Function")}}


def test_finds_a_group_without_a_retention() -> None:
    """A log group that never expires is found."""
    [finding] = findings(endless_logs, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Logs", "RetentionInDays")


def test_accepts_a_retention() -> None:
    """Any number of days is an end."""
    assert findings(endless_logs, CLEAN) == []


def test_is_silent_where_the_retention_is_unknown() -> None:
    """Days that a parameter gives are told apart, not judged."""
    assert unresolved(endless_logs, UNKNOWN) == [("Logs", "RetentionInDays")]


def test_finds_a_function_without_a_group() -> None:
    """What Lambda makes by itself never expires."""
    [finding] = findings(endless_logs, FUNCTION)

    assert (finding.node.logical_id, finding.property) == ("Worker", "LoggingConfig.LogGroup")


def test_accepts_a_function_with_a_group_of_its_own() -> None:
    """A group is its own by its logging configuration or by its name."""
    configured = changed(
        FUNCTION,
        Logs=CLEAN["Resources"]["Logs"],
        Worker={"LoggingConfig": {"LogGroup": {"Ref": "Logs"}}},
    )
    named = changed(
        FUNCTION,
        Logs=resource(
            "AWS::Logs::LogGroup",
            LogGroupName={"Fn::Sub": "/aws/lambda/${Worker}"},
            RetentionInDays=30,
        ),
    )

    assert findings(endless_logs, configured) == []
    assert findings(endless_logs, named) == []


def test_accepts_a_retention_that_the_cdk_sets() -> None:
    """The CDK's custom resource gives the group of a function an end, and logs little itself."""
    retention = changed(
        FUNCTION,
        Handler=resource("AWS::Lambda::Function"),
        Retention=resource(
            "Custom::LogRetention",
            ServiceToken=arn("Handler"),
            LogGroupName={"Fn::Join": ["", ["/aws/lambda/", {"Ref": "Worker"}]]},
            RetentionInDays=30,
        ),
    )

    assert findings(endless_logs, retention) == []


def test_says_nothing_of_a_group_that_is_made_elsewhere() -> None:
    """Whether a group of another app expires is not to be seen here."""
    elsewhere = changed(FUNCTION, Worker={"LoggingConfig": {"LogGroup": "/shared/logs"}})

    assert unresolved(endless_logs, elsewhere) == [("Worker", "LoggingConfig.LogGroup")]
