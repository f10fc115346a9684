"""A service that does not scale, or nothing that ends it.

A fixed number of tasks is too many at night and too few on the day that matters. A ceiling that
is far above what the system was built for is none: a loop of retries, or somebody who means harm,
turns into tasks, into connections that a database cannot take, and into a bill. A floor of one
task means that a deployment or the loss of a zone leaves none.

- A service behind a load balancer without a scalable target is a warning; another one, a worker
  say, a note, since one task may be what it is meant to have.
- `MaxCapacity` above the threshold is a warning.
- `MinCapacity` below two, behind a load balancer, is a warning.
- An on-demand table without `OnDemandThroughput` is a note. It takes what comes up to the quotas of
  the account, which is what on-demand is for, and each request is paid for.

## How to mend it

An `AWS::ApplicationAutoScaling::ScalableTarget` with a `MinCapacity` of two or more and a
`MaxCapacity` that the systems behind can bear; `MaxReadRequestUnits` and `MaxWriteRequestUnits`
at some times the highest load that you expect.
"""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.ecs_service import is_replica, scalable_targets, task_counts
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

# Where each type of table bounds what it takes on demand.
_TABLES = {
    "AWS::DynamoDB::Table": "OnDemandThroughput",
    "AWS::DynamoDB::GlobalTable": "WriteOnDemandThroughputSettings",
}


@check(
    id="FM804",
    title="Scaling without a ceiling or a floor",
    severity=Severity.WARNING,
    reason="Too few tasks on the day that matters, or, when something goes round in circles, no "
    "end to tasks, connections and costs.",
    sources=(
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html",
        (
            "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
            "on-demand-capacity-mode-max-throughput.html"
        ),
    ),
    fix="Give the service a scalable target with a floor and a ceiling, the table a maximum.",
)
def unbounded_scaling(topology: Topology, thresholds: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks at the bounds of each service and each table on demand."""
    for service in topology.of_type("AWS::ECS::Service"):
        if is_replica(service):
            yield from _service(topology, service, thresholds)
    for table in topology.of_type(*_TABLES):
        modes = table.strings("BillingMode", default="PROVISIONED")
        if modes is None:
            yield Unresolved(node=table, property="BillingMode")
        elif modes == {"PAY_PER_REQUEST"} and table.get(_TABLES[table.type]) is None:
            yield Finding(
                node=table,
                property=_TABLES[table.type],
                says="takes and bills whatever comes: its on-demand throughput has no maximum",
                severity=Severity.NOTE,
            )


def _service(
    topology: Topology, service: Node, thresholds: Thresholds
) -> Iterator[Finding | Unresolved]:
    # An item is enough: a target group that is made elsewhere serves requests as well.
    serves = service.items("LoadBalancers") != ()
    decides, lower, fewest = task_counts(topology, service, "MinCapacity")
    if not scalable_targets(topology, service):
        number = f"{min(fewest):g}" if fewest else "the same number of"
        yield Finding(
            node=service,
            property=lower,
            says=f"nothing scales it: it has {number} {'task' if number == '1' else 'tasks'} at "
            "night and at its peak",
            severity=None if serves else Severity.NOTE,
        )
        return
    _, upper, most = task_counts(topology, service, "MaxCapacity")
    if not most:
        yield Unresolved(node=decides, property=upper)
    elif max(most) > thresholds.most_tasks:
        yield Finding(
            node=decides,
            property=upper,
            says=f"{service.name} may grow to {max(most):g} tasks, more than "
            f"{thresholds.most_tasks:g}",
            related=(service,),
        )
    if not fewest:
        yield Unresolved(node=decides, property=lower)
    elif serves and min(fewest) < thresholds.fewest_tasks:
        yield Finding(
            node=decides,
            property=lower,
            says=f"{service.name} may shrink to {min(fewest):g} "
            f"{'task' if min(fewest) == 1 else 'tasks'}, fewer than {thresholds.fewest_tasks:g}",
            related=(service,),
        )
