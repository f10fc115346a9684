"""ECS: services and the task definitions that they run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder, once
from hinagata.topology.edges.environment import passed
from hinagata.topology.edges.target import targets, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import items

if TYPE_CHECKING:
    from hinagata.topology.world import World

SERVICE = "AWS::ECS::Service"
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
_LOG_GROUP = "AWS::Logs::LogGroup"


# Where a service says who finds it, and by what.
_REGISTERED = (("LoadBalancers", "TargetGroupArn"), ("ServiceRegistries", "RegistryArn"))


def computes_of(node: Node, world: World) -> tuple[Node, ...]:
    """Returns what runs as a node: the services of a task definition, else the node itself."""
    if node.type != TASK_DEFINITION:
        return (node,)
    return _services(world).get(node) or (node,)


@once
def _services(world: World) -> dict[Node, tuple[Node, ...]]:
    """The services of each task definition."""
    found: dict[Node, tuple[Node, ...]] = {}
    for service in world.of_type(SERVICE):
        for task, _ in targets(service, world, "TaskDefinition", named=TASK_DEFINITION):
            found[task] = (*found.get(task, ()), service)
    return found


@once
def services_behind(world: World) -> dict[Node, tuple[Node, ...]]:
    """The services that register themselves with each target group, and in each registry."""
    found: dict[Node, tuple[Node, ...]] = {}
    for service in world.of_type(SERVICE):
        for listed, arn in _REGISTERED:
            for entry in service.items(listed) or ():
                for place, _ in targets_of(walk(entry, arn), world):
                    found[place] = (*found.get(place, ()), service)
    return found


def _service(service: Node, world: World) -> Iterator[Edge]:
    network = ("NetworkConfiguration", "AwsvpcConfiguration")
    for places in ("Subnets", "SecurityGroups"):
        for place, _ in targets(service, world, *network, places):
            yield Edge(service, place, Kind.RUNS_IN, service)


def _task_definition(task: Node, world: World) -> Iterator[Edge]:
    for container in task.items("ContainerDefinitions") or ():
        variables = [
            (walk(variable, "Name"), walk(variable, value))
            for listed, value in (("Environment", "Value"), ("Secrets", "ValueFrom"))
            for variable in items(walk(container, listed))
        ]
        log_group = walk(container, "LogConfiguration", "Options", "awslogs-group")
        for compute in computes_of(task, world):
            for name, value in variables:
                yield from passed(compute, task, str(name), value, world)
            for group, _ in targets_of(log_group, world, named=_LOG_GROUP):
                yield Edge(compute, group, Kind.LOGS_TO, task)


BUILDERS: dict[str, Builder] = {SERVICE: _service, TASK_DEFINITION: _task_definition}
