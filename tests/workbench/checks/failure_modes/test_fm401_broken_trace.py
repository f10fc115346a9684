"""A trace ends in the middle of a request's way."""

from hinagata.checks.check import Finding
from hinagata.checks.failure_modes.fm401_broken_trace import broken_trace
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

ACTIVE = {"Mode": "Active"}


def may(role: str, action: str, target: str) -> dict[str, object]:
    """Return a policy that lets a role do one thing."""
    statement = {"Effect": "Allow", "Action": action, "Resource": arn(target)}
    return resource(
        "AWS::IAM::Policy", Roles=[{"Ref": role}], PolicyDocument={"Statement": [statement]}
    )


# API -> Intake -> queue -> Worker -> topic -> Notifier
FOUND = {
    "Resources": {
        "Api": resource("AWS::ApiGateway::RestApi", Name="orders"),
        "Stage": resource("AWS::ApiGateway::Stage", RestApiId={"Ref": "Api"}, TracingEnabled=True),
        "Post": resource(
            "AWS::ApiGateway::Method",
            HttpMethod="POST",
            RestApiId={"Ref": "Api"},
            Integration={
                "Type": "AWS_PROXY",
                "Uri": {
                    "Fn::Sub": "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
                    "${Intake.Arn}/invocations"
                },
            },
        ),
        "IntakeRole": resource("AWS::IAM::Role"),
        "Intake": resource("AWS::Lambda::Function", Role=arn("IntakeRole"), TracingConfig=ACTIVE),
        "MaySend": may("IntakeRole", "sqs:SendMessage", "Orders"),
        "Orders": resource("AWS::SQS::Queue"),
        "Mapping": resource(
            "AWS::Lambda::EventSourceMapping",
            EventSourceArn=arn("Orders"),
            FunctionName={"Ref": "Worker"},
        ),
        "WorkerRole": resource("AWS::IAM::Role"),
        "Worker": resource("AWS::Lambda::Function", Role=arn("WorkerRole")),
        "MayPublish": may("WorkerRole", "sns:Publish", "Shipped"),
        "Shipped": resource("AWS::SNS::Topic"),
        "Subscription": resource(
            "AWS::SNS::Subscription",
            Protocol="lambda",
            TopicArn={"Ref": "Shipped"},
            Endpoint=arn("Notifier"),
        ),
        "Notifier": resource("AWS::Lambda::Function"),
    }
}
CLEAN = changed(FOUND, Worker={"TracingConfig": ACTIVE}, Notifier={"TracingConfig": ACTIVE})
UNKNOWN = {
    **changed(CLEAN, Worker={"TracingConfig": {"Mode": {"Ref": "Tracing"}}}),
    "Parameters": {"Tracing": {"Type": "String"}},
}


def off(finding: Finding) -> tuple[str, str]:
    """Return the hop and what to change at it."""
    return finding.node.logical_id, finding.property


def test_reports_the_first_hop_alone() -> None:
    """Of two functions that are off, only the one that a trace arrives at is told."""
    [finding] = findings(broken_trace, FOUND)

    assert off(finding) == ("Worker", "TracingConfig.Mode")
    assert "Intake through Orders" in finding.says


def test_accepts_a_trace_of_every_hop() -> None:
    """Active functions behind a traced stage are a whole trace, whatever topic lies between."""
    assert findings(broken_trace, CLEAN) == []


def test_is_silent_where_the_mode_is_unknown() -> None:
    """A mode that a parameter decides is told apart, not judged."""
    assert unresolved(broken_trace, UNKNOWN) == [("Worker", "TracingConfig.Mode")]


def test_follows_a_topic_that_has_no_tracing_of_its_own() -> None:
    """A topic passes the header on without active tracing."""
    [finding] = findings(broken_trace, changed(CLEAN, Notifier={"TracingConfig": {}}))

    assert off(finding) == ("Notifier", "TracingConfig.Mode")


def test_asks_nothing_of_a_system_without_traces() -> None:
    """Who traces nothing has chosen so."""
    dark = changed(
        FOUND, Stage={"TracingEnabled": False}, Intake={"TracingConfig": {"Mode": "PassThrough"}}
    )

    assert findings(broken_trace, dark) == []


def test_finds_a_workflow_that_is_off() -> None:
    """A state machine is a hop like a function."""
    started = changed(
        CLEAN,
        Flow=resource("AWS::StepFunctions::StateMachine", RoleArn=arn("WorkerRole")),
        MayStart=may("IntakeRole", "states:StartExecution", "Flow"),
    )

    [finding] = findings(broken_trace, started)

    assert off(finding) == ("Flow", "TracingConfiguration.Enabled")


def test_follows_the_notifications_of_a_bucket() -> None:
    """Amazon S3 passes the header on to whom it notifies."""
    notifying = {
        "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": arn("Notifier")}]
    }
    template = changed(
        CLEAN,
        Notifier={"TracingConfig": {}},
        Subscription=resource("AWS::S3::Bucket", NotificationConfiguration=notifying),
        MayPut=may("IntakeRole", "s3:PutObject", "Subscription"),
    )

    [finding] = findings(broken_trace, template)

    assert off(finding) == ("Notifier", "TracingConfig.Mode")


def test_does_not_follow_a_stream() -> None:
    """A stream's records carry no header: behind it a new trace begins."""
    template = changed(
        CLEAN,
        Orders=resource("AWS::Kinesis::Stream"),
        Worker={"TracingConfig": {}},
        MaySend=may("IntakeRole", "kinesis:PutRecord", "Orders"),
    )

    assert findings(broken_trace, template) == []


def test_does_not_take_a_consumers_rights_for_a_way_onward() -> None:
    """What may receive from a queue sends nothing to the queue's other readers."""
    template = changed(
        FOUND,
        MaySend=may("IntakeRole", "sqs:ReceiveMessage", "Orders"),
        MayPublish=may("WorkerRole", "sns:GetTopicAttributes", "Shipped"),
    )

    assert findings(broken_trace, template) == []
