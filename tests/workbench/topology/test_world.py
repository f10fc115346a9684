"""Names and ARNs lead to the resources that have them, or to one node of outside."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.graph import Topology
from hinagata.topology.node import Role
from hinagata.topology.pseudo_nodes import PseudoNodes
from hinagata.topology.reading import topology_of
from hinagata.topology.value import UNKNOWN, Reference, Text
from hinagata.topology.world import NAME_PROPERTIES, World


def resource(type_: str, **properties: object) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": type_, "Properties": properties}


NAMED = {
    type_.replace("::", ""): resource(
        type_, **{property_: "alias/orders" if "KMS" in type_ else "orders"}
    )
    for type_, property_ in NAME_PROPERTIES.items()
    if type_ != "AWS::DynamoDB::GlobalTable"
} | {
    "Level": resource("AWS::SSM::Parameter", Name="/shop/level"),
    "Logs": resource("AWS::Logs::LogGroup", LogGroupName="/aws/lambda/orders"),
}
TOPOLOGY = topology_of(Shop={"Resources": NAMED})


def world(topology: Topology = TOPOLOGY) -> World:
    """A world of a topology's nodes."""
    return World(topology.nodes, PseudoNodes())


@pytest.mark.parametrize(
    ("arn", "logical_id"),
    [
        ("arn:aws:sqs:eu-west-1:1:orders", "AWSSQSQueue"),
        ("arn::sqs:::orders", "AWSSQSQueue"),
        ("https://sqs.eu-west-1.amazonaws.com/1/orders", "AWSSQSQueue"),
        ("arn:aws:sns:eu-west-1:1:orders", "AWSSNSTopic"),
        ("arn:aws:sns:eu-west-1:1:orders:6b2e", "AWSSNSTopic"),
        ("arn:aws:lambda:eu-west-1:1:function:orders", "AWSLambdaFunction"),
        ("arn:aws:lambda:eu-west-1:1:function:orders:live", "AWSLambdaFunction"),
        ("arn:aws:dynamodb:eu-west-1:1:table/orders", "AWSDynamoDBTable"),
        ("arn:aws:dynamodb:eu-west-1:1:table/orders/stream/2026", "AWSDynamoDBTable"),
        ("arn:aws:s3:::orders", "AWSS3Bucket"),
        ("arn:aws:s3:::orders/a/b", "AWSS3Bucket"),
        ("arn:aws:kinesis:eu-west-1:1:stream/orders", "AWSKinesisStream"),
        ("arn:aws:firehose:eu-west-1:1:deliverystream/orders", "AWSKinesisFirehoseDeliveryStream"),
        ("arn:aws:events:eu-west-1:1:event-bus/orders", "AWSEventsEventBus"),
        ("arn:aws:events:eu-west-1:1:rule/bus/orders", "AWSEventsRule"),
        ("arn:aws:states:eu-west-1:1:stateMachine:orders", "AWSStepFunctionsStateMachine"),
        ("arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/orders:*", "Logs"),
        ("arn:aws:iam::1:role/service-role/orders", "AWSIAMRole"),
        ("arn:aws:ecs:eu-west-1:1:service/cluster/orders", "AWSECSService"),
        ("arn:aws:ecs:eu-west-1:1:cluster/orders", "AWSECSCluster"),
        ("arn:aws:ecs:eu-west-1:1:task-definition/orders:3", "AWSECSTaskDefinition"),
        (
            "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/orders/5f",
            "AWSElasticLoadBalancingV2LoadBalancer",
        ),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:orders-a1B2c3", "AWSSecretsManagerSecret"),
        ("arn:aws:ssm:eu-west-1:1:parameter/shop/level", "Level"),
        ("arn:aws:ssm:eu-west-1:1:parameter/orders", "AWSSSMParameter"),
        ("arn:aws:kms:eu-west-1:1:alias/orders", "AWSKMSAlias"),
    ],
)
def test_an_arn_means_the_resource_of_its_name(arn: str, logical_id: str) -> None:
    """Whatever partition, region and account it names, where the stack's are not known."""
    node = world().at_arn(arn)

    assert node is TOPOLOGY.by_key[f"Shop/{logical_id}"]


def test_an_arn_whose_region_is_unknown_fits_any() -> None:
    """That is how the CDK writes ARNs for stacks that can be deployed anywhere."""
    arn = Text(("arn:", UNKNOWN, ":sqs:", UNKNOWN, ":", UNKNOWN, ":orders"))

    assert world().at_arn(arn) is TOPOLOGY.by_key["Shop/AWSSQSQueue"]


def test_a_reference_means_its_node() -> None:
    """Whatever attribute of it was asked for."""
    queue = TOPOLOGY.by_key["Shop/AWSSQSQueue"]

    assert world().at_arn(Reference(queue, "Arn")) is queue


def test_what_the_templates_do_not_make_is_one_node_of_outside() -> None:
    """Every reader of the same text gets the same node."""
    pseudo_nodes = PseudoNodes()
    asked = World(TOPOLOGY.nodes, pseudo_nodes)
    arn = "arn:aws:sqs:eu-west-1:1:theirs"

    first, again = asked.at_arn(arn), asked.at_arn(arn)
    other = asked.at_arn("https://sqs.eu-west-1.amazonaws.com/1/theirs")

    assert first is not None
    assert first is again is not other
    assert (first.type, first.role, first.name) == ("Hinagata::External", Role.EXTERNAL, arn)
    assert (first.source, first.acknowledgements, first.get()) == (None, (), {})
    assert pseudo_nodes.made == [first, other]


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        UNKNOWN,
        "orders",
        "*",
        Text(("arn:aws:sqs:eu-west-1:1:", UNKNOWN)),
        Text(("https://sqs.eu-west-1.amazonaws.com/1/", UNKNOWN)),
    ],
)
def test_what_is_no_arn_or_unknown_means_nothing(value: Any) -> None:
    """Unknown stays unknown."""
    assert world().at_arn(value) is None


def test_the_pseudo_nodes_are_made_when_asked_for() -> None:
    """The internet, the clock and the account's own bus are one node each."""
    pseudo_nodes = PseudoNodes()
    asked = World((), pseudo_nodes)

    nodes = [asked.internet, asked.schedule, asked.default_bus, asked.internet]

    assert [node.role for node in nodes] == [Role.INTERNET, Role.SCHEDULE, Role.BUS, Role.INTERNET]
    assert asked.at_arn("arn:aws:events:eu-west-1:1:event-bus/default") is nodes[2]
    assert pseudo_nodes.made == nodes[:3]


def test_of_two_of_a_name_the_nearer_one_counts() -> None:
    """Two stages may have a queue of the same name each; from elsewhere, none of them is meant."""
    queue = {"Queue": resource("AWS::SQS::Queue", QueueName="orders")}
    topology = topology_of(
        Beta={"Resources": queue},
        Prod={"Resources": queue},
        Other={"Resources": {"A": resource("A::B::C")}},
    )
    asked = world(topology)
    arn = "arn:aws:sqs:eu-west-1:1:orders"

    assert asked.named("AWS::SQS::Queue", "orders") is None
    assert asked.at_arn(arn) is None
    for key in ("Beta/Queue", "Prod/Queue"):
        asked.near = topology.by_key[key]
        assert asked.named("AWS::SQS::Queue", "orders") is topology.by_key[key]
        assert asked.at_arn(arn) is topology.by_key[key]
    asked.near = topology.by_key["Other/A"]
    assert asked.at_arn(arn) is None


def test_a_name_is_found_for_types_that_have_one() -> None:
    """A type without names of its own has none; a name that depends on a parameter has several."""
    topology = topology_of(
        Shop={
            "Parameters": {"Stage": {"Type": "String", "AllowedValues": ["beta", "prod"]}},
            "Resources": {
                "Queue": resource("AWS::SQS::Queue", QueueName={"Fn::Sub": "orders-${Stage}"}),
                "Key": resource("AWS::KMS::Key"),
            },
        }
    )
    asked = world(topology)

    assert asked.named("AWS::SQS::Queue", "orders-prod") is topology.by_key["Shop/Queue"]
    assert asked.named("AWS::SQS::Queue", "orders-dev") is None
    assert asked.named("AWS::KMS::Key", "orders") is None
    assert list(asked.of_type("AWS::KMS::Key")) == [topology.by_key["Shop/Key"]]
