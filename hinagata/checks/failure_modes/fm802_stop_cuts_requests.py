"""A deployment cuts requests, takes for ever, or never ends.

Three settings decide how a service of Amazon ECS gives up a task and takes the next:

- **How long the load balancer waits.** `deregistration_delay.timeout_seconds` is 300 by default:
  ECS waits for it before it stops each batch of tasks, so a deployment can take five minutes a
  batch, a rollback as long. If it is longer than the container's `StopTimeout` (30 s by default),
  that is a note: ECS waits for the load balancer before it sends `SIGTERM`, but a task that is
  stopped for another reason, a Spot interruption or a failed check, is killed before the time
  that its clients were promised.
- **When it gives up.** Without a circuit breaker (or a rollback on alarms), a release whose tasks
  do not start is tried again for hours, while the deployment hangs.
- **How many tasks remain.** With one or two tasks, a `MinimumHealthyPercent` below 100 lets ECS
  stop half of them, or the only one, before the next is there. The CDK's own default is 50.

## How to mend it

Set the delay to the longest request, 30 s say, `StopTimeout` to at least as much,
`DeploymentCircuitBreaker` with `Rollback`, and `MinimumHealthyPercent` to 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.ecs_service import containers, is_replica, target_groups, task_counts
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Unknown, Value, number

_DELAY = "deregistration_delay.timeout_seconds"
# docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
_DELAY_DEFAULT_S, _STOP_TIMEOUT_DEFAULT_S = 300, 30
_HEALTHY_DEFAULT = 100  # AWS::ECS::Service in the CloudFormation reference, for rolling updates


@check(
    id="FM802",
    title="Deployment cuts requests or hangs",
    severity=Severity.WARNING,
    reason="Each release cuts requests off, or takes five minutes a batch of tasks, or is tried "
    "for hours without success.",
    sources=(
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
        "https://aws.amazon.com/blogs/containers/graceful-shutdowns-with-ecs/",
    ),
    fix="Set deregistration_delay to 30, StopTimeout to at least as much, a circuit breaker with "
    "rollback, and MinimumHealthyPercent to 100.",
)
def stop_cuts_requests(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at how each service gives up its tasks."""
    for service in topology.of_type("AWS::ECS::Service"):
        if not is_replica(service):
            continue
        for group in target_groups(service):
            yield from _delay(service, group)
        if service.get("DeploymentController", "Type") in (None, "ECS"):
            yield from _breaker(service)
            yield from _fewer_than_needed(topology, service)


def _delay(service: Node, group: Node) -> Iterator[Finding | Unresolved]:
    attributes = group.items("TargetGroupAttributes")
    delay: Value = None
    for attribute in attributes or ():
        if walk(attribute, "Key") == _DELAY:
            delay = walk(attribute, "Value")
    if attributes is None or isinstance(delay, Unknown):
        yield Unresolved(node=group, property="TargetGroupAttributes")
        return
    if delay is None:
        yield Finding(
            node=group,
            property="TargetGroupAttributes",
            says=f"{_DELAY} is not set: the load balancer waits up to {_DELAY_DEFAULT_S} s for "
            f"each task of {service.name} that ends",
            related=(service,),
        )
        return
    stops = [
        number(walk(each, "StopTimeout") or _STOP_TIMEOUT_DEFAULT_S)
        for each in containers(service) or ()
    ]
    promised, known = number(delay), [each for each in stops if each is not None]
    if promised is not None and known and max(known) < promised:
        yield Finding(
            node=service.nodes("TaskDefinition")[0],
            property="ContainerDefinitions.0.StopTimeout",
            says=f"is killed {max(known):g} s after SIGTERM, while {group.name} promises its "
            f"clients {promised:g} s",
            related=(service, group),
            severity=Severity.NOTE,
        )


def _breaker(service: Node) -> Iterator[Finding | Unresolved]:
    path = ("DeploymentConfiguration", "DeploymentCircuitBreaker", "Enable")
    breaker = service.flag(*path)
    alarms = service.flag("DeploymentConfiguration", "Alarms", "Enable")
    if breaker or alarms:
        return
    if breaker is None or alarms is None:
        yield Unresolved(node=service, property=".".join(path))
        return
    yield Finding(
        node=service,
        property="DeploymentConfiguration.DeploymentCircuitBreaker",
        says="has no circuit breaker: a release whose tasks do not start is tried for hours",
    )


def _fewer_than_needed(topology: Topology, service: Node) -> Iterator[Finding | Unresolved]:
    path = ("DeploymentConfiguration", "MinimumHealthyPercent")
    percents = service.numbers(*path, default=_HEALTHY_DEFAULT)
    if percents is None:
        yield Unresolved(node=service, property=".".join(path))
        return
    decides, property_, counts = task_counts(topology, service, "MinCapacity")
    if min(percents) >= _HEALTHY_DEFAULT:
        return
    if not counts:
        yield Unresolved(node=decides, property=property_)
        return
    tasks = min(counts)
    left = math.ceil(tasks * min(percents) / 100)
    if 1 <= tasks <= 2 and left < tasks:
        yield Finding(
            node=service,
            property=".".join(path),
            says=f"of its {tasks:g} {'task' if tasks == 1 else 'tasks'}, a deployment leaves "
            f"{left} running ({min(percents):g} %)",
            related=() if decides is service else (decides,),
        )
