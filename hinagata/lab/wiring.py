"""What a run must know of a deployment: where to send, where to read, where to look."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hinagata.errors import HinagataError
from hinagata.lab.accounting import Flow
from hinagata.lab.channels import CHANNELS, Channel, channel
from hinagata.lab.hops import Hops, read_hops
from hinagata.lab.push_provider import TOKEN_KEY
from hinagata.lab.retention import keeps_seconds
from hinagata.lab.traffic import Entry
from hinagata.lab.workflow_steps import WorkflowStep
from hinagata.scenario import Put, Scenario, Source
from hinagata.suggestion import suggest
from hinagata.topology.reading import read_topology

if TYPE_CHECKING:
    from hinagata.assembly.cloud_assembly import AssemblyStack, CloudAssembly
    from hinagata.lab.deployment import Deployment
    from hinagata.lab.endpoint import Endpoint
    from hinagata.topology.graph import Topology

FUNCTION = "AWS::Lambda::Function"
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
QUEUE = "AWS::SQS::Queue"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
APIS = {
    "AWS::ApiGateway::RestApi": "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api": "AWS::ApiGatewayV2::Stage",
}
ROUTES = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route")


@dataclass(frozen=True, kw_only=True)
class Wiring:
    """The physical side of a scenario's names.

    Attributes:
        entries: where each source's requests or events go.
        log_groups: where the hops write.
        queues: the URLs of the queues that messages pass through.
        queue_names: what the architecture calls each of them.
        functions: the endpoint's name of each hop's function, of those that are functions.
        dead_letter_queues: for each dead-letter queue's URL, the hop whose letters it takes.
        tables: the name of each table that an expectation is about.
        flow: which hops each message must reach.
        workflow_letters: for the URL of each queue to which a workflow gives up, its steps' hops.
    """

    entries: Mapping[str, Entry | Channel]
    log_groups: tuple[str, ...]
    queues: tuple[str, ...]
    dead_letter_queues: Mapping[str, str]
    tables: Mapping[str, str]
    flow: Flow
    queue_names: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    workflow_letters: Mapping[str, Mapping[str, WorkflowStep]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource that was deployed.

    Attributes:
        type: its CloudFormation type.
        parts: the ids on its way down the construct tree.
        physical_id: the endpoint's name for it.
        properties: what its template says, unresolved.
    """

    type: str
    parts: tuple[str, ...]
    physical_id: str
    properties: Mapping[str, Any]


def wire(
    scenario: Scenario,
    assembly: "CloudAssembly",
    deployment: "Deployment",
    endpoint: "Endpoint",
    *,
    push: str | None = None,
) -> Wiring:
    """Find what a scenario names, and what belongs to it.

    Args:
        scenario: what is played.
        assembly: what was deployed.
        deployment: of it.
        endpoint: where.
        push: the push service that brings messages to phones: the last hop of each source whose
            messages are for one.

    Raises:
        HinagataError: the scenario names a node that is not there, or not of its kind.
    """
    stubs = {(stub.stack, stub.logical_id) for stub in deployment.stubs}
    found = [
        resource
        for stack in assembly.stacks
        for name, resource in _resources(stack, deployment).items()
        if (stack.name, name) not in stubs
    ]
    topology = read_topology(assembly.directory)
    hops = read_hops(topology)
    dead_letter_queues = {
        deployment.resources[queue.template.name, queue.logical_id]: hop
        for queue, hop in hops.dead_letter_queues.items()
        if (queue.template.name, queue.logical_id) in deployment.resources
    }
    workflow_letters = {
        deployment.resources[queue.template.name, queue.logical_id]: {
            hops.names[step.function]: step for step in steps if step.function in hops.names
        }
        for queue, steps in hops.workflow_letters.items()
        if (queue.template.name, queue.logical_id) in deployment.resources
    }
    dead_letter_queues |= {url: next(iter(steps)) for url, steps in workflow_letters.items()}
    queues = {
        resource.physical_id: resource
        for resource in found
        if resource.type == QUEUE and resource.physical_id not in dead_letter_queues
    }
    return Wiring(
        entries={
            name: _channel(source, found, dead_letter_queues, endpoint, scenario)
            if isinstance(source.request, Put)
            else _entry(source.entry, found, endpoint, scenario)
            for name, source in scenario.sources.items()
        },
        log_groups=tuple(dict.fromkeys(_log_groups(found, endpoint))),
        queues=tuple(queues),
        queue_names=_short_names(queues),
        functions={
            hop: deployment.resources[node.template.name, node.logical_id]
            for node, hop in hops.names.items()
            if node.type == FUNCTION
            and (node.template.name, node.logical_id) in deployment.resources
        },
        dead_letter_queues=dead_letter_queues,
        tables={
            expectation.table: _table(expectation.table, found, scenario)
            for expectation in scenario.expectations.stored
        },
        flow=_flow(scenario, topology, hops, push),
        workflow_letters=workflow_letters,
    )


def _flow(scenario: Scenario, topology: "Topology", hops: Hops, push: str | None) -> Flow:
    reaches = {name: source.reaches for name, source in scenario.sources.items()}
    behind = hops.behind((source.entry, source.reaches) for source in scenario.sources.values())
    before = hops.directly_before()
    for name, source in scenario.sources.items():
        if push is not None and TOKEN_KEY in source.keys:
            reaches[name] = (*source.reaches, push)
            behind |= {hop: behind.get(hop, frozenset()) | {push} for hop in source.reaches}
            before |= {push: before.get(push, frozenset()) | {source.reaches[-1]}}
    return Flow(
        reaches=reaches,
        behind=behind,
        before=before,
        keeps_seconds=keeps_seconds(topology, hops.names),
    )


def _short_names(queues: Mapping[str, Resource]) -> dict[str, str]:
    """Return what to call each queue: the construct that the stack has, or if several, its path."""
    short = {url: resource.parts[1:2] or resource.parts for url, resource in queues.items()}
    counts = Counter(short.values())
    return {
        url: "/".join(short[url] if counts[short[url]] == 1 else resource.parts[1:])
        for url, resource in queues.items()
    }


def _resources(stack: "AssemblyStack", deployment: "Deployment") -> dict[str, Resource]:
    return {
        name: Resource(
            type=resource["Type"],
            parts=tuple(stack.construct_path(name).split("/")),
            physical_id=deployment.resources.get((stack.name, name), ""),
            properties=resource.get("Properties", {}),
        )
        for name, resource in stack.template.get("Resources", {}).items()
    }


def _entry(
    name: str, resources: Iterable[Resource], endpoint: "Endpoint", scenario: Scenario
) -> Entry:
    own = [resource for resource in resources if name in resource.parts]
    for resource in own:
        if resource.type == LOAD_BALANCER:
            return Entry(url=endpoint.url_of_load_balancer(resource.physical_id))
        if resource.type in APIS:
            stage = next(stage for stage in own if stage.type == APIS[resource.type])
            signed = any(
                route.type in ROUTES and route.properties.get("AuthorizationType") == "AWS_IAM"
                for route in own
            )
            return Entry(
                url=endpoint.url_of_api(resource.physical_id, stage.physical_id),
                sign=endpoint.sign if signed else None,
            )
    entries = _owners(resources, (LOAD_BALANCER, *APIS))
    raise HinagataError(
        f"{scenario.file}: the entry {name} has no load balancer and no API in the deployed "
        f"stacks; expected {suggest(name, entries)}"
    )


def _channel(
    source: Source,
    resources: Iterable[Resource],
    dead_letter_queues: Mapping[str, str],
    endpoint: "Endpoint",
    scenario: Scenario,
) -> Channel:
    taking = [
        resource
        for resource in resources
        if resource.type in CHANNELS and resource.physical_id not in dead_letter_queues
    ]
    for resource in taking:
        if source.entry in resource.parts:
            return channel(resource.type, resource.physical_id, endpoint)
    raise HinagataError(
        f"{scenario.file}: the entry {source.entry} has no stream and no queue in the deployed "
        f"stacks; expected {suggest(source.entry, _owners(taking, CHANNELS))}"
    )


def _table(name: str, resources: Iterable[Resource], scenario: Scenario) -> str:
    for resource in resources:
        if resource.type in TABLES and name in resource.parts:
            return resource.physical_id
    raise HinagataError(
        f"{scenario.file}: there is no table {name} in the deployed stacks; expected "
        f"{suggest(name, _owners(resources, TABLES))}"
    )


def _owners(resources: Iterable[Resource], types: Iterable[str]) -> list[str]:
    """Return the ids, below their stack, of the constructs that have a resource of some types."""
    kinds = tuple(types)
    return list(
        dict.fromkeys(resource.parts[1] for resource in resources if resource.type in kinds)
    )


def _log_groups(resources: Iterable[Resource], endpoint: "Endpoint") -> Iterator[str]:
    for resource in resources:
        if resource.type == FUNCTION:
            function = endpoint.client("lambda").get_function_configuration(
                FunctionName=resource.physical_id
            )
            usual = f"/aws/lambda/{resource.physical_id}"
            yield function.get("LoggingConfig", {}).get("LogGroup") or usual
        elif resource.type == TASK_DEFINITION:
            task = endpoint.client("ecs").describe_task_definition(
                taskDefinition=resource.physical_id
            )["taskDefinition"]
            for container in task["containerDefinitions"]:
                options = container.get("logConfiguration", {}).get("options", {})
                if "awslogs-group" in options:
                    yield options["awslogs-group"]
