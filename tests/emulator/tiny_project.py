"""A project whose synthesis and deployment take no time: an API, a queue, a topic, a queue.

Entry (HTTP) -> Work -> Middle -> News -> Updates -> Partner. Its `app.py` copies what lies there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.emulator.assemblies import BUCKET, code_of

REPOSITORY = Path(__file__).parents[2]

ENTRY = """
    import os, pathlib
    from pattern_runtime import Event, required, send_to_queue, span

    def handler(request, context):
        event = Event.from_http(request["headers"], type="report", source="/cars/1", data={})
        with span(event):
            send_to_queue(required("WORK_QUEUE_URL"), event)
        pathlib.Path(os.environ["MARK"], "entry").touch()
        return {"statusCode": 202, "body": "{}"}
"""
MIDDLE = """
    from pattern_runtime import each_event, publish, required

    def handle(event):
        publish(required("NEWS_TOPIC_ARN"), event)

    handler = each_event(handle)
"""
FORGETFUL_MIDDLE = """
    from pattern_runtime import Event, each_event, publish, required

    def handle(event):
        fresh = Event.new(
            type=event.type, source=event.source, data=event.data, id=event.id, time=event.time
        )
        publish(required("NEWS_TOPIC_ARN"), fresh)

    handler = each_event(handle)
"""
PARTNER = """
    from pattern_runtime import each_event

    handler = each_event(lambda event: None)
"""
SLOW_PARTNER = """
    import os, pathlib, time
    from pattern_runtime import each_event

    def handle(event):
        pathlib.Path(os.environ["MARK"], "partner").touch()
        time.sleep(20)

    handler = each_event(handle)
"""
SCENARIO = """\
name: rush
seed: 7
duration: 1h
sources:
  cars:
    entry: Api
    request: {{method: POST, path: /reports, body: report.json}}
    rate: {{shape: constant, rate: 1/s}}
    reaches: [Entry, Middle, Partner]
    run: {{messages: {messages}, rate: {rate}}}
expect:
  lost: 0
  traced:
    - {{from: cars, to: Middle}}
    - {{from: cars, to: Partner}}
run: {{deadline: 60s}}
"""
CARD = """\
title = "Tiny"
summary = "The least that has every kind of step."
talk = "0.0"
stack = "Tiny"
scenario = "rush"
"""
APP = """\
import os, pathlib, shutil, sys, time
shutil.copytree("assembly", os.environ["CDK_OUTDIR"], dirs_exist_ok=True)
"""
SLOW_APP = """\
import pathlib, time
pathlib.Path("synthesizing").touch()
time.sleep(60)
"""
# A deployment that waits for a signal that nobody sends.
UNENDING = {
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Signal": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"},
    },
}


def tiny_project(
    folder: Path,
    *,
    middle: str = MIDDLE,
    partner: str = PARTNER,
    app: str = APP,
    messages: int = 5,
    rate: str = "20/s",
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write the project into a folder and return the folder.

    Args:
        folder: where to; handlers put their marks there.
        middle: the code of Middle.
        partner: the code of Partner.
        app: what `python app.py` does.
        messages: how many a run sends.
        rate: how fast.
        more: resources besides, such as UNENDING.
    """
    files = {
        "app.py": app,
        "cdk.json": json.dumps({"app": "python app.py"}),
        "report.json": "{}",
        "stacks/tiny.toml": CARD,
        "scenarios/tiny/rush.yaml": SCENARIO.format(messages=messages, rate=rate),
    }
    codes = {"Entry": ENTRY, "Middle": middle, "Partner": partner}
    for name, code in codes.items():
        files[f"assembly/asset.{name}/index.py"] = dedent(code)
        for module in (REPOSITORY / "pattern_runtime").glob("*.py"):
            files[f"assembly/asset.{name}/pattern_runtime/{module.name}"] = module.read_text()
    resources = _resources(str(folder)) | dict(more or {})
    files["assembly/Tiny.template.json"] = json.dumps({"Resources": resources})
    files["assembly/Tiny.assets.json"] = json.dumps(
        {
            "files": {
                name: {
                    "source": {"path": f"asset.{name}", "packaging": "zip"},
                    "destinations": {"here": {"bucketName": BUCKET, "objectKey": f"{name}.zip"}},
                }
                for name in codes
            },
            "dockerImages": {},
        }
    )
    files["assembly/manifest.json"] = json.dumps({"artifacts": _artifacts(resources)})
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def _artifacts(resources: Mapping[str, Any]) -> dict[str, Any]:
    paths = {name: f"/Tiny/{name}" for name in resources}
    paths |= {name: f"/Tiny/Api/{name}" for name in ("Stage", "Route", "Integration")}
    return {
        "Tiny.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": "Tiny.assets.json"},
        },
        "Tiny": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Tiny.template.json"},
            "dependencies": ["Tiny.assets"],
            "metadata": {
                path: [{"type": "aws:cdk:logicalId", "data": name}] for name, path in paths.items()
            },
        },
    }


def _resources(mark: str) -> dict[str, Any]:
    return {
        "Role": _of(
            "IAM::Role",
            AssumeRolePolicyDocument=_policy("sts:AssumeRole", service="lambda.amazonaws.com"),
            Policies=[{"PolicyName": "all", "PolicyDocument": _policy("*", on="*")}],
        ),
        "Api": _of("ApiGatewayV2::Api", Name="tiny", ProtocolType="HTTP"),
        "Stage": _of(
            "ApiGatewayV2::Stage", ApiId={"Ref": "Api"}, StageName="$default", AutoDeploy=True
        ),
        "Integration": _of(
            "ApiGatewayV2::Integration",
            ApiId={"Ref": "Api"},
            IntegrationType="AWS_PROXY",
            IntegrationUri={"Fn::GetAtt": ["Entry", "Arn"]},
            PayloadFormatVersion="2.0",
        ),
        "Route": _of(
            "ApiGatewayV2::Route",
            ApiId={"Ref": "Api"},
            RouteKey="POST /reports",
            Target={"Fn::Sub": "integrations/${Integration}"},
        ),
        "Permission": _of(
            "Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": "Entry"},
            Principal="apigateway.amazonaws.com",
        ),
        # Few at once: on a machine with much else to do each start would delay all the others.
        "Entry": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                **_function("Entry", mark, WORK_QUEUE_URL={"Ref": "Work"})["Properties"],
                "ReservedConcurrentExecutions": 2,
            },
        },
        "Work": _of("SQS::Queue", VisibilityTimeout=60),
        "WorkMapping": _mapping("Work", "Middle"),
        "Middle": _function("Middle", mark, NEWS_TOPIC_ARN={"Ref": "News"}),
        "News": _of("SNS::Topic"),
        "Subscription": _of(
            "SNS::Subscription",
            TopicArn={"Ref": "News"},
            Protocol="sqs",
            Endpoint={"Fn::GetAtt": ["Updates", "Arn"]},
        ),
        "Updates": _of("SQS::Queue", VisibilityTimeout=60),
        "UpdatesPolicy": _of(
            "SQS::QueuePolicy",
            Queues=[{"Ref": "Updates"}],
            PolicyDocument=_policy("sqs:SendMessage", service="sns.amazonaws.com", on="*"),
        ),
        "UpdatesMapping": _mapping("Updates", "Partner"),
        "Partner": _function("Partner", mark),
    }


def _of(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _policy(action: str, *, service: str = "", on: str = "") -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": action}
    if service:
        statement["Principal"] = {"Service": service}
    if on:
        statement["Resource"] = on
    return {"Version": "2012-10-17", "Statement": [statement]}


def _function(name: str, mark: str, **variables: Any) -> dict[str, Any]:
    return _of(
        "Lambda::Function",
        Runtime="python3.13",
        Handler="index.handler",
        Code=code_of(name),
        Role={"Fn::GetAtt": ["Role", "Arn"]},
        Timeout=30,
        TracingConfig={"Mode": "Active"},
        Environment={"Variables": {"POWERTOOLS_SERVICE_NAME": name, "MARK": mark, **variables}},
    )


def _mapping(queue: str, function: str) -> dict[str, Any]:
    return _of(
        "Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": [queue, "Arn"]},
        FunctionName={"Ref": function},
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
