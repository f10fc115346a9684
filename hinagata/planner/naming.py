"""What a scenario calls the nodes of a topology.

A hop is called what its code calls itself; any node is called one of the ids on its way down the
construct tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from hinagata.scenario import Scenario, ScenarioError
from hinagata.suggestion import suggest
from hinagata.topology.cdk_provider import providers
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.hop_names import hop_names
from hinagata.topology.node import Node, Role

FUNCTION = "AWS::Lambda::Function"
SERVICE = "AWS::ECS::Service"

_RUNS_CODE = (FUNCTION, SERVICE)
# What requests come in by, the usual first: a scenario may send to a queue or a bus as well.
_ENTRIES = (
    (Role.LOAD_BALANCER, Role.API),
    (Role.DISTRIBUTION,),
    (Role.QUEUE, Role.TOPIC, Role.STREAM, Role.BUS, Role.WORKFLOW),
    (Role.COMPUTE,),
)


class Names:
    """The names of one topology.

    Args:
        topology: The architecture.

    Attributes:
        handlers: What runs code for messages: functions and services, not what the CDK runs
            while it deploys.
        hops: What each handler calls itself; one that does not has no name here.
    """

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        hidden = set(providers(topology))
        self.handlers = tuple(node for node in topology.of_type(*_RUNS_CODE) if node not in hidden)
        self.hops: Mapping[Node, str] = hop_names(topology)
        self._shown = _shown(topology.nodes)

    def shown(self, node: Node) -> str:
        """Returns a node's name for people: short, and nobody else's."""
        return self._shown[node]

    def called(self, node: Node) -> tuple[str, ...]:
        """Returns all that a node may be called."""
        own = (self.hops[node],) if node in self.hops else ()
        ids = [part for part in node.construct_path.split("/") if part not in _TRIVIAL]
        return tuple(dict.fromkeys((*own, self._shown[node], *ids, node.logical_id)))

    @cached_property
    def _handlers_by_name(self) -> Mapping[str, tuple[Node, ...]]:
        """A name that code gives itself counts before an id of the construct tree."""
        own: dict[str, list[Node]] = defaultdict(list)
        ids: dict[str, list[Node]] = defaultdict(list)
        for node in self.handlers:
            for name in self.called(node):
                (own if self.hops.get(node) == name else ids)[name].append(node)
        return {name: tuple(nodes) for name, nodes in {**ids, **own}.items()}

    def hop(self, name: str) -> tuple[Node, ...]:
        """Returns the handlers of a name; none if there are none."""
        return self._handlers_by_name.get(name, ())

    def entry(self, scenario: Scenario, source: str) -> Node:
        """Returns the node that takes the messages of a source.

        Raises:
            ScenarioError: There is none of that name.
        """
        name = scenario.sources[source].entry
        found = self.entries(name)
        if found:
            return found[0]
        usual: dict[str, None] = {}
        for node in self._topology.of_role(*_ENTRIES[0]):
            called = self.called(node)
            usual[called[1] if len(called) > 1 else called[0]] = None
        raise _missing(scenario, f"sources.{source}.entry", name, "load balancer or API", usual)

    def entries(self, name: str) -> tuple[Node, ...]:
        """Returns what may take messages and has a name, what usually does first."""
        found = [
            node
            for roles in _ENTRIES
            for node in self._topology.of_role(*roles)
            if name in self.called(node)
        ]
        # A queue's dead-letter queue may stand below the same id; what comes from outside does not
        # go there.
        return tuple(sorted(found, key=self._topology.failure_destinations.__contains__))

    def check(self, scenario: Scenario) -> None:
        """Refuses a scenario whose entries, hops or tables do not exist.

        Raises:
            ScenarioError: With the line of the first name that is none, and what it may mean.
        """
        hops = [self.hops.get(node, self.shown(node)) for node in self.handlers]
        for source in scenario.sources.values():
            self.entry(scenario, source.name)
            for index, hop in enumerate(source.reaches):
                if not self.hop(hop):
                    raise _missing(
                        scenario, f"sources.{source.name}.reaches[{index}]", hop, "hop", hops
                    )
        for hop in scenario.service_times:
            if not self.hop(hop):
                raise _missing(scenario, f"service_times.{hop}", hop, "hop", hops)

    def every(self) -> Iterator[str]:
        """Yields all that any node may be called."""
        for node in self._topology.nodes:
            yield from self.called(node)


# Ids that the CDK adds to a construct of one resource.
_TRIVIAL = ("Resource", "Default")


def _shown(nodes: Iterable[Node]) -> dict[Node, str]:
    """A node's path below its stack, or all of its key where that is not unique."""
    of: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        of[node.name].append(node)
    return {
        node: name if len(named) == 1 else node.key for name, named in of.items() for node in named
    }


def _missing(
    scenario: Scenario, path: str, name: str, kind: str, known: Iterable[str]
) -> ScenarioError:
    return ScenarioError(
        file=scenario.file,
        line=scenario.lines.get(path, 1),
        field=path,
        found=f'"{name}", which the architecture does not have',
        expected=f"the name of a {kind}: {suggest(name, dict.fromkeys(known))}",
    )


def scaling_of(node: Node, topology: Topology) -> Node | None:
    """Returns what scales a service, a table or an alias, if something does."""
    return next((edge.source for edge in topology.into(node, Kind.SCALES)), None)
