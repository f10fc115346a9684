"""A small shop for the planner: an API, a queue with a worker, a topic with a filter, a table."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from hinagata.scenario import (
    ConstantRate,
    LaptopShare,
    Rate,
    Request,
    Scenario,
    ServiceTime,
    Source,
)
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of

RUN = LaptopShare(messages=1, per_second=1, keys=1)
BODY = {"item": "x" * 1000}


def function(name: str, **properties: Any) -> dict[str, Any]:
    """A function that calls itself by its name."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            "MemorySize": 512,
            "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": name}},
            **properties,
        },
    }


def role(*allowed: tuple[str, str]) -> dict[str, Any]:
    """A role with actions on resources."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": {"Fn::GetAtt": [of, "Arn"]}}
        if of != "Events"
        else {"Effect": "Allow", "Action": action, "Resource": {"Ref": of}}
        for action, of in allowed
    ]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": statements}}]
        },
    }


def mapping(queue: str, worker: str, **properties: Any) -> dict[str, Any]:
    """What polls a queue for a function."""
    return {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": [queue, "Arn"]},
            "FunctionName": {"Ref": worker},
            **properties,
        },
    }


def subscription(queue: str) -> dict[str, Any]:
    """A subscription of a queue to the topic."""
    return {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "Protocol": "sqs",
            "TopicArn": {"Ref": "Events"},
            "Endpoint": {"Fn::GetAtt": [queue, "Arn"]},
        },
    }


SHOP: dict[str, Any] = {
    "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
    "ApiToOrders": {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationUri": {"Fn::GetAtt": ["Orders", "Arn"]},
            "IntegrationType": "AWS_PROXY",
        },
    },
    "Orders": function("Orders", Timeout=10),
    "OrdersRole": role(("dynamodb:PutItem", "Book"), ("sns:Publish", "Events")),
    "Book": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST"}},
    "Events": {"Type": "AWS::SNS::Topic", "Properties": {}},
    "ToShipments": subscription("Shipments"),
    "ToFrauds": subscription("Frauds"),
    "Shipments": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "VisibilityTimeout": 60,
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                "maxReceiveCount": 5,
            },
        },
    },
    "Frauds": {"Type": "AWS::SQS::Queue", "Properties": {}},
    "Letters": {"Type": "AWS::SQS::Queue", "Properties": {}},
    "Ship": function("Ship"),
    "ShipRole": role(),
    "Fraud": function("Fraud"),
    "FraudRole": role(),
    "FromShipments": mapping("Shipments", "Ship", BatchSize=10),
    "FromFrauds": mapping("Frauds", "Fraud"),
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {"Namespace": "AWS/SQS", "MetricName": "Age", "Period": 60},
    },
    "Key": {"Type": "AWS::KMS::Key", "Properties": {}},
}


def shop(**changes: Any) -> Topology:
    """The shop, with resources added or replaced; None takes one away."""
    resources = deepcopy(SHOP) | changes
    return topology_of(Shop={"Resources": {n: r for n, r in resources.items() if r is not None}})


def source(
    name: str = "buyers",
    rate: Rate | float = 100.0,
    reaches: tuple[str, ...] = ("Orders", "Ship"),
    entry: str = "Api",
    **fields: Any,
) -> Source:
    """A source of orders."""
    return Source(
        name=name,
        entry=entry,
        request=Request(method="POST", path="/orders", body=BODY),
        rate=rate if not isinstance(rate, float | int) else ConstantRate(per_second=float(rate)),
        keys=fields.pop("keys", {}),
        reaches=reaches,
        run=RUN,
        **fields,
    )


def scenario(*sources: Source, **fields: Any) -> Scenario:
    """Traffic for the shop: 100 orders a second, if nothing else is said."""
    every = sources or (source(),)
    times = fields.pop(
        "service_times",
        {"Orders": ServiceTime(mean_seconds=0.1), "Ship": ServiceTime(mean_seconds=0.2)},
    )
    return Scenario(
        name="sale",
        file=Path("sale.yaml"),
        sources={each.name: each for each in every},
        service_times=times,
        **fields,
    )
