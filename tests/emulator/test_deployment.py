"""Deploying an assembly onto the embedded endpoint."""

import json
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.deployment import DeploymentError, deploy
from hinagata.lab.endpoint import Endpoint
from tests.emulator.assemblies import assembly, code_of
from tests.emulator.templates import attribute, function, ref, resource, role

BOOTSTRAP: dict[str, Any] = {
    "Parameters": {
        "BootstrapVersion": {
            "Type": "AWS::SSM::Parameter::Value<String>",
            "Default": "/cdk-bootstrap/hnb659fds/version",
        }
    },
    "Rules": {
        "CheckBootstrapVersion": {
            "Assertions": [
                {"Assert": {"Fn::Not": [{"Fn::Contains": [["1", "5"], ref("BootstrapVersion")]}]}}
            ]
        }
    },
}


@pytest.fixture(autouse=True)
def no_stack_is_left(endpoint: Endpoint) -> None:
    """Each test deploys the stack `Lab` anew."""
    cloudformation = endpoint.client("cloudformation")
    cloudformation.delete_stack(StackName="Lab")


def test_a_function_finds_its_code_and_its_layer(endpoint: Endpoint, tmp_path: Path) -> None:
    """Folders are uploaded as zips, and a layer's `python` folder is on the function's path."""
    app = assembly(
        tmp_path,
        {
            "Role": role(),
            "Layer": resource("Lambda::LayerVersion", Content=code_of("layer")),
            "F": resource(
                "Lambda::Function",
                Runtime="python3.13",
                Handler="shop.orders.handler",
                Code=code_of("code"),
                Layers=[ref("Layer")],
                Role=attribute("Role"),
            ),
        },
        zips={
            "code": {
                "shop/__init__.py": "",
                "shop/orders.py": "import greeting\ndef handler(e, c):\n    return greeting.WORD",
                "shop/__pycache__/orders.pyc": "left out",
            },
            "layer": {"python/greeting.py": "WORD = 'from the layer'"},
        },
        Outputs={"Name": {"Value": ref("F")}},
        **BOOTSTRAP,
    )
    deployment = deploy(app, endpoint, report=print)
    name = deployment.resources["Lab", "F"]
    answer = endpoint.client("lambda").invoke(FunctionName=name)

    assert json.loads(answer["Payload"].read()) == "from the layer"
    assert deployment.outputs == {("Lab", "Name"): name}
    assert deployment.stubs == ()


def test_a_second_deployment_is_an_update(endpoint: Endpoint, tmp_path: Path) -> None:
    """What did not change stays, what did is changed in place."""
    steps: list[str] = []
    queues = []
    for seconds in (10, 10, 20):
        app = assembly(tmp_path, {"Queue": resource("SQS::Queue", VisibilityTimeout=seconds)})
        queues.append(deploy(app, endpoint, report=steps.append).resources["Lab", "Queue"])
    attributes = endpoint.client("sqs").get_queue_attributes(
        QueueUrl=queues[0], AttributeNames=["VisibilityTimeout"]
    )["Attributes"]

    assert steps == [
        "Lab: creating",
        "Lab: CREATE_COMPLETE",
        "Lab: updating",
        "Lab: unchanged",
        "Lab: updating",
        "Lab: UPDATE_COMPLETE",
    ]
    assert len(set(queues)) == 1
    assert attributes == {"VisibilityTimeout": "20"}


def test_what_the_endpoint_does_not_know_is_a_stub_and_is_listed(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    """An unknown type, or a property that is not supported, is replaced and never silent."""
    app = assembly(
        tmp_path,
        {
            "Unknown": resource("CodeDeploy::Application", ApplicationName="x"),
            "Alarm": resource(
                "CloudWatch::Alarm",
                EvaluationPeriods=1,
                Threshold=0,
                ComparisonOperator="GreaterThanThreshold",
                Metrics=[{"Id": "sum", "Expression": "1 + 1"}],
            ),
            "Queue": {
                **resource(
                    "SQS::Queue",
                    Tags=[{"Key": "of", "Value": {"Fn::Sub": "${Unknown.Arn} of ${Unknown}"}}],
                ),
                "DependsOn": ["Unknown"],
            },
        },
    )
    stubs = deploy(app, endpoint, report=print).stubs

    assert [(stub.path, stub.type) for stub in stubs] == [
        ("Lab/Unknown", "AWS::CodeDeploy::Application"),
        ("Lab/Alarm", "AWS::CloudWatch::Alarm"),
    ]
    assert stubs[0].reason == "the endpoint does not know AWS::CodeDeploy::Application"
    assert "metric math" in stubs[1].reason


def test_fails_with_the_first_resource_that_failed(endpoint: Endpoint, tmp_path: Path) -> None:
    """The message names the stack, the construct and what the endpoint said."""
    layer = "arn:aws:lambda:us-east-1:000000000000:layer:gone:1"
    code = "def handler(event, context): ..."
    app = assembly(tmp_path, {"Role": role(), "F": function(code, Layers=[layer])})

    with pytest.raises(
        DeploymentError, match=r"stack Lab is ROLLBACK_COMPLETE: Lab/F \(F\): .*gone:1"
    ):
        deploy(app, endpoint, report=print)
    assert deploy(
        assembly(tmp_path, {"Queue": resource("SQS::Queue")}), endpoint, report=print
    ).resources  # the remains of the failure are no obstacle


def test_fails_when_the_endpoint_refuses_the_template(endpoint: Endpoint, tmp_path: Path) -> None:
    """A template that is wrong before anything is created is refused with the endpoint's words."""
    app = assembly(
        tmp_path, {"Queue": resource("SQS::Queue")}, Parameters={"Size": {"Type": "String"}}
    )

    with pytest.raises(DeploymentError, match=r"stack Lab was refused by http.*Size"):
        deploy(app, endpoint, report=print)


def test_a_large_template_goes_by_way_of_the_bucket(endpoint: Endpoint, tmp_path: Path) -> None:
    """CloudFormation takes no more than 51,200 bytes in a request."""
    resources = {
        f"Queue{number}": resource("SQS::Queue", Tags=[{"Key": "text", "Value": "x" * 200}])
        for number in range(300)
    }
    app = assembly(tmp_path, resources, zips={"code": {"a.py": ""}})

    assert len(deploy(app, endpoint, report=print).resources) == 300
