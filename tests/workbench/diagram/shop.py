"""A small shop as a template: an API, a queue with dead letters, a worker, a table, an alarm."""

from __future__ import annotations

import random
from typing import Any

from hinagata.diagram.picture import Arrow, Box, Group, Letters, Line, Picture, Symbol


def resource(type_: str, path: str = "", **properties: Any) -> dict[str, Any]:
    """Return a resource, with the construct path that the CDK would write beside it."""
    metadata = {"Metadata": {"aws:cdk:path": path}} if path else {}
    return {"Type": type_, "Properties": properties, **metadata}


def arn(logical_id: str) -> dict[str, Any]:
    """Return a reference to a resource's ARN."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def role(path: str, *statements: tuple[list[str], Any]) -> dict[str, Any]:
    """Return a role that allows actions on resources."""
    allowed = [
        {"Effect": "Allow", "Action": actions, "Resource": target} for actions, target in statements
    ]
    return resource(
        "AWS::IAM::Role",
        path,
        Policies=[{"PolicyName": "own", "PolicyDocument": {"Statement": allowed}}],
    )


SHOP: dict[str, Any] = {
    "Api": resource("AWS::ApiGatewayV2::Api", "Shop/OrderApi/Api/Resource", ProtocolType="HTTP"),
    "Integration": resource(
        "AWS::ApiGatewayV2::Integration",
        "Shop/OrderApi/Integration",
        ApiId={"Ref": "Api"},
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn("Intake"),
    ),
    "Intake": resource(
        "AWS::Lambda::Function",
        "Shop/OrderApi/Intake/Resource",
        Role=arn("IntakeRole"),
        Environment={"Variables": {"ORDERS": {"Ref": "Orders"}, "AUDIT": {"Ref": "Audit"}}},
    ),
    "IntakeRole": role("Shop/OrderApi/Intake/Role/Resource", (["sqs:SendMessage"], arn("Orders"))),
    "Orders": resource(
        "AWS::SQS::Queue",
        "Shop/Orders/Queue/Resource",
        RedrivePolicy={"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5},
    ),
    "DeadLetters": resource("AWS::SQS::Queue", "Shop/Orders/DeadLetters/Resource"),
    "Watch": resource(
        "AWS::CloudWatch::Alarm",
        "Shop/Orders/DeadLetters/Alarm/Resource",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}],
        AlarmActions=[{"Ref": "Operators"}],
    ),
    "Operators": resource("AWS::SNS::Topic", "Shop/Operators/Resource"),
    "Mapping": resource(
        "AWS::Lambda::EventSourceMapping",
        "Shop/Billing/FromOrders",
        EventSourceArn=arn("Orders"),
        FunctionName={"Ref": "Billing"},
    ),
    "Billing": resource(
        "AWS::Lambda::Function", "Shop/Billing/Function/Resource", Role=arn("BillingRole")
    ),
    "BillingRole": role(
        "Shop/Billing/Function/Role/Resource",
        (["sqs:ReceiveMessage", "sqs:DeleteMessage"], arn("Orders")),
        (["dynamodb:GetItem", "dynamodb:PutItem"], arn("Bills")),
    ),
    "Bills": resource("AWS::DynamoDB::Table", "Shop/Bills/Resource"),
    "Audit": resource("AWS::S3::Bucket", "Shop/Audit/Resource"),
}


def random_picture(seed: int) -> Picture:
    """Return a picture of some boxes, most of whose arrows lead to boxes nearby, as in life."""
    source = random.Random(seed)
    count = source.randint(2, source.choice([6, 12, 25, 40]))
    names = ["Orders", "A", "AVeryLongConstructNameThatSomebodyGave", "Billing/Worker", "注文"]
    boxes = [
        Box(
            key=f"key {number}",
            name=f"{source.choice(names)}{number}",
            full_name=f"{number}",
            what=source.choice(["queue", "function", ""]),
            symbol=source.choice(list(Symbol)),
            marks=("watched",) * source.randint(0, 1),
            letters=tuple(
                Letters(key=f"letters {number} {index}", name="DeadLetters")
                for index in range(source.choice([0, 0, 0, 1, 3]))
            ),
        )
        for number in range(count)
    ]
    arrows: dict[tuple[int, int], Arrow] = {}
    for _ in range(count * 5 // 4):
        start = source.randrange(count)
        end = min(count - 1, start + source.randint(0, 6))
        if source.random() < 0.2:
            start, end = end, start
        arrows[start, end] = Arrow(
            source=f"key {start}",
            target=f"key {end}",
            words=(source.choice(["sends", "reads, writes", "polled by"]),),
            line=source.choice([Line.WAITS, Line.HANDS_OVER, Line.HANDS_OVER, *Line]),
        )
    root = Group(name="")
    while boxes:
        number = source.choice([1, 1, 2, 3])
        some, boxes = boxes[:number], boxes[number:]
        if len(some) > 1:
            root.groups.append(Group(name=f"Group{len(root.groups)}", boxes=some))
        else:
            root.boxes += some
    return Picture(title="Random", root=root, arrows=tuple(arrows.values()))
