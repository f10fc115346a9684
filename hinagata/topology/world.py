"""What those who find edges need beyond their node: names, ARNs, and what lies outside."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from hinagata.topology.node import Node
from hinagata.topology.pseudo_nodes import PseudoNodes
from hinagata.topology.value import Reference, Text, Value

# An ARN whose partition, region and account may be unknown.
_ARN = re.compile(
    r"^arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.+)$"
)
_QUEUE_URL = re.compile(
    r"^https://(?:sqs\.(?P<region>[^./]+)|[^/]*queue)\.[^/]*/(?P<account>[^/]*)/(?P<name>[^/]+)$"
)
_UNKNOWN = "?"


class _Form(NamedTuple):
    """How a service writes the name of a resource into its ARN, after the account.

    Attributes:
        type: CloudFormation type.
        rest: Expression whose group is the physical name.
    """

    type: str
    rest: re.Pattern[str]


def _form(type_: str, rest: str) -> _Form:
    return _Form(type_, re.compile(rest))


# Property that gives a resource its physical name (the types' CloudFormation reference).
NAME_PROPERTIES = {
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::ECS::Service": "ServiceName",
    "AWS::ECS::TaskDefinition": "Family",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}

# Service Authorization Reference, "Resource types defined by ..." of each service.
_FORMS: dict[str, tuple[_Form, ...]] = {
    "cloudwatch": (
        _form("AWS::CloudWatch::Alarm", r"^alarm:(.+)$"),
        _form("AWS::CloudWatch::CompositeAlarm", r"^alarm:(.+)$"),
    ),
    "dynamodb": (
        _form("AWS::DynamoDB::Table", r"^table/([^/]+)(?:/.*)?$"),
        _form("AWS::DynamoDB::GlobalTable", r"^table/([^/]+)(?:/.*)?$"),
    ),
    "ecs": (
        _form("AWS::ECS::Service", r"^service/(?:[^/]+/)?([^/]+)$"),
        _form("AWS::ECS::Cluster", r"^cluster/([^/]+)$"),
        _form("AWS::ECS::TaskDefinition", r"^task-definition/([^:/]+)(?::.*)?$"),
    ),
    "elasticloadbalancing": (
        _form(
            "AWS::ElasticLoadBalancingV2::LoadBalancer", r"^loadbalancer/(?:app|net)/([^/]+)/.*$"
        ),
        _form("AWS::ElasticLoadBalancingV2::TargetGroup", r"^targetgroup/([^/]+)/.*$"),
    ),
    "events": (
        _form("AWS::Events::EventBus", r"^event-bus/(.+)$"),
        _form("AWS::Events::Rule", r"^rule/(?:[^/]+/)?([^/]+)$"),
    ),
    "firehose": (_form("AWS::KinesisFirehose::DeliveryStream", r"^deliverystream/(.+)$"),),
    "iam": (_form("AWS::IAM::Role", r"^role/(?:.*/)?([^/]+)$"),),
    "kinesis": (_form("AWS::Kinesis::Stream", r"^stream/([^/]+)(?:/.*)?$"),),
    "kms": (_form("AWS::KMS::Alias", r"^(alias/.+)$"),),
    "lambda": (_form("AWS::Lambda::Function", r"^function:([^:]+)(?::.*)?$"),),
    "logs": (_form("AWS::Logs::LogGroup", r"^log-group:([^:]+)(?::.*)?$"),),
    "s3": (_form("AWS::S3::Bucket", r"^([^/]+)(?:/.*)?$"),),
    "secretsmanager": (
        _form("AWS::SecretsManager::Secret", r"^secret:(.+?)(?:-[A-Za-z0-9]{6}|-\?{6})?$"),
    ),
    "sns": (_form("AWS::SNS::Topic", r"^([^:]+)(?::.*)?$"),),
    "sqs": (_form("AWS::SQS::Queue", r"^([^:]+)$"),),
    "ssm": (
        _form("AWS::SSM::Parameter", r"^parameter(/.+)$"),
        _form("AWS::SSM::Parameter", r"^parameter/([^/]+)$"),
    ),
    "states": (_form("AWS::StepFunctions::StateMachine", r"^stateMachine:([^:]+)(?::.*)?$"),),
}


class World:
    """All nodes of a topology in the making, found by type, by name and by ARN.

    Args:
        nodes: The nodes that templates declare.
        pseudo_nodes: Those that none does.

    Attributes:
        near: The node that is looked at: of several resources of one name, those of its template
            count, else those of its stage, account and region. None: a name must be unique.
        kept: What was worked out once for all builders, by the function that did.
    """

    def __init__(self, nodes: Iterable[Node], pseudo_nodes: PseudoNodes) -> None:
        self.near: Node | None = None
        self.kept: dict[Callable[..., Any], Any] = {}
        self._of_type: dict[str, list[Node]] = defaultdict(list)
        for node in nodes:
            self._of_type[node.type].append(node)
        self._pseudo_nodes = pseudo_nodes
        self._names: dict[str, dict[str, list[Node]]] = {}

    @property
    def internet(self) -> Node:
        """Whoever can send a request to a public address."""
        return self._pseudo_nodes.internet

    @property
    def schedule(self) -> Node:
        """The clock that starts scheduled rules."""
        return self._pseudo_nodes.schedule

    @property
    def default_bus(self) -> Node:
        """The event bus that each account has."""
        return self._pseudo_nodes.default_bus

    def of_type(self, type_: str) -> Sequence[Node]:
        """Returns the nodes of a CloudFormation type."""
        return self._of_type.get(type_, ())

    def named(self, type_: str, name: str) -> Node | None:
        """Returns the node of a type whose template gives it a physical name.

        Args:
            type_: CloudFormation type; one of `NAME_PROPERTIES`.
            name: E.g. "orders", or "/aws/lambda/orders".
        """
        return self._choose(self._by_name(type_).get(name, ()), "", "")

    def given(self, node: Node, property_: str) -> Node | None:
        """Returns the pseudo node of what a parameter names that only a deployment knows.

        Args:
            node: Whose property it is.
            property_: The property, which names nothing that is known.

        Returns:
            The same for every property of the template that refers to the parameter; None if the
            property is not such a reference.
        """
        match node.written(property_):
            case {"Ref": str(parameter)} if not parameter.startswith("AWS::"):
                return self._pseudo_nodes.external(f"{node.template.name}/{parameter}")
        return None

    def at_arn(self, value: Value) -> Node | None:
        """Returns the node that an ARN, a queue's URL or a reference means.

        Args:
            value: A resolved value. In an ARN, the partition, region and account may be empty or
                unknown: then any fits.

        Returns:
            A resource where the templates make it; the pseudo node of that text where they do
            not; None where the value is unknown, or no ARN.
        """
        if isinstance(value, Reference):
            return value.node
        if isinstance(value, Text):
            if any(isinstance(part, Reference) for part in value.parts):
                return None
            value = "".join(part if isinstance(part, str) else _UNKNOWN for part in value.parts)
        if not isinstance(value, str):
            return None
        if (arn := _ARN.match(value)) is not None:
            return self._of_arn(value, arn)
        if (url := _QUEUE_URL.match(value)) is not None:
            queues = self._by_name("AWS::SQS::Queue").get(url["name"], ())
            return self._made_or_outside(queues, url["region"] or "", url["account"], value)
        return None

    def _of_arn(self, text: str, arn: re.Match[str]) -> Node | None:
        if arn["service"] == "events" and arn["rest"] == "event-bus/default":
            return self.default_bus
        named = [
            node
            for form in _FORMS.get(arn["service"], ())
            if (name := form.rest.match(arn["rest"])) is not None
            for node in self._by_name(form.type).get(name[1], ())
        ]
        return self._made_or_outside(named, arn["region"], arn["account"], text)

    def _made_or_outside(
        self, named: Sequence[Node], region: str, account: str, text: str
    ) -> Node | None:
        if (node := self._choose(named, region, account)) is not None:
            return node
        # What shares its name, or has an unknown one, may be any of several.
        if named or _UNKNOWN in text.split(":", 5)[-1]:
            return None
        return self._pseudo_nodes.external(text)

    def _choose(self, named: Sequence[Node], region: str, account: str) -> Node | None:
        found = [
            node
            for node in named
            if _agrees(node.template.region, region) and _agrees(node.template.account, account)
        ]
        if self.near is not None and len(found) > 1:
            found = _nearest(found, self.near)
        return found[0] if len(found) == 1 else None

    def _by_name(self, type_: str) -> dict[str, list[Node]]:
        if type_ not in self._names:
            names: dict[str, list[Node]] = defaultdict(list)
            property_ = NAME_PROPERTIES.get(type_)
            for node in self.of_type(type_) if property_ is not None else ():
                for name in node.strings(property_ or "") or ():
                    names[name].append(node)
            self._names[type_] = names
        return self._names[type_]


def _agrees(known: str | None, written: str | None) -> bool:
    return known is None or written in (known, "", _UNKNOWN, "*")


def _nearest(found: Sequence[Node], near: Node) -> list[Node]:
    """Returns those in the same template, else in the same place, else all."""
    rules: tuple[Callable[[Node], bool], ...] = (
        lambda node: node.template is near.template,
        lambda node: _stage(node) == _stage(near) and _place(node) == _place(near),
        lambda node: _place(node) == _place(near),
    )
    for rule in rules:
        fit = [node for node in found if rule(node)]
        if fit:
            return fit
    return list(found)


def _place(node: Node) -> tuple[str | None, str | None]:
    return node.template.region, node.template.account


def _stage(node: Node) -> object:
    return getattr(node.template, "stage", None)
