"""What the code of an architecture calls itself: the names of its hops.

That is the environment variable POWERTOOLS_SERVICE_NAME (Powertools for AWS Lambda, "Environment
variables").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import items

_NAME = "POWERTOOLS_SERVICE_NAME"


def hop_names(topology: Topology) -> dict[Node, str]:
    """Returns the name of the hop of each resource that runs code and says one."""
    return dict(_names(topology))


def _names(topology: Topology) -> Iterator[tuple[Node, str]]:
    for function in topology.of_type("AWS::Lambda::Function"):
        name = function.get("Environment", "Variables", _NAME)
        if isinstance(name, str):
            yield function, name
    services: dict[Node, list[Node]] = defaultdict(list)
    for service in topology.of_type("AWS::ECS::Service"):
        for task in service.nodes("TaskDefinition"):
            services[task].append(service)
    for task in topology.of_type("AWS::ECS::TaskDefinition"):
        for name in _names_of_containers(task):
            for node in services.get(task) or [task]:
                yield node, name


def _names_of_containers(task: Node) -> Iterator[str]:
    for container in task.items("ContainerDefinitions") or ():
        for variable in items(walk(container, "Environment")):
            value = walk(variable, "Value")
            if walk(variable, "Name") == _NAME and isinstance(value, str):
                yield value
