"""Messages that come back."""

from typing import Any

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm107_recursion_loop import recursion_loop
from tests.workbench.checks.judgement import arn, changed, findings, resource

LEADS = "what it sends may come back to it: "


def allowing(action: str, *targets: object) -> dict[str, object]:
    """Return a role that allows one action on some resources."""
    statement = {"Effect": "Allow", "Action": action, "Resource": list(targets)}
    return resource(
        "AWS::IAM::Role",
        Policies=[{"PolicyName": "sends", "PolicyDocument": {"Statement": [statement]}}],
    )


def polled(source: object, **more: object) -> dict[str, object]:
    """Return the mapping of a queue or stream to the function."""
    return resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=source,
        FunctionName={"Ref": "Worker"},
        **more,
    )


FOUND = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function", Role=arn("Role")),
        "Role": allowing("dynamodb:PutItem", arn("Orders")),
        "Orders": resource(
            "AWS::DynamoDB::Table", StreamSpecification={"StreamViewType": "NEW_IMAGE"}
        ),
        "Mapping": polled({"Fn::GetAtt": ["Orders", "StreamArn"]}, StartingPosition="TRIM_HORIZON"),
    }
}
CLEAN = changed(
    FOUND,
    Totals=resource("AWS::DynamoDB::Table"),
    Role=allowing("dynamodb:PutItem", arn("Totals")),
)
# Nobody can know which table the role opens.
UNKNOWN = {
    **changed(FOUND, Role=allowing("dynamodb:PutItem", {"Ref": "Table"})),
    "Parameters": {"Table": {"Type": "String"}},
}
QUEUED = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function", Role=arn("Role")),
        "Role": allowing("sqs:SendMessage", arn("Orders")),
        "Orders": resource("AWS::SQS::Queue"),
        "Mapping": polled(arn("Orders")),
    }
}
STORED = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function", Role=arn("Role")),
        "Role": allowing("s3:PutObject", {"Fn::Sub": "${Photos.Arn}/*"}),
        "Photos": resource(
            "AWS::S3::Bucket",
            NotificationConfiguration={
                "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": arn("Worker")}]
            },
        ),
    }
}
ROUTED = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function", Role=arn("Role")),
        "Role": allowing("events:PutEvents", arn("Bus")),
        "Bus": resource("AWS::Events::EventBus", Name="shop"),
        "Rule": resource(
            "AWS::Events::Rule",
            EventBusName={"Ref": "Bus"},
            EventPattern={"account": ["111122223333"]},
            Targets=[{"Id": "Worker", "Arn": arn("Worker")}],
        ),
    }
}


def test_names_the_loop_in_order() -> None:
    """A function that may write to the table whose stream starts it is found: nothing stops it."""
    [finding] = findings(recursion_loop, FOUND)

    assert finding.node.logical_id == "Worker"
    assert finding.says == LEADS + "Worker -> Orders -> Worker"
    assert finding.severity is None


def test_accepts_another_target() -> None:
    """What is written elsewhere does not come back."""
    assert findings(recursion_loop, CLEAN) == []


def test_is_silent_where_the_target_is_unknown() -> None:
    """A permission on something unknown closes no loop."""
    assert findings(recursion_loop, UNKNOWN) == []


@pytest.mark.parametrize("template", [QUEUED, STORED])
def test_warns_of_loops_that_lambda_stops(template: dict[str, Any]) -> None:
    """Lambda counts the turns through queues and buckets, unless it is told not to."""
    [finding] = findings(recursion_loop, template)
    [allowed] = findings(recursion_loop, changed(template, Worker={"RecursiveLoop": "Allow"}))

    assert finding.severity is Severity.WARNING
    assert allowed.severity is None


def test_follows_topics_to_queues() -> None:
    """A loop through a topic and a queue is told from the function on."""
    fanned = changed(
        QUEUED,
        Role=allowing("sns:Publish", {"Ref": "Events"}),
        Events=resource("AWS::SNS::Topic"),
        Subscription=resource(
            "AWS::SNS::Subscription",
            TopicArn={"Ref": "Events"},
            Protocol="sqs",
            Endpoint=arn("Orders"),
        ),
    )
    filtered = changed(fanned, Subscription={"FilterPolicy": {"kind": ["new"]}})

    assert (
        findings(recursion_loop, fanned)[0].says == LEADS + "Worker -> Events -> Orders -> Worker"
    )
    assert findings(recursion_loop, filtered) == []


def test_accepts_a_filter_at_the_mapping() -> None:
    """Filter criteria tell what is new from what the function wrote."""
    criteria = {"FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]}}

    assert findings(recursion_loop, changed(FOUND, Mapping=criteria)) == []


@pytest.mark.parametrize(
    "configuration",
    [
        {
            "Event": "s3:ObjectCreated:*",
            "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "new/"}]}},
        },
        {"Event": "s3:ObjectRemoved:*"},
    ],
)
def test_accepts_a_notification_that_does_not_see_new_objects(
    configuration: dict[str, object],
) -> None:
    """A prefix, or an event that writing does not cause, ends the loop."""
    notified = {
        "NotificationConfiguration": {
            "LambdaConfigurations": [{**configuration, "Function": arn("Worker")}]
        }
    }

    assert findings(recursion_loop, changed(STORED, Photos=notified)) == []


def test_does_not_take_deleting_for_writing() -> None:
    """Who deletes from the bucket or queue that starts it starts nothing."""
    deletes = changed(STORED, Role=allowing("s3:DeleteObject*", {"Fn::Sub": "${Photos.Arn}/*"}))
    consumes = changed(QUEUED, Role=allowing("sqs:DeleteMessage", arn("Orders")))

    assert findings(recursion_loop, deletes) == []
    assert findings(recursion_loop, consumes) == []


def test_does_not_take_an_answer_for_a_message() -> None:
    """A function that answers through a WebSocket API does not send to what the API feeds."""
    integration = {
        "ApiId": {"Ref": "Api"},
        "IntegrationType": "AWS",
        "IntegrationSubtype": "SQS-SendMessage",
        "RequestParameters": {"QueueUrl": {"Ref": "Orders"}},
    }
    answering = changed(
        QUEUED,
        Api=resource("AWS::ApiGatewayV2::Api", ProtocolType="WEBSOCKET"),
        Integration=resource("AWS::ApiGatewayV2::Integration", **integration),
        Role=allowing(
            "execute-api:ManageConnections",
            {"Fn::Sub": "arn:aws:execute-api:eu-west-1:111122223333:${Api}/*"},
        ),
    )

    assert findings(recursion_loop, answering) == []


def test_accepts_a_rule_that_looks_at_the_event() -> None:
    """A system lives on one bus: rules that look at what happened make no loop of it."""
    [finding] = findings(recursion_loop, ROUTED)
    looking = changed(ROUTED, Rule={"EventPattern": {"detail-type": ["OrderPlaced"]}})

    assert finding.severity is None
    assert findings(recursion_loop, looking) == []


def test_finds_a_destination_that_leads_back() -> None:
    """A success destination that is the function's own queue needs no permission to loop."""
    returned = changed(
        QUEUED,
        Role=resource("AWS::IAM::Role"),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Worker"},
            Qualifier="$LATEST",
            DestinationConfig={"OnSuccess": {"Destination": arn("Orders")}},
        ),
    )

    assert len(findings(recursion_loop, returned)) == 1


def test_finds_a_function_that_reads_its_own_log() -> None:
    """A function that is subscribed to its own log group writes what starts it."""
    log = {
        "Resources": {
            "Worker": resource(
                "AWS::Lambda::Function", LoggingConfig={"LogGroup": {"Ref": "Group"}}
            ),
            "Group": resource("AWS::Logs::LogGroup"),
            "Subscription": resource(
                "AWS::Logs::SubscriptionFilter",
                LogGroupName={"Ref": "Group"},
                DestinationArn=arn("Worker"),
                FilterPattern="",
            ),
        }
    }

    [finding] = findings(recursion_loop, log)

    assert finding.severity is None


def test_tells_two_functions_of_one_loop_once() -> None:
    """Two functions that pass messages to and fro are one loop, and one finding."""
    to_and_fro = {
        "Resources": {
            **QUEUED["Resources"],
            "Role": allowing("sqs:SendMessage", arn("Answers")),
            "Answers": resource("AWS::SQS::Queue"),
            "Other": resource("AWS::Lambda::Function", Role=arn("OtherRole")),
            "OtherRole": allowing("sqs:SendMessage", arn("Orders")),
            "OtherMapping": resource(
                "AWS::Lambda::EventSourceMapping",
                EventSourceArn=arn("Answers"),
                FunctionName={"Ref": "Other"},
            ),
        }
    }

    [finding] = findings(recursion_loop, to_and_fro)

    assert "Worker -> Answers -> Other -> Orders -> Worker" in finding.says


def test_finds_dead_letters_that_are_put_back() -> None:
    """What always fails is given up and sent again without end."""
    template = changed(
        QUEUED,
        Orders={"RedrivePolicy": {"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": 5}},
        Mapping={"EventSourceArn": arn("Letters")},
    )
    template["Resources"]["Letters"] = resource("AWS::SQS::Queue")

    [finding] = findings(recursion_loop, template)

    assert finding.says == f"{LEADS}Worker -> Orders -> Letters -> Worker"
