"""SAM templates are read as CloudFormation gets them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import SourceLine
from hinagata.topology.reading import read_topology, topology_of
from hinagata.topology.template_file import TemplateError
from hinagata.topology.value import UNKNOWN

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Timeout: 20}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata:
      cfn-lint: {config: {ignore_checks: [EFM101]}}
    Properties:
      CodeUri: src/
      Handler: app.handler
      Runtime: python3.13
      AutoPublishAlias: live
      Policies:
        - AmazonDynamoDBReadOnlyAccess
        - SQSSendMessagePolicy: {QueueName: !GetAtt Next.QueueName}
      Events:
        Post: {Type: Api, Properties: {Path: /orders, Method: post}}
        Work: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn, BatchSize: 5}}
  Queue: {Type: AWS::SQS::Queue}
  Next: {Type: AWS::SQS::Queue}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.yaml
      DefinitionSubstitutions: {FunctionArn: !GetAtt Orders.Arn}
      Policies: [LambdaInvokePolicy: {FunctionName: !Ref Orders}]
  Described:
    Type: AWS::Serverless::Api
    Properties: {StageName: live, DefinitionUri: api.yaml}
  Included:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}}
  Image:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
  Inner:
    Type: AWS::Serverless::Application
    Properties: {Location: inner.yaml}
"""
FLOW = """\
StartAt: Order
States:
  Order: {Type: Task, Resource: "${FunctionArn}", End: true}
"""
API = """\
openapi: 3.0.1
paths:
  /things:
    get:
      x-amazon-apigateway-integration:
        type: aws_proxy
        httpMethod: POST
        uri: !Sub >-
          arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Orders.Arn}/invocations
"""


@pytest.fixture(scope="module")
def topology(tmp_path_factory: pytest.TempPathFactory) -> Topology:
    """The topology of the template above, with what lies beside it."""
    folder = tmp_path_factory.mktemp("sam")
    (folder / "shop.yaml").write_text(TEMPLATE)
    (folder / "flow.asl.yaml").write_text(FLOW)
    (folder / "api.yaml").write_text(API)
    (folder / "inner.yaml").write_text("Resources: {Topic: {Type: AWS::SNS::Topic}}")
    return read_topology(folder / "shop.yaml")


def test_serverless_resources_become_cloudformations(topology: Topology) -> None:
    """Globals and what events imply are in them; the library finds nothing left of its own."""
    function = topology.by_key["shop/Orders"]

    assert function.type == "AWS::Lambda::Function"
    assert function.numbers("Timeout") == {20}
    assert not [node for node in topology.nodes if "Serverless" in node.type]


def test_events_become_edges(topology: Topology) -> None:
    """The queue that a function works on, the API in front, what its policies let it do."""
    function = topology.by_key["shop/Orders"]

    assert {(edge.source.logical_id, edge.kind) for edge in topology.into(function)} >= {
        ("Queue", Kind.POLLS),
        ("ServerlessRestApi", Kind.INVOKES_SYNC),
    }
    assert [edge.target.logical_id for edge in topology.out(function, Kind.MAY_WRITE)] == ["Next"]


def test_local_definitions_are_read(topology: Topology) -> None:
    """Those of workflows and APIs say whom they call, wherever they are written."""
    function = topology.by_key["shop/Orders"]

    callers = {edge.source.logical_id for edge in topology.into(function, Kind.INVOKES_SYNC)}

    assert callers >= {"Flow", "Described", "Included"}


def test_nested_applications_are_read(topology: Topology) -> None:
    """As nested stacks are."""
    assert topology.by_key["shop/Inner/Topic"].type == "AWS::SNS::Topic"


def test_what_sam_made_points_at_what_it_was_made_from(topology: Topology) -> None:
    """The function's line stands for its role, its alias, its mapping and its implied API."""
    file = topology.by_key["shop/Orders"].template.file
    assert file is not None
    of_function = {
        node.type.rpartition("::")[2]
        for node in topology.nodes
        if node.source == SourceLine(file, 5)
    }

    assert of_function >= {"Function", "Role", "Alias", "Version", "EventSourceMapping", "RestApi"}


def test_acknowledgements_are_kept(topology: Topology) -> None:
    """SAM hands on the metadata of a resource."""
    assert [each.rule for each in topology.by_key["shop/Orders"].acknowledgements] == ["FM101"]


def test_an_acknowledgement_is_one_for_all_that_sam_made_of_a_resource() -> None:
    """What is acknowledged at a function is not stale at the role that SAM made for it."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Metadata": {"checkov": {"skip": [{"id": "FM408", "comment": "its logs are short"}]}},
        "Properties": {"Runtime": "python3.13", "Handler": "a.b", "InlineCode": "x"},
    }
    shop = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Worker": function}}

    made = topology_of(Shop=shop).nodes

    assert len(made) > 1
    assert {each.path for node in made for each in node.acknowledgements} == {"Worker"}


def test_no_region_is_made_up(topology: Topology) -> None:
    """The translator wants one; none of it may look like a known value."""
    api = topology.by_key["shop/ServerlessRestApi"]

    assert "us-east-1" not in repr(api.get())
    assert topology.by_key["shop/Queue"].template.region is None


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Handler": ["x"], "Events": 3}, "the template Shop cannot be expanded by AWS SAM: "),
        ({"InlineCode": 1}, "the template Shop cannot be expanded by AWS SAM: .*Orders"),
        ([], "the template Shop cannot be expanded by AWS SAM: "),
    ],
)
def test_fails_on_what_sam_cannot_expand(properties: object, message: str) -> None:
    """One sentence with SAM's own reason."""
    orders = {"Type": "AWS::Serverless::Function", "Properties": properties}

    with pytest.raises(TemplateError, match=message) as refused:
        topology_of(
            Shop={"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Orders": orders}}
        )

    assert "\n" not in str(refused.value)


def test_fails_without_the_translator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it."""
    monkeypatch.setitem(sys.modules, "samtranslator.parser.parser", None)
    template = {"Transform": ["AWS::Serverless-2016-10-31"], "Resources": {}}

    with pytest.raises(TemplateError, match=r"not installed; do: pip install 'hinagata\[sam\]'"):
        topology_of(Shop=template)


def test_another_transform_beside_sam_may_still_add_resources() -> None:
    """What SAM leaves to others stays unknown."""
    shop = {
        "Transform": ["AWS::Serverless-2016-10-31", "Theirs"],
        "Resources": {"Thing": {"Type": "A::B::C", "Properties": {"V": {"Ref": "Made"}}}},
    }

    (node,) = topology_of(Shop=shop).nodes

    assert node.get("V") is UNKNOWN


def test_a_template_that_is_not_there_is_no_reason_to_fail(tmp_path: Path) -> None:
    """Definitions that cannot be read count as uploaded."""
    (tmp_path / "shop.yaml").write_text(TEMPLATE)

    topology = read_topology(tmp_path / "shop.yaml")

    assert topology.by_key["shop/Flow"].get("DefinitionS3Location") is not None


def test_an_application_of_the_repository_is_not_asked_for() -> None:
    """AWS would have to be: it stays a nested stack that nobody can look into."""
    shop = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Rotation": {
                "Type": "AWS::Serverless::Application",
                "Properties": {
                    "Location": {"ApplicationId": "arn:of:theirs", "SemanticVersion": "1.1.37"}
                },
            },
            "Known": {"Type": "AWS::SNS::Topic"},
        },
    }

    topology = topology_of(Shop=shop)

    assert {node.logical_id for node in topology.nodes} == {"Rotation", "Known"}
    assert topology.by_key["Shop/Rotation"].type == "AWS::CloudFormation::Stack"
