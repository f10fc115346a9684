"""Tiny templates, written by hand, and the stacks made of them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from textwrap import dedent
from typing import Any

from hinagata.lab.endpoint import Endpoint
from tests.polling import eventually

Resource = dict[str, Any]

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


def deployed(endpoint: Endpoint, resources: Mapping[str, Resource]) -> dict[str, str]:
    """Create a stack of these resources and return their physical ids."""
    cloudformation = endpoint.client("cloudformation")
    name = f"test-{uuid.uuid4().hex[:8]}"
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=CAPABILITIES,
    )

    def finished() -> Any:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return not stack["StackStatus"].endswith("IN_PROGRESS") and stack

    status = eventually(finished)["StackStatus"]
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    assert status == "CREATE_COMPLETE", [e for e in events if "FAILED" in e["ResourceStatus"]]
    described = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in described}


def resource(kind: str, **properties: Any) -> Resource:
    """A resource of a type: `resource("SQS::Queue", VisibilityTimeout=5)`."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def attribute(name: str, which: str = "Arn") -> dict[str, Any]:
    """An attribute of another resource."""
    return {"Fn::GetAtt": [name, which]}


def ref(name: str) -> dict[str, str]:
    """A reference to another resource."""
    return {"Ref": name}


def allow(actions: str | Sequence[str], target: Any) -> dict[str, Any]:
    """A policy statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": target}


def role(*statements: Mapping[str, Any], service: str = "lambda.amazonaws.com") -> Resource:
    """A role that a service may take, with these statements."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    policies = [
        {"PolicyName": "grants", "PolicyDocument": _document(statement)} for statement in statements
    ]
    return resource("IAM::Role", AssumeRolePolicyDocument=_document(trust), Policies=policies)


def function(
    code: str, *, role_name: str = "Role", environment: Mapping[str, Any] | None = None, **more: Any
) -> Resource:
    """A function whose `handler(event, context)` is given as text."""
    return resource(
        "Lambda::Function",
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": dedent(code)},
        Role=attribute(role_name),
        Timeout=10,
        Environment={"Variables": dict(environment or {})},
        **more,
    )


def lets(service: str, action: str, target: Any) -> Resource:
    """The policy of a queue or topic that lets an AWS service use it."""
    statement = {
        "Effect": "Allow",
        "Action": action,
        "Principal": {"Service": service},
        "Resource": "*",
    }
    kind, member = (
        ("SQS::QueuePolicy", "Queues")
        if action.startswith("sqs")
        else (
            "SNS::TopicPolicy",
            "Topics",
        )
    )
    return resource(kind, PolicyDocument=_document(statement), **{member: [target]})


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
