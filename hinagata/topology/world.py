"""What those who find edges need beyond their node: names, ARNs, and what lies outside."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hinagata.topology.node import Node
from hinagata.topology.pseudo_nodes import PseudoNodes
from hinagata.topology.value import Reference, Text, Value, alternatives

# An ARN whose partition, region and account may be unknown.
_ARN = re.compile(
    r"^arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.+)$"
)
_QUEUE_URL = re.compile(
    r"^https://(?:sqs\.(?P<region>[^./]+)|[^/]*queue)\.[^/]*/(?P<account>[^/]*)/(?P<name>[^/]+)$"
)
_UNKNOWN_PART = "?"


@dataclass(frozen=True, slots=True)
class _Form:
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
    """

    def __init__(self, nodes: Iterable[Node], pseudo_nodes: PseudoNodes) -> None:
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

    def named(self, type_: str, physical_name: str, near: Node | None = None) -> Node | None:
        """Returns the node of a type whose template gives it a physical name.

        Args:
            type_: CloudFormation type; one of `NAME_PROPERTIES`.
            physical_name: E.g. "orders", or "/aws/lambda/orders".
            near: Whoever uses the name: where several nodes have it, that of the same template,
                else of the same account and region counts. None: only a unique one does.
        """
        found = self._by_name(type_).get(physical_name, ())
        if near is not None and len(found) > 1:
            found = _nearest(found, near)
        return found[0] if len(found) == 1 else None

    def at_arn(self, value: Value, near: Node | None = None) -> Node | None:
        """Returns the node that a value means: by reference, by ARN, by a queue's URL, or by name.

        Args:
            value: A resolved value. One of several alternatives only if all mean the same node.
            near: As for `named`.

        Returns:
            A resource where the templates make it; for an ARN or URL of none of them, the pseudo
            node of that text; None where the value is unknown, or a name that nobody has.
        """
        found = {self._meant(each, near) for each in alternatives(value) if each is not None}
        return found.pop() if len(found) == 1 else None

    def _meant(self, value: Value, near: Node | None) -> Node | None:
        if isinstance(value, Reference):
            return value.node
        if isinstance(value, str):
            return self._written(value, near) or self._only_one_named(value, near)
        if not isinstance(value, Text):
            return None
        nodes = list(dict.fromkeys(p.node for p in value.parts if isinstance(p, Reference)))
        if nodes:
            return self._around(value, nodes, near)
        text = "".join(part if isinstance(part, str) else _UNKNOWN_PART for part in value.parts)
        return self._written(text, near)

    def _around(self, value: Text, nodes: list[Node], near: Node | None) -> Node | None:
        """Returns what a text with references in it means, e.g. an ARN that holds a name."""
        names = [
            part
            if isinstance(part, str)
            else _physical_name(part)
            if isinstance(part, Reference)
            else _UNKNOWN_PART
            for part in value.parts
        ]
        if all(name is not None for name in names):
            found = self._written("".join(name or "" for name in names), near)
            if found is not None and not found.type.startswith("Hinagata::"):
                return found
        service = _ARN.match(
            "".join(p if isinstance(p, str) else _UNKNOWN_PART for p in value.parts)
        )
        expected = {form.type for form in _FORMS.get(service["service"], ())} if service else set()
        of_type = [node for node in nodes if node.type in expected]
        if of_type:
            return of_type[-1]
        # E.g. an API's execute-api ARN, or a function's invocation path.
        return nodes[0] if len(nodes) == 1 and not expected else None

    def _written(self, text: str, near: Node | None) -> Node | None:
        arn = _ARN.match(text)
        if arn is not None:
            return self._of_arn(text, arn, near)
        url = _QUEUE_URL.match(text)
        if url is None:
            return None
        queues = self._by_name("AWS::SQS::Queue").get(url["name"], ())
        return self._choose(queues, url["region"], url["account"], near) or (
            None if _UNKNOWN_PART in url["name"] else self._pseudo_nodes.external(text)
        )

    def _of_arn(self, text: str, arn: re.Match[str], near: Node | None) -> Node | None:
        if arn["service"] == "events" and arn["rest"] == "event-bus/default":
            return self.default_bus
        for form in _FORMS.get(arn["service"], ()):
            name = form.rest.match(arn["rest"])
            if name is not None:
                found = self._by_name(form.type).get(name[1], ())
                node = self._choose(found, arn["region"], arn["account"], near)
                if node is not None:
                    return node
        # A name that is not known may be that of any resource.
        return None if _UNKNOWN_PART in arn["rest"] else self._pseudo_nodes.external(text)

    def _only_one_named(self, name: str, near: Node | None) -> Node | None:
        found = {self.named(type_, name, near) for type_ in NAME_PROPERTIES} - {None}
        return found.pop() if len(found) == 1 else None

    def _choose(
        self, found: Sequence[Node], region: str | None, account: str | None, near: Node | None
    ) -> Node | None:
        fit = [
            node
            for node in found
            if _agrees(node.template.region, region) and _agrees(node.template.account, account)
        ]
        if near is not None and len(fit) > 1:
            fit = _nearest(fit, near)
        return fit[0] if len(fit) == 1 else None

    def _by_name(self, type_: str) -> dict[str, list[Node]]:
        if type_ not in self._names:
            names: dict[str, list[Node]] = defaultdict(list)
            property_ = NAME_PROPERTIES.get(type_)
            for node in self.of_type(type_) if property_ else ():
                name = node.get(property_)
                if isinstance(name, str):
                    names[name].append(node)
            self._names[type_] = names
        return self._names[type_]


def _agrees(known: str | None, written: str | None) -> bool:
    return known is None or not written or written in (known, _UNKNOWN_PART, "*")


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


def _physical_name(reference: Reference) -> str | None:
    property_ = NAME_PROPERTIES.get(reference.node.type)
    name = reference.node.get(property_) if property_ and reference.attribute == "Ref" else None
    return name if isinstance(name, str) else None
