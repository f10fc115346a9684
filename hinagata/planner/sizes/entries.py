"""What answers clients: API Gateway's throttles and timeouts, services behind load balancers."""

from __future__ import annotations

import math

from hinagata.planner.bursts import ramp_time, token_bucket
from hinagata.planner.deriving.compute import bounds, needed_tasks, on_fargate, target_share
from hinagata.planner.naming import SERVICE, scaling_of
from hinagata.planner.sizes.peak import Peak, duration, shown
from hinagata.planner.sizing import tracked_step
from hinagata.topology.edge import Kind
from hinagata.topology.flow import flow
from hinagata.topology.node import Node, walk
from hinagata.topology.value import number

_APIS = {
    "AWS::ApiGateway::RestApi": ("AWS::ApiGateway::Stage", "RestApiId"),
    "AWS::ApiGatewayV2::Api": ("AWS::ApiGatewayV2::Stage", "ApiId"),
}
# Until a task takes requests: pulled, started and twice found healthy. Measured nowhere here.
_START_S = 60


def apis(peak: Peak) -> None:
    """Adds what APIs need: requests a second, and answers within their timeout."""
    rates = 0.0
    for type_ in _APIS:
        for node in peak.month.topology.of_type(type_):
            rate = peak.month.flows.peak(node)
            if rate:
                rates += rate
                _stage(peak, node, rate)
                _answer(peak, node)
    if rates:
        limit = peak.fact("apigateway", "throttle.rps")
        burst = peak.fact("apigateway", "throttle.burst")
        peak.add(
            "account",
            "requests of all APIs",
            rates,
            limit,
            "requests/s",
            formula=_bucket(rates, limit, burst),
            advice="ask for a higher throttle quota of API Gateway",
        )


def _bucket(rate: float, limit: float, burst: float) -> str:
    throttling = token_bucket(limit, burst, rate)
    if math.isinf(throttling.first_at):
        return f"{shown(rate)}/s into a bucket of {shown(limit)}/s and {shown(burst)} at once"
    return (
        f"{shown(rate)}/s into a bucket of {shown(limit)}/s and {shown(burst)} at once: after "
        f"{duration(throttling.first_at)}, {throttling.share:.0%} are refused"
    )


def _stage(peak: Peak, node: Node, rate: float) -> None:
    type_, api = _APIS[node.type]
    for stage in peak.month.topology.of_type(type_):
        if node not in stage.nodes(api):
            continue
        settings = list(stage.items("MethodSettings") or ())
        settings.append(stage.get("DefaultRouteSettings"))
        limits = [number(walk(each, "ThrottlingRateLimit")) for each in settings]
        bursts = [number(walk(each, "ThrottlingBurstLimit")) for each in settings]
        known = [limit for limit in limits if limit is not None]
        if known:
            limit = min(known)
            burst = min((each for each in bursts if each is not None), default=limit)
            peak.add(
                node,
                "requests",
                rate,
                limit,
                "requests/s",
                formula=_bucket(rate, limit, burst),
                advice=f"set ThrottlingRateLimit to {math.ceil(rate / 0.8):,} and "
                f"ThrottlingBurstLimit to {math.ceil(rate):,}",
            )


def _answer(peak: Peak, node: Node) -> None:
    month = peak.month
    for edge in month.topology.out(node, Kind.INVOKES_SYNC):
        if edge.target not in month.names.handlers or (node, edge.target) not in month.flows.over:
            continue
        found = flow(edge, month.topology)
        work = month.handlers.work(edge.target)
        longest = work.mean_s + work.cold_start_s
        if found is not None and found.timeout_s:
            peak.add(
                node,
                "time of an answer",
                longest,
                found.timeout_s,
                "s",
                formula=f"{duration(work.mean_s)} + {duration(work.cold_start_s)} of a cold "
                f"start of {month.names.shown(edge.target)}, on average",
                advice="answer at once and work behind a queue",
            )


def services(peak: Peak) -> None:
    """Adds what services need: tasks at the peak, and how soon they are there."""
    for node in peak.month.names.handlers:
        rate = peak.month.flows.peak(node)
        if node.type == SERVICE and rate:
            _tasks(peak, node, rate)


def _tasks(peak: Peak, node: Node, rate: float) -> None:
    month = peak.month
    mean_s = month.handlers.work(node).mean_s
    slots, share = month.assume("slots_per_task", node), target_share(month, node)
    tasks = max(1, math.ceil(needed_tasks(month, node, rate) - 1e-9))
    least, most = bounds(month, node)
    scaling = scaling_of(node, month.topology)
    tracked = f" / {share:.0%} that tracking keeps busy" if share < 1 else ""
    peak.add(
        node,
        "tasks",
        tasks,
        most,
        "tasks",
        formula=f"{shown(rate)}/s x {duration(mean_s)} / {slots:g} at once a task{tracked} = "
        f"{shown(tasks)}",
        advice=f"set MaxCapacity to {math.ceil(tasks / 0.8):,}"
        if scaling is not None
        else f"let it scale: it has {shown(least)}; or set DesiredCount to {tasks:,}",
    )
    if on_fargate(node):
        _launch(peak, node, tasks, least)
    rise = month.flows.rise(node, 60)
    if scaling is not None and rise > 0:
        _lag(peak, node, rate, rise, least)


def _launch(peak: Peak, node: Node, tasks: float, least: float) -> None:
    month = peak.month
    task = next(iter(node.nodes("TaskDefinition")), None)
    vcpu = (month.number(task, "Cpu", default=256) if task else 256) / 1024
    peak.add(
        node,
        "vCPU on Fargate",
        tasks * vcpu,
        peak.fact("fargate", "quota.vcpu_default"),
        "vCPU",
        formula=f"{shown(tasks)} tasks x {vcpu:g} vCPU; in the account and region",
        advice=f"ask for a quota of {math.ceil(tasks * vcpu / 0.8):,} Fargate vCPU",
    )
    if tasks > least:
        burst = peak.fact("fargate", "launch.burst")
        each = peak.fact("fargate", "launch.sustained")
        peak.add(
            node,
            "time to launch them",
            ramp_time(burst, tasks - least, each),
            None,
            "s",
            formula=f"{shown(tasks - least)} tasks: {shown(burst)} at once, then {shown(each)}/s",
        )


def _lag(peak: Peak, node: Node, rate: float, rise: float, least: float) -> None:
    month = peak.month
    before = max(1, math.ceil(max(least, needed_tasks(month, node, rate - rise))))
    wanted = needed_tasks(month, node, rate)
    if wanted <= before:
        return
    step = tracked_step(
        before,
        1.0,
        wanted,
        periods=int(peak.fact("ecs", "tt.alarm_high.datapoints")),
        period=peak.fact("ecs", "tt.metric_period"),
        start_delay=_START_S,
    )
    peak.add(
        node,
        "time until tracking has followed",
        step.in_service_at,
        None,
        "s",
        formula=f"{shown(before)} tasks, {shown(step.desired)} wanted: alarm after "
        f"{duration(step.alarm_at)}, and {_START_S} s for a task to start",
    )
