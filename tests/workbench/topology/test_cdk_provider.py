"""Functions that run while a stack is deployed, and at no other time."""

from typing import Any

from hinagata.topology.cdk_provider import providers
from hinagata.topology.reading import topology_of


def deployed(**resources: Any) -> set[str]:
    """Return the functions that only a deployment runs."""
    return {each.logical_id for each in providers(topology_of(Shop={"Resources": resources}))}


FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": {}}
TOKEN = {"ServiceToken": {"Fn::GetAtt": ["Handler", "Arn"]}}


def test_knows_the_function_of_a_custom_resource() -> None:
    """What a custom resource names is one, whichever way its type is written."""
    for type_ in ("Custom::S3AutoDeleteObjects", "AWS::CloudFormation::CustomResource"):
        made = {"Type": type_, "Properties": TOKEN}

        assert deployed(Handler=FUNCTION, Worker=FUNCTION, Made=made) == {"Handler"}


def test_knows_the_functions_of_the_cdks_framework_and_the_handlers_behind() -> None:
    """The framework's functions say what they are, and whom they call."""
    framework = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Description": "AWS CDK resource provider framework - isComplete (Shop/Provider)",
            "Environment": {
                "Variables": {
                    "USER_ON_EVENT_FUNCTION_ARN": {"Fn::GetAtt": ["OnEvent", "Arn"]},
                    "USER_IS_COMPLETE_FUNCTION_ARN": {"Fn::GetAtt": ["IsComplete", "Arn"]},
                }
            },
        },
    }

    assert deployed(
        Framework=framework, OnEvent=FUNCTION, IsComplete=FUNCTION, Worker=FUNCTION
    ) == {
        "Framework",
        "OnEvent",
        "IsComplete",
    }


def test_leaves_out_a_handler_that_works_for_others_too() -> None:
    """A custom resource's function that also consumes a queue is an ordinary function."""
    made = {"Type": "Custom::Thing", "Properties": TOKEN}
    mapping = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
            "FunctionName": {"Ref": "Handler"},
        },
    }
    orders = {"Type": "AWS::SQS::Queue", "Properties": {}}

    assert deployed(Handler=FUNCTION, Made=made, Orders=orders, Mapping=mapping) == set()


def test_knows_what_only_a_custom_resource_may_invoke() -> None:
    """As the CDK's `AwsCustomResource` and `Trigger` do; who else may makes it ordinary."""

    def may_invoke(role: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::GetAtt": ["Build", "Arn"]},
        }
        document = {"Statement": [statement]}
        return {
            "Type": "AWS::IAM::Policy",
            "Properties": {"Roles": [{"Ref": role}], "PolicyDocument": document},
        }

    def running_as(role: str) -> dict[str, Any]:
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Role": {"Fn::GetAtt": [role, "Arn"]}},
        }

    role = {"Type": "AWS::IAM::Role", "Properties": {}}
    triggering = {
        "Made": {"Type": "Custom::AWS", "Properties": TOKEN},
        "Handler": running_as("HandlerRole"),
        "HandlerRole": role,
        "Trigger": may_invoke("HandlerRole"),
        "Build": FUNCTION,
    }
    working = {"Worker": running_as("Role"), "Role": role, "Work": may_invoke("Role")}

    assert deployed(**triggering) == {"Handler", "Build"}
    assert deployed(**triggering, **working) == {"Handler"}
