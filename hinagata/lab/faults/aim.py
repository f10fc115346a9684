"""Finds what the endpoint calls the targets of a scenario's faults."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hinagata.errors import HinagataError
from hinagata.lab.faults.injection import Kind, Place
from hinagata.lab.hops import Hops, read_hops
from hinagata.scenario.fault import KINDS, Fault, Inject, Target
from hinagata.topology.node import Node, Role

if TYPE_CHECKING:
    from hinagata.lab.deployment import Deployment
    from hinagata.lab.endpoint import Endpoint
    from hinagata.topology.graph import Topology

_FUNCTION = "AWS::Lambda::Function"
_KINDS = {
    Role.QUEUE: Kind.QUEUE,
    Role.TOPIC: Kind.TOPIC,
    Role.STREAM: Kind.STREAM,
    Role.BUS: Kind.BUS,
    Role.TABLE: Kind.TABLE,
    Role.BUCKET: Kind.BUCKET,
    Role.WORKFLOW: Kind.WORKFLOW,
    Role.API: Kind.API,
    Role.LOAD_BALANCER: Kind.LOAD_BALANCER,
}
_CHANNELS = (Role.QUEUE, Role.TOPIC, Role.STREAM, Role.BUS)
# What a construct is called by from outside, before what it has for itself.
_ENTRIES = (Role.API, Role.LOAD_BALANCER)
# Types that are part of a resource of the same role.
_PARTS = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")


@dataclass(frozen=True, kw_only=True)
class Aim:
    """Finds the places of faults in a deployment.

    Attributes:
        topology: of the assembly.
        deployment: of it.
        endpoint: where it was deployed.
        outside: the names of what is called outside of it.
    """

    topology: "Topology"
    deployment: "Deployment"
    endpoint: "Endpoint"
    outside: Collection[str] = ()

    def places(self, fault: Fault) -> list[Place]:
        """Return what a fault strikes.

        Raises:
            HinagataError: the target cannot be struck here.
        """
        target = KINDS[fault.inject].target
        if target is None or fault.target is None:
            return [Place(kind=Kind.ACCOUNT)]
        if target is Target.DEPENDENCY and fault.target in self.outside:
            return [Place(kind=Kind.OUTSIDE, name=fault.target)]
        hops = read_hops(self.topology)
        deployed = self.deployment.physical(self.topology)
        if target in {Target.HANDLER, Target.FUNCTION, Target.CONTAINER}:
            found = list(self._handlers(fault.target, hops, deployed))
        elif target is Target.CHANNEL:
            found = list(self._resources(fault.target, hops, deployed, _CHANNELS))
        else:
            found = self._dependencies(fault.target, hops, deployed)
        if not found:
            raise HinagataError(
                f"faults: {fault.inject} on {fault.target} strikes nothing on this endpoint, which "
                "did not create it: leave the fault out, or name something else"
            )
        if fault.inject is Inject.REORDER:
            _refuse_fifo(fault.target, found)
        return found

    def _handlers(self, name: str, hops: Hops, deployed: Mapping[Node, str]) -> Iterator[Place]:
        for node, hop in hops.names.items():
            if hop != name or node not in deployed:
                continue
            if node.type == _FUNCTION:
                yield Place(kind=Kind.FUNCTION, name=deployed[node])
            else:
                yield Place(kind=Kind.CONTAINER, name=self._target_group(name, deployed[node]))

    def _target_group(self, name: str, service: str) -> str:
        described = self.endpoint.client("ecs").describe_services(
            cluster=service.split("/")[1], services=[service]
        )["services"][0]
        for balanced in described.get("loadBalancers", []):
            return str(balanced["targetGroupArn"])
        raise HinagataError(
            f"faults: {name} has no load balancer, and faults of containers are injected there; "
            "name a function, or a container that takes requests"
        )

    def _dependencies(self, name: str, hops: Hops, deployed: Mapping[Node, str]) -> list[Place]:
        entries = list(self._resources(name, hops, deployed, _ENTRIES))
        functions = [place for place in self._handlers_of(name, hops, deployed) if not entries]
        return entries or functions or list(self._resources(name, hops, deployed, tuple(_KINDS)))

    def _handlers_of(self, name: str, hops: Hops, deployed: Mapping[Node, str]) -> Iterator[Place]:
        for node, hop in hops.names.items():
            if hop == name and node in deployed and node.type == _FUNCTION:
                yield Place(kind=Kind.FUNCTION, name=deployed[node])

    def _resources(
        self, name: str, hops: Hops, deployed: Mapping[Node, str], roles: tuple[Role, ...]
    ) -> Iterator[Place]:
        for node, physical_id in deployed.items():
            if (
                node.role in roles
                and node.type not in _PARTS
                and node not in hops.dead_letter_queues
                and node not in hops.workflow_letters
                and name in node.construct_path.split("/")
            ):
                yield Place(kind=_KINDS[node.role], name=_own_name(node.role, physical_id))


def _own_name(role: Role, physical_id: str) -> str:
    """Return the name that a place goes by, from the id that CloudFormation has for it."""
    if role is Role.QUEUE:
        return physical_id.rpartition("/")[2]
    if role is Role.LOAD_BALANCER:
        return physical_id.split("/")[2]
    return physical_id


def _refuse_fifo(target: str, places: list[Place]) -> None:
    if all(place.name.endswith(".fifo") for place in places):
        raise HinagataError(
            f"faults: reorder on {target}: a FIFO queue keeps the order; expected a standard "
            "queue, a topic, a stream or a bus"
        )
