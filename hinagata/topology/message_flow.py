"""Which way messages go through a template: from code to queues, topics, streams, and to code."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

FUNCTION = "AWS::Lambda::Function"
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
QUEUE = "AWS::SQS::Queue"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
NAME_VARIABLE = "POWERTOOLS_SERVICE_NAME"

_CHANNELS = (QUEUE, "AWS::SNS::Topic", "AWS::Kinesis::Stream")
_SUB_NAME = "${"


@dataclass(frozen=True, kw_only=True)
class MessageFlow:
    """What the resources of a template say about its messages, by logical id.

    Attributes:
        hops: the name of the hop of each resource that runs code.
        leads_to: for each resource, those that messages go on to.
        dead_letter_queues: for each queue that takes dead letters, the hop that gave them up.
    """

    hops: Mapping[str, str]
    leads_to: Mapping[str, frozenset[str]]
    dead_letter_queues: Mapping[str, str]

    def behind(self, ways: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
        """Return, for each hop, those that messages reach through it alone.

        Args:
            ways: for each source of messages, the hop where they enter and those they reach.
        """
        found: dict[str, set[str]] = defaultdict(set)
        for entry, reached in ways:
            hops = frozenset(reached)
            usual = self._reachable(entry, without="")
            for hop in hops:
                still = self._reachable(entry, without=hop)
                found[hop] |= usual.intersection(hops) - still - {hop}
        return {hop: frozenset(hops) for hop, hops in found.items()}

    def _reachable(self, entry: str, *, without: str) -> set[str]:
        """Return the hops that messages from an entry come to if one hop passes nothing on."""
        open_ = [resource for resource, hop in self.hops.items() if hop == entry]
        seen = set(open_)
        while open_:
            resource = open_.pop()
            if self.hops.get(resource) == without:
                continue
            for target in self.leads_to.get(resource, frozenset()) - seen:
                seen.add(target)
                open_.append(target)
        return {self.hops[resource] for resource in seen if resource in self.hops} - {without}


def read_flow(template: Mapping[str, Any], construct_path: Callable[[str], str]) -> MessageFlow:
    """Return the flow of a template.

    Args:
        template: a CloudFormation template.
        construct_path: returns where in the construct tree a logical id comes from.
    """
    resources: Mapping[str, Mapping[str, Any]] = template.get("Resources", {})
    hops = {
        name: hop
        for name, resource in resources.items()
        if (hop := _hop_name(resource)) is not None
    }
    leads_to: dict[str, set[str]] = defaultdict(set)
    for name, resource in resources.items():
        for start, target in _edges(name, resource, resources, hops, construct_path):
            leads_to[start].add(target)
    frozen = {name: frozenset(targets) for name, targets in leads_to.items()}
    return MessageFlow(
        hops=hops,
        leads_to=frozen,
        dead_letter_queues=_dead_letter_queues(resources, hops, frozen),
    )


def references(value: object) -> Iterator[str]:
    """Yield the logical ids that a value of a template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Ref":
                yield str(item)
            elif key == "Fn::GetAtt":
                yield str(item[0]) if isinstance(item, list) else str(item).partition(".")[0]
            elif key == "Fn::Sub":
                text, *variables = item if isinstance(item, list) else [item]
                for part in str(text).split(_SUB_NAME)[1:]:
                    yield part.partition("}")[0].partition(".")[0]
                yield from references(variables)
            else:
                yield from references(item)


def _hop_name(resource: Mapping[str, Any]) -> str | None:
    name = _variables(resource).get(NAME_VARIABLE)
    return name if isinstance(name, str) else None


def _variables(resource: Mapping[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    if resource["Type"] == FUNCTION:
        return dict(properties.get("Environment", {}).get("Variables", {}))
    if resource["Type"] == TASK_DEFINITION:
        return {
            variable["Name"]: variable["Value"]
            for container in properties.get("ContainerDefinitions", [])
            for variable in container.get("Environment", [])
        }
    return {}


def _edges(
    name: str,
    resource: Mapping[str, Any],
    resources: Mapping[str, Mapping[str, Any]],
    hops: Mapping[str, str],
    construct_path: Callable[[str], str],
) -> Iterator[tuple[str, str]]:
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::Lambda::Function" | "AWS::ECS::TaskDefinition":
            for target in references(_variables(resource)):
                kind = resources.get(target, {}).get("Type")
                if kind in _CHANNELS:
                    yield name, target
                elif kind == LOAD_BALANCER:
                    parts = construct_path(target).split("/")
                    yield from ((name, code) for code, hop in hops.items() if hop in parts)
        case "AWS::SNS::Subscription":
            for topic in references(properties.get("TopicArn")):
                yield from ((topic, target) for target in references(properties.get("Endpoint")))
        case "AWS::Lambda::EventSourceMapping":
            for source in references(properties.get("EventSourceArn")):
                yield from (
                    (source, function) for function in references(properties.get("FunctionName"))
                )


def _dead_letter_queues(
    resources: Mapping[str, Mapping[str, Any]],
    hops: Mapping[str, str],
    leads_to: Mapping[str, frozenset[str]],
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::SQS::Queue":
                letters, near = properties.get("RedrivePolicy"), iter([name])
            case "AWS::SNS::Subscription":
                letters, near = properties.get("RedrivePolicy"), references(properties["Endpoint"])
            case "AWS::Lambda::EventSourceMapping":
                letters = properties.get("DestinationConfig")
                near = references(properties["FunctionName"])
            case _:
                continue
        hop = next((_first_hop(start, hops, leads_to) for start in near), None)
        for queue in references(letters):
            if hop is not None and resources.get(queue, {}).get("Type") == QUEUE:
                found.setdefault(queue, hop)
    return found


def _first_hop(
    start: str, hops: Mapping[str, str], leads_to: Mapping[str, frozenset[str]]
) -> str | None:
    """Return the hop that takes messages from a resource, which may be its code itself."""
    for resource in (start, *sorted(leads_to.get(start, ()))):
        if resource in hops:
            return hops[resource]
    return None
