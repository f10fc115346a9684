"""Nobody asks whether a task still works.

Amazon ECS replaces a task whose main process has ended. One that hangs, has lost its connections
or has no thread left is alive to it, unless something asks. Behind a load balancer, that is the
target group's check; elsewhere, for a worker of a queue, it is the container's `HealthCheck`.

A target group without `HealthCheckPath` asks for `/`, which mostly answers for reasons of its own:
a redirect to a login page counts as unhealthy, a static page as healthy while nothing behind it
works. So a path should be chosen, even if it is `/`.

## How to mend it

Set `HealthCheckPath` to an address that answers 200 if the task can do its work and does nothing
expensive. For a service without a load balancer, give its essential container a `HealthCheck`
command.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.ecs_service import containers, target_groups
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk

_SPEAKS_HTTP = ("HTTP", "HTTPS")


@check(
    id="FM801",
    title="Task without a health check of its own",
    severity=Severity.WARNING,
    reason="A task that hangs keeps its place, and requests or messages keep failing there.",
    sources=(
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html",
        (
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
            "target-group-health-checks.html"
        ),
        "https://aws.amazon.com/blogs/containers/graceful-shutdowns-with-ecs/",
    ),
    fix="Set HealthCheckPath on the target group, or HealthCheck on the container.",
)
def no_health_check(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for what asks after each service's tasks."""
    for service in topology.of_type("AWS::ECS::Service"):
        groups = list(target_groups(service))
        if groups:
            for group in groups:
                if _asks_for_a_path(group) and group.get("HealthCheckPath") is None:
                    yield Finding(
                        node=group,
                        property="HealthCheckPath",
                        says=f"asks the tasks of {service.name} for /, since no path is set",
                        related=(service,),
                    )
            continue
        balancers = service.items("LoadBalancers")
        if balancers is None or balancers:
            # A target group that is made elsewhere.
            yield Unresolved(node=service, property="LoadBalancers")
            continue
        yield from _worker(service)


def _worker(service: Node) -> Iterator[Finding | Unresolved]:
    found = containers(service)
    if not found or any(not isinstance(each, dict) for each in found):
        yield Unresolved(node=service, property="TaskDefinition")
    elif all(walk(each, "HealthCheck") is None for each in found):
        task = service.nodes("TaskDefinition")[0]
        yield Finding(
            node=task,
            property="ContainerDefinitions.0.HealthCheck",
            says=f"no container of {service.name} has a health check, and no load balancer asks",
            related=(service,),
        )


def _asks_for_a_path(group: Node) -> bool:
    protocol = group.get("HealthCheckProtocol") or group.get("Protocol")
    return protocol in _SPEAKS_HTTP
