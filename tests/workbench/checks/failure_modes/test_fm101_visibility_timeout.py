"""Messages return while they are still worked on."""

from hinagata.checks.failure_modes.fm101_visibility_timeout import visibility_timeout
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Orders": resource("AWS::SQS::Queue", VisibilityTimeout=60),
        "Worker": resource("AWS::Lambda::Function", Timeout=30),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Orders"),
            FunctionName={"Ref": "Worker"},
        ),
    }
}
CLEAN = changed(FOUND, Orders={"VisibilityTimeout": 180})
UNKNOWN = {
    **changed(FOUND, Worker={"Timeout": {"Ref": "Seconds"}}),
    "Parameters": {"Seconds": {"Type": "Number"}},
}


def test_names_the_queue_and_both_times() -> None:
    """A queue with twice the function's timeout is found, with the bound of six times."""
    [finding] = findings(visibility_timeout, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Orders", "VisibilityTimeout")
    assert "60 s" in finding.says
    assert "= 180 s" in finding.says
    assert [node.logical_id for node in finding.related] == ["Worker", "Mapping"]


def test_accepts_six_times_the_timeout() -> None:
    """Exactly six times the function's timeout is enough."""
    assert findings(visibility_timeout, CLEAN) == []


def test_is_silent_where_a_time_is_unknown() -> None:
    """A timeout that is known only after the deployment is told apart, not judged."""
    assert unresolved(visibility_timeout, UNKNOWN) == [("Worker", "Timeout")]


def test_adds_the_batching_window() -> None:
    """The window passes before the function starts: it comes on top."""
    [finding] = findings(
        visibility_timeout, changed(CLEAN, Mapping={"MaximumBatchingWindowInSeconds": 5})
    )

    assert "= 185 s" in finding.says


def test_knows_the_services_defaults() -> None:
    """Thirty seconds of a queue are enough for the three of a function, not for six."""
    defaults = changed(
        FOUND, Orders=resource("AWS::SQS::Queue"), Worker=resource("AWS::Lambda::Function")
    )

    assert findings(visibility_timeout, defaults) == []
    assert len(findings(visibility_timeout, changed(defaults, Worker={"Timeout": 6}))) == 1


def test_takes_the_factor_from_the_configuration() -> None:
    """Who accepts twice the timeout sets the threshold."""
    assert findings(visibility_timeout, FOUND, visibility_per_timeout=2) == []


def test_reads_the_window_of_a_pipe() -> None:
    """A pipe waits for its function as a mapping does, unless it fires and forgets."""
    pipe = resource(
        "AWS::Pipes::Pipe",
        Source=arn("Orders"),
        Target=arn("Worker"),
        SourceParameters={"SqsQueueParameters": {"MaximumBatchingWindowInSeconds": 20}},
    )
    piped = changed(FOUND, Mapping=pipe)
    forgets = {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}

    assert "= 200 s" in findings(visibility_timeout, piped)[0].says
    assert findings(visibility_timeout, changed(piped, Mapping={"TargetParameters": forgets})) == []
