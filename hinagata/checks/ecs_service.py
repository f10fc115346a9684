"""What belongs to an Amazon ECS service: its containers, target groups and number of tasks."""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.value import Value


def containers(service: Node) -> tuple[Value, ...] | None:
    """Returns the containers of a service's task definition; None if they are unknown."""
    for task in service.nodes("TaskDefinition"):
        if task.type == "AWS::ECS::TaskDefinition":
            return task.items("ContainerDefinitions")
    return None


def target_groups(service: Node) -> Iterator[Node]:
    """Yields the target groups that a service registers its tasks with."""
    for node in service.nodes("LoadBalancers"):
        if node.type == "AWS::ElasticLoadBalancingV2::TargetGroup":
            yield node


def is_replica(service: Node) -> bool:
    """Whether somebody chose the number of tasks: no daemon, which runs one on each instance."""
    return service.get("SchedulingStrategy") != "DAEMON"


def scalable_targets(topology: Topology, service: Node) -> list[Node]:
    """Returns what scales a service."""
    return [edge.source for edge in topology.into(service, Kind.SCALES)]


def task_counts(
    topology: Topology, service: Node, bound: str
) -> tuple[Node, str, frozenset[float] | None]:
    """Returns how many tasks a service can have at one end, and what decides it.

    Args:
        topology: The topology.
        service: The service.
        bound: "MinCapacity" or "MaxCapacity". Without a scalable target, both are the desired
            count.

    Returns:
        The resource and the property that decide, and the possible numbers; None if unknown.
    """
    for target in scalable_targets(topology, service):
        return target, bound, target.numbers(bound)
    # One task is what CloudFormation starts where DesiredCount is not given
    # (AWS::ECS::Service in the CloudFormation reference).
    return service, "DesiredCount", service.numbers("DesiredCount", default=1)
