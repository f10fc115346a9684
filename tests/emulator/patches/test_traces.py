"""A trace goes on from hop to hop."""

import json
import urllib.request
from functools import partial
from typing import Any

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import messages, shows
from tests.emulator.templates import allow, attribute, deployed, function, lets, ref, resource, role
from tests.polling import eventually

ROOT = "1-5759e988-bd862e3fe1be46a994272793"

SENDS_ON = """
    import json, os, boto3
    def handler(event, context):
        env = os.environ
        boto3.client("sqs").send_message(QueueUrl=env["DIRECT"], MessageBody="x")
        boto3.client("sqs").send_message_batch(
            QueueUrl=env["BATCH"], Entries=[{"Id": "1", "MessageBody": "x"}])
        boto3.client("sns").publish(TopicArn=env["TOPIC"], Message="x")
        boto3.client("events").put_events(Entries=[
            {"Source": "shop", "DetailType": "sold", "Detail": "{}", "EventBusName": env["BUS"]}])
        return {"statusCode": 200, "body": env.get("_X_AMZN_TRACE_ID", "")}
"""

QUEUES = ("Direct", "Batch", "FromTopic", "FromBus")


def web_of_queues(endpoint: Endpoint, bus: str) -> dict[str, str]:
    """A function behind an API that sends to queues, directly and by topic and bus."""
    return deployed(
        endpoint,
        {
            **{name: resource("SQS::Queue") for name in QUEUES},
            "TopicPolicy": lets("sns.amazonaws.com", "sqs:SendMessage", ref("FromTopic")),
            "BusPolicy": lets("events.amazonaws.com", "sqs:SendMessage", ref("FromBus")),
            "Topic": resource("SNS::Topic"),
            "Subscription": resource(
                "SNS::Subscription",
                TopicArn=ref("Topic"),
                Protocol="sqs",
                Endpoint=attribute("FromTopic"),
            ),
            "Bus": resource("Events::EventBus", Name=bus),
            "Rule": resource(
                "Events::Rule",
                EventBusName=ref("Bus"),
                EventPattern={"source": ["shop"]},
                Targets=[{"Id": "Q", "Arn": attribute("FromBus")}],
            ),
            "Role": role(allow(["sqs:*", "sns:*", "events:*"], "*")),
            "F": function(
                SENDS_ON,
                environment={
                    "DIRECT": ref("Direct"),
                    "BATCH": ref("Batch"),
                    "TOPIC": ref("Topic"),
                    "BUS": ref("Bus"),
                },
                TracingConfig={"Mode": "Active"},
            ),
            "Api": resource("ApiGatewayV2::Api", Name="shop", ProtocolType="HTTP"),
            "Integration": resource(
                "ApiGatewayV2::Integration",
                ApiId=ref("Api"),
                IntegrationType="AWS_PROXY",
                IntegrationUri=attribute("F"),
                PayloadFormatVersion="2.0",
            ),
            "Route": resource(
                "ApiGatewayV2::Route",
                ApiId=ref("Api"),
                RouteKey="GET /",
                Target={"Fn::Sub": "integrations/${Integration}"},
            ),
            "Stage": resource(
                "ApiGatewayV2::Stage", ApiId=ref("Api"), StageName="$default", AutoDeploy=True
            ),
            "Permission": resource(
                "Lambda::Permission",
                Action="lambda:InvokeFunction",
                FunctionName=ref("F"),
                Principal="apigateway.amazonaws.com",
            ),
        },
    )


@shows("trace-header")
def test_a_trace_goes_on_through_every_channel(patched: Endpoint, plain: Endpoint) -> None:
    """The root that came with the request is in the handler and on every message behind it."""
    roots = {}
    for endpoint, bus in ((patched, "traced"), (plain, "untraced")):
        names = web_of_queues(endpoint, bus)
        request = urllib.request.Request(
            endpoint.url_of_api(names["Api"], "$default") + "/",
            headers={"X-Amzn-Trace-Id": f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            inside = response.read().decode()
        roots[endpoint] = {"handler": ROOT in inside}
        for queue in QUEUES:
            arrived = eventually(partial(messages, endpoint, names[queue]))
            header = arrived[0]["Attributes"].get("AWSTraceHeader", "")
            roots[endpoint][queue] = ROOT in header
        if endpoint is patched:
            assert "Parent=53995c3f42cd8ad8" not in inside  # the function is the parent now

    assert roots[patched] == dict.fromkeys(("handler", *QUEUES), True)
    assert roots[plain] == dict.fromkeys(("handler", *QUEUES), False)


def test_an_api_starts_a_trace_where_there_is_none(patched: Endpoint) -> None:
    """A caller that sends no header gets one, and all behind it is one trace."""
    names = web_of_queues(patched, "started")
    url = patched.url_of_api(names["Api"], "$default") + "/"
    with urllib.request.urlopen(url, timeout=10) as response:
        inside = response.read().decode()
    found: list[dict[str, Any]] = eventually(partial(messages, patched, names["Direct"]))

    assert inside.startswith("Root=1-")
    assert found[0]["Attributes"]["AWSTraceHeader"].split(";")[0] == inside.split(";")[0]


def test_a_workflow_hands_on_the_trace_of_who_started_it(patched: Endpoint) -> None:
    """The trace header of an execution is in its tasks."""
    code = """
        import os
        def handler(event, context):
            return os.environ.get("_X_AMZN_TRACE_ID", "")
    """
    task = {"Type": "Task", "Resource": "${F.Arn}", "End": True}
    machine = {"StartAt": "Call", "States": {"Call": task}}
    names = deployed(
        patched,
        {
            "Role": role(),
            "MachineRole": role(service="states.amazonaws.com"),
            "F": function(code),
            "Machine": resource(
                "StepFunctions::StateMachine",
                RoleArn=attribute("MachineRole"),
                DefinitionString={"Fn::Sub": json.dumps(machine)},
            ),
        },
    )
    workflows = patched.client("stepfunctions")
    started = workflows.start_execution(
        stateMachineArn=names["Machine"], traceHeader=f"Root={ROOT};Sampled=1"
    )

    def output() -> str:
        execution = workflows.describe_execution(executionArn=started["executionArn"])
        return str(execution.get("output") or "")

    assert ROOT in eventually(output)
