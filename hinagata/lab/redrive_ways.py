"""Which queues hold an architecture's dead letters, and what those go back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.hops import read_hops
from hinagata.lab.workflow_letters import workflow_letters
from hinagata.lab.workflow_steps import WorkflowStep
from hinagata.topology.edge import FAILURE, Edge, Kind
from hinagata.topology.node import Role

if TYPE_CHECKING:
    from hinagata.samples import Sample
    from hinagata.topology.graph import Topology
    from hinagata.topology.node import Node

_ONWARD = (Kind.POLLS, Kind.DELIVERS, Kind.INVOKES_ASYNC)
_FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A dead-letter queue, and what its letters come from.

    Attributes:
        hop: the construct id of the hop that gave the letters up, or of the workflow.
        queue: the URL of the dead-letter queue.
        name: what to call the queue.
        sources: for each name of a queue, function or workflow that letters go back to, its URL,
            name or ARN; of a stream's letters and an invocation's, the letter itself says where.
        written: the names that a workflow itself wrote into its letters.
        receives: after how many receives a queue gives a message up; None where that is not how
            letters come about. How often a letter was received is no such number: every look at
            it counts.
        steps: of a workflow that gives up into the queue, its steps by the name of their hop.
    """

    hop: str
    queue: str
    name: str
    sources: Mapping[str, str]
    written: tuple[str, ...] = ()
    receives: int | None = None
    steps: Mapping[str, WorkflowStep] = field(default_factory=dict)

    @property
    def hops(self) -> tuple[str, ...]:
        """Every hop that can leave letters in the queue."""
        return tuple(self.steps) or (self.hop,)

    def hop_of(self, letter: Mapping[str, object]) -> str:
        """Return which hop gave a letter up: of a workflow, the first step without a result."""
        return next((hop for hop, step in self.steps.items() if not step.done(letter)), self.hop)


def ways_of(topology: Topology, physical: Mapping[Node, str]) -> list[Way]:
    """Return the dead-letter queues of an architecture.

    Args:
        topology: the architecture.
        physical: the endpoint's name of each resource that is there.
    """
    ways: list[Way] = []
    hops = read_hops(topology)
    for queue, hop in hops.dead_letter_queues.items():
        if queue in physical:
            backs = [
                back for edge in topology.into(queue, *FAILURE) for back in _backs(edge, topology)
            ]
            ways.append(
                Way(
                    hop=hop,
                    queue=physical[queue],
                    name=queue.name,
                    sources={node.name: physical[node] for node in backs if node in physical},
                    receives=_receives(topology, queue),
                )
            )
    known = {way.queue for way in ways}
    ways += (
        Way(
            hop=found.machine.name,
            queue=physical[found.queue],
            name=found.queue.name,
            sources={found.machine.name: physical[found.machine]},
            written=found.written,
            steps={
                hops.names[step.function]: step
                for step in hops.workflow_letters.get(found.queue, ())
                if step.function in hops.names
            },
        )
        for found in workflow_letters(topology)
        if {found.queue, found.machine} <= physical.keys() and physical[found.queue] not in known
    )
    return ways


def elsewhere(topology: Topology, physical: Mapping[Node, str]) -> list[str]:
    """Return what takes what an architecture gives up, and is no queue: nobody looks into it here.

    Args:
        topology: the architecture.
        physical: the endpoint's name of each resource that is there.
    """
    takers = {edge.target: None for edge in topology.edges(*FAILURE) if edge.target in physical}
    return [node.name for node in takers if node.role is not Role.QUEUE]


def _receives(topology: Topology, queue: Node) -> int | None:
    """Return the one number of receives after which messages come to a dead-letter queue."""
    found: set[float] = set()
    for edge in topology.into(queue, *FAILURE):
        if edge.source.role is Role.QUEUE:
            found |= edge.source.numbers("RedrivePolicy", "maxReceiveCount") or set()
    return int(found.pop()) if len(found) == 1 else None


def _backs(edge: Edge, topology: Topology) -> Iterator[Node]:
    """Yield what dead letters go back to: a queue, or what was not reached."""
    if edge.source.role is Role.QUEUE or edge.source.type == _FUNCTION:
        yield edge.source
    for onward in topology.out(edge.source, *_ONWARD):
        # A subscription's letters go to its own queue, or every subscriber would see them again.
        if onward.via is edge.via and onward.target is not edge.target:
            yield onward.target


def physical_names(topology: Topology, sample: Sample, endpoint: Endpoint) -> dict[Node, str]:
    """Return the endpoint's name of each resource of a sample's stack.

    Args:
        topology: the architecture.
        sample: the sample.
        endpoint: where it was deployed.

    Raises:
        HinagataError: the stack is not there.
    """
    cloudformation = endpoint.client("cloudformation")
    stack, where = sample.stack, endpoint.url or "AWS"
    try:
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        names = {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
        }
    except ClientError as error:
        raise UsageError(
            f"there is no stack {stack} on {where} ({error.response['Error']['Message']}); "
            f"deploy it first, e.g. with: hinagata run {sample.name} --keep"
        ) from None
    except BotoCoreError as error:
        raise UsageError(
            f"{where} does not answer as AWS does ({type(error).__name__}); "
            "expected the URL of an AWS-compatible endpoint"
        ) from None
    if not names:
        raise HinagataError(f"the stack {stack} on {where} has no resources; deploy it again")
    return {
        node: names[node.logical_id]
        for node in topology.nodes
        if node.template.name == stack and names.get(node.logical_id)
    }
