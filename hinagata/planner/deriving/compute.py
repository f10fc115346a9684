"""Functions and containers."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.planner.cold_starts import warm_pool
from hinagata.planner.deriving.month import Month
from hinagata.planner.naming import FUNCTION, SERVICE, scaling_of
from hinagata.topology.edge import Kind
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.value import Value, items, number

# Defaults of AWS::Lambda::Function and AWS::ECS::TaskDefinition (CloudFormation reference).
_MEMORY_MB, _TMP_MB = 128, 512
_TASK_CPU, _TASK_MB, _TASK_DISK_GB = 256, 512, 20
_PROVISIONED = ("ProvisionedConcurrencyConfig", "ProvisionedConcurrentExecutions")
# Beyond, the closed form of cold starts takes long, and cold starts are rare.
_MOST_BUSY = 1e6


def functions(month: Month) -> None:
    """Adds each function: its invocations, how long they take, what is kept warm."""
    for node in month.names.handlers:
        if node.type == FUNCTION:
            _function(month, node)


def _function(month: Month, node: Node) -> None:
    rate = month.handlers.invocations(node)
    work = month.handlers.work(node) if rate else None
    # Work is of a message: a batch takes as long as its messages one after the other.
    tried = math.fsum(
        month.flows.mean(feed.visits) * feed.tries for feed in month.handlers.feeds(node)
    )
    duration = work.mean_s * tried / rate if work else 0.0
    provisioned = math.fsum(_provisioned(month, node))
    starts = 0.0
    if work and 0 < rate * duration < _MOST_BUSY:
        starts = (
            rate
            * warm_pool(
                rate, duration, month.assume("keep_alive_s", node), int(provisioned)
            ).cold_start_probability
        )
    arm = node.strings("Architectures") == frozenset({"arm64"})
    month.add(
        "lambda",
        node,
        requests=month.month_of(rate),
        duration_ms=duration * 1000,
        memory_mb=month.number(node, "MemorySize", default=_MEMORY_MB),
        architecture="arm" if arm else "x86",
        cold_starts=month.month_of(starts),
        init_ms=work.cold_start_s * 1000 if work else 0.0,
        ephemeral_storage_mb=month.number(node, "EphemeralStorage", "Size", default=_TMP_MB),
        provisioned_concurrency=provisioned,
        snapstart_versions=_snapstart(month, node),
        sqs_poller_hours=_pollers(month, node) * month.hours,
    )


def _provisioned(month: Month, node: Node) -> Iterator[float]:
    for version in month.topology.of_type("AWS::Lambda::Alias", "AWS::Lambda::Version"):
        config = version.get(_PROVISIONED[0])
        if config is not None and node in version.nodes("FunctionName"):
            least = month.number(version, *_PROVISIONED, default=1)
            scaled = scaling_of(version, month.topology)
            yield month.number(scaled, "MinCapacity", default=least) if scaled else least


def _snapstart(month: Month, node: Node) -> int:
    if node.get("SnapStart", "ApplyOn") != "PublishedVersions":
        return 0
    versions = month.topology.of_type("AWS::Lambda::Version")
    return sum(node in version.nodes("FunctionName") for version in versions)


def _pollers(month: Month, node: Node) -> float:
    """Pollers that are provisioned for the function's queues, at the least."""
    return math.fsum(
        month.number(edge.via, "ProvisionedPollerConfig", "MinimumPollers", default=2)
        for edge in month.topology.into(node, Kind.POLLS)
        if edge.source.role is Role.QUEUE and edge.via.get("ProvisionedPollerConfig") is not None
    )


def services(month: Month) -> None:
    """Adds each service on Fargate: its tasks, as many as the load asks for on average."""
    for node in month.names.handlers:
        if node.type == SERVICE:
            _service(month, node)


def _service(month: Month, node: Node) -> None:
    if not on_fargate(node):
        month.unpriced.append(f"{month.names.shown(node)}: containers on instances of your own")
        return
    task = next(iter(node.nodes("TaskDefinition")), None)
    cpu = month.number(task, "Cpu", default=_TASK_CPU) if task else _TASK_CPU
    memory = month.number(task, "Memory", default=_TASK_MB) if task else _TASK_MB
    platform = task.get("RuntimePlatform", "CpuArchitecture") if task else None
    windows = task is not None and str(
        task.get("RuntimePlatform", "OperatingSystemFamily")
    ).startswith("WINDOWS")
    least, most = bounds(month, node)
    tasks = month.flows.averaged(
        node, lambda rate: min(most, max(least, needed_tasks(month, node, rate)))
    )
    month.add(
        "fargate",
        node,
        vcpu=cpu / 1024,
        memory_gb=memory / 1024,
        tasks=tasks,
        architecture="arm" if platform == "ARM64" and not windows else "x86",
        system="windows" if windows else "linux",
        ephemeral_gb=month.number(task, "EphemeralStorage", "SizeInGiB", default=_TASK_DISK_GB)
        if task
        else _TASK_DISK_GB,
        spot="true" if _on_spot(node) else "false",
    )
    network = ("NetworkConfiguration", "AwsvpcConfiguration")
    if node.get(*network, "AssignPublicIp") == "ENABLED":
        month.add("public_ipv4", node, addresses=tasks)


def on_fargate(node: Node) -> bool:
    """Whether a service's tasks run on Fargate, and not on instances of the user."""
    if node.get("LaunchType") == "FARGATE":
        return True
    providers = [walk(each, "CapacityProvider") for each in items(_strategy(node))]
    return any(str(name).startswith("FARGATE") for name in providers)


def _on_spot(node: Node) -> bool:
    return any(walk(each, "CapacityProvider") == "FARGATE_SPOT" for each in items(_strategy(node)))


def _strategy(node: Node) -> Value:
    return node.get("CapacityProviderStrategy")


def bounds(month: Month, node: Node) -> tuple[float, float]:
    """Returns the fewest and the most tasks of a service."""
    wanted = month.number(node, "DesiredCount", default=1)
    scaling = scaling_of(node, month.topology)
    if scaling is None:
        return wanted, wanted
    return (
        month.number(scaling, "MinCapacity", default=wanted),
        month.number(scaling, "MaxCapacity", default=wanted),
    )


def target_share(month: Month, node: Node) -> float:
    """Returns the share of a task that target tracking keeps busy; 1 where nothing tracks."""
    scaling = scaling_of(node, month.topology)
    for policy in month.topology.of_type("AWS::ApplicationAutoScaling::ScalingPolicy"):
        settings = policy.get("TargetTrackingScalingPolicyConfiguration")
        metric = walk(settings, "PredefinedMetricSpecification", "PredefinedMetricType")
        if scaling in policy.nodes("ScalingTargetId") and "CPU" in str(metric):
            percent = number(walk(settings, "TargetValue"))
            if percent and percent > 0:
                return min(1.0, percent / 100)
    return 1.0


def needed_tasks(month: Month, node: Node, rate: float) -> float:
    """Returns how many tasks a rate asks for: rate x duration / slots / share that shall be busy.

    Not rounded up to a whole task, so that it can be averaged.
    """
    busy = rate * month.handlers.work(node).mean_s
    return busy / month.assume("slots_per_task", node) / target_share(month, node)
