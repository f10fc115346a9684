"""How the number of a service's tasks is scaled: by a target, and by the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.facts import Facts
from hinagata.simulator.known import Known
from hinagata.simulator.model import ScheduledStep, TargetTracking
from hinagata.topology.edge import Kind
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, walk
from hinagata.topology.value import Value

# cron(minutes hours day-of-month month day-of-week year) (Application Auto Scaling user guide).
_DAILY = re.compile(r"cron\((?P<minute>\d{1,2}) (?P<hour>\d{1,2}) [^ ]+ [^ ]+ [^ ]+ [^ ]+\)")


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """What Application Auto Scaling does with a service.

    Attributes:
        at_least: The fewest tasks at midnight; None if nothing scales it.
        at_most: The most tasks; None if nothing scales it.
        tracking: What it follows.
        steps: What the clock changes.
    """

    at_least: float | None = None
    at_most: float | None = None
    tracking: TargetTracking | None = None
    steps: tuple[ScheduledStep, ...] = ()


def scaling_of(service: Node, topology: Topology, *, known: Known, facts: Facts) -> Scaling:
    """Returns how a service is scaled.

    Args:
        service: The service.
        topology: Where its scalable target and policies are.
        known: Reads settings.
        facts: How target tracking works.
    """
    target = next((edge.via for edge in topology.into(service, Kind.SCALES)), None)
    if target is None:
        return Scaling()
    steps = tuple(sorted(_steps(target, known), key=lambda step: step.at_s))
    at_least = known.number(target, "MinCapacity", default=1)
    policies = (
        _tracking(policy, known, facts)
        for policy in topology.of_type("AWS::ApplicationAutoScaling::ScalingPolicy")
        if target in policy.nodes("ScalingTargetId")
    )
    return Scaling(
        # A day begins as the one before it ended.
        at_least=steps[-1].at_least if steps else at_least,
        at_most=max([known.number(target, "MaxCapacity", default=at_least), *_most(target)]),
        tracking=next((found for found in policies if found is not None), None),
        steps=steps,
    )


def _steps(target: Node, known: Known) -> Iterator[ScheduledStep]:
    for action in target.items("ScheduledActions") or ():
        schedule, fewest = (
            walk(action, "Schedule"),
            walk(action, "ScalableTargetAction", "MinCapacity"),
        )
        at = _DAILY.fullmatch(schedule) if isinstance(schedule, str) else None
        if at is None or not isinstance(fewest, int | float):
            known.doubt("steps that no time of the day says are left out: {}", target.name)
            continue
        if walk(action, "Timezone") in (None, "UTC", "Etc/UTC"):
            known.doubt("the scenario's clock is taken to be UTC, as that of: {}", target.name)
        yield ScheduledStep(
            at_s=3600 * int(at["hour"]) + 60 * int(at["minute"]), at_least=float(fewest)
        )


def _most(target: Node) -> Iterator[float]:
    for action in target.items("ScheduledActions") or ():
        most = walk(action, "ScalableTargetAction", "MaxCapacity")
        if isinstance(most, int | float):
            yield float(most)


def _tracking(policy: Node, known: Known, facts: Facts) -> TargetTracking | None:
    settings = policy.get("TargetTrackingScalingPolicyConfiguration")
    metric = walk(settings, "PredefinedMetricSpecification", "PredefinedMetricType")
    aim = _number(walk(settings, "TargetValue"))
    if aim is None or metric not in (
        "ALBRequestCountPerTarget",
        "ECSServiceAverageCPUUtilization",
    ):
        known.doubt("no simulation knows this policy, which is left out: {}", policy.name)
        return None
    by_requests = metric == "ALBRequestCountPerTarget"
    value = facts.value
    cooldown = _number(walk(settings, "ScaleInCooldown"))
    return TargetTracking(
        requests_per_task_per_min=aim if by_requests else None,
        busy_share=None if by_requests else aim / 100,
        period_s=value("ecs", "tt.metric_period"),
        above=int(value("ecs", "tt.alarm_high.datapoints")),
        below=int(value("ecs", "tt.alarm_low.datapoints")),
        cooldown_s=value("ecs", "tt.cooldown_default") if cooldown is None else cooldown,
    )


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) else None
