"""Small templates for the tests of checks, and what a check says about them."""

from __future__ import annotations

from typing import Any

from hinagata.checks.check import Check, Finding, Unresolved
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.reading import topology_of


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    """A template of some resources by their logical ids."""
    return {"Resources": resources}


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """A resource of a type without its `AWS::`."""
    return {"Type": f"AWS::{type_}", "Properties": properties}


def ref(logical_id: str) -> dict[str, str]:
    """A `Ref`."""
    return {"Ref": logical_id}


def arn(logical_id: str) -> dict[str, list[str]]:
    """A `Fn::GetAtt` of an ARN."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


# What nobody can know before the deployment.
UNKNOWN = {"Ref": "AWS::StackId"}


def function(**properties: Any) -> dict[str, Any]:
    """A function, in Python if nothing else is said."""
    properties = {"Runtime": "python3.13", **properties}
    return resource("Lambda::Function", Code={"ZipFile": "def handler(*_): ..."}, **properties)


def mapping(source: Any, function_: Any, **properties: Any) -> dict[str, Any]:
    """An event source mapping."""
    return resource(
        "Lambda::EventSourceMapping", EventSourceArn=source, FunctionName=function_, **properties
    )


def allowing(*statements: tuple[str | list[str], Any]) -> dict[str, Any]:
    """A role for functions whose inline policy allows actions on resources."""
    return resource(
        "IAM::Role",
        AssumeRolePolicyDocument=policy_document("lambda.amazonaws.com", "sts:AssumeRole"),
        Policies=[
            {
                "PolicyName": "Own",
                "PolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Action": actions, "Resource": on}
                        for actions, on in statements
                    ]
                },
            }
        ],
    )


def policy_document(
    service: Any, actions: str | list[str], **statement: Any
) -> dict[str, list[dict[str, Any]]]:
    """A resource's policy that lets a service in."""
    principal = {"Service": service}
    return {
        "Statement": [
            {"Effect": "Allow", "Principal": principal, "Action": actions, **statement},
        ]
    }


def said(
    check: Check, *templates: dict[str, Any], thresholds: Thresholds | None = None
) -> list[Finding | Unresolved]:
    """Everything that a check says about the topology of some stacks."""
    topology = topology_of(**{f"Stack{n}": each for n, each in enumerate(templates)})
    return list(check(topology, thresholds))


def findings(
    check: Check, *templates: dict[str, Any], thresholds: Thresholds | None = None
) -> list[Finding]:
    """What a check finds in the topology of some stacks."""
    return [
        each for each in said(check, *templates, thresholds=thresholds) if isinstance(each, Finding)
    ]


def finding(check: Check, *templates: dict[str, Any]) -> Finding:
    """The one thing that a check finds; fails if it is not one."""
    (found,) = findings(check, *templates)
    return found


def unresolved(check: Check, *templates: dict[str, Any]) -> list[Unresolved]:
    """The questions that a check leaves open; fails if it finds anything too."""
    answers = said(check, *templates)
    assert not [each for each in answers if isinstance(each, Finding)]
    return [each for each in answers if isinstance(each, Unresolved)]
