"""Lambda: concurrency, the request rate rule, the rate of scaling, timeouts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hinagata.planner.naming import FUNCTION
from hinagata.planner.sizes.peak import Peak, busy_at_most, duration, shown
from hinagata.topology.flow import flow
from hinagata.topology.node import Node

# Default of AWS::Lambda::Function (CloudFormation reference).
_TIMEOUT_S = 3
_SCALING_S = 10


@dataclass(frozen=True, kw_only=True)
class _Use:
    """What a function takes of the account at the peak."""

    load: float
    invocations: float
    reserved: float | None


def functions(peak: Peak) -> None:
    """Adds what each function needs, and what they need of the account together."""
    uses = [
        use
        for node in peak.month.names.handlers
        if node.type == FUNCTION and (use := _function(peak, node)) is not None
    ]
    if uses:
        _account(peak, uses)


def load(peak: Peak, node: Node) -> float:
    """Returns the mean concurrency of a handler at its peak: messages/s x duration, with tries."""
    work = peak.month.handlers.work(node)
    return math.fsum(
        peak.month.flows.peak(feed.visits) * feed.tries * work.mean_s
        for feed in peak.month.handlers.feeds(node)
    )


def _function(peak: Peak, node: Node) -> _Use | None:
    month = peak.month
    feeds = month.handlers.feeds(node)
    if not feeds:
        return None
    work = month.handlers.work(node)
    messages = math.fsum(month.flows.peak(feed.visits) * feed.tries for feed in feeds)
    busy = messages * work.mean_s
    invocations = math.fsum(
        month.flows.peak(feed.visits) / feed.batch * feed.tries for feed in feeds
    )
    reserved = None
    if node.get("ReservedConcurrentExecutions") is not None:
        reserved = month.number(node, "ReservedConcurrentExecutions", default=0)
    most = busy_at_most(busy)
    peak.add(
        node,
        "concurrency",
        most,
        reserved,
        "environments",
        formula=f"{shown(messages)}/s x {duration(work.mean_s)} = {shown(busy)} on average, "
        f"{shown(most)} for 99.9 % of the time (M/G/infinity)",
        advice=f"set ReservedConcurrentExecutions to {shown(most)} or more, or take it away",
    )
    _full_batch(peak, node, work.mean_s)
    rise = month.flows.rise(node, _SCALING_S) * work.mean_s
    if rise >= 1:
        allowed = peak.fact("lambda", "scale.envs_per_10s_per_function")
        peak.add(
            node,
            "environments started in 10 s",
            math.ceil(rise),
            allowed,
            "environments",
            formula=f"the load rises by {shown(rise)} environments within 10 s",
            advice="provision concurrency before the rise, or put a queue before the function",
        )
    return _Use(load=busy, invocations=invocations, reserved=reserved)


def _full_batch(peak: Peak, node: Node, mean_s: float) -> None:
    month = peak.month
    largest = 1.0
    for feed in month.handlers.feeds(node):
        found = flow(feed.edge, month.topology) if feed.edge is not None else None
        if found is not None and found.mode == "poll":
            largest = max(largest, found.batch_size or 1.0)
    timeout = month.number(node, "Timeout", default=_TIMEOUT_S)
    longest = largest * mean_s
    least = math.ceil(longest / 0.8)
    quota = peak.fact("lambda", "quota.timeout")
    peak.add(
        node,
        "time of a full batch" if largest > 1 else "time of a message",
        longest,
        timeout,
        "s",
        formula=f"{shown(largest)} x {duration(mean_s)} = {duration(longest)}, on average",
        advice=f"set Timeout to {least} s"
        if least <= quota
        else f"take at most {max(1, int(quota * 0.8 / mean_s))} messages in a batch",
    )


def _account(peak: Peak, uses: list[_Use]) -> None:
    shared = math.fsum(use.load for use in uses if use.reserved is None)
    reserved = math.fsum(use.reserved for use in uses if use.reserved is not None)
    most = busy_at_most(shared) + reserved
    limit = peak.fact("lambda", "quota.concurrent_executions_default")
    kept = f" + {shown(reserved)} reserved" if reserved else ""
    peak.add(
        "account",
        "concurrency of all functions",
        most,
        limit,
        "environments",
        formula=f"{shown(shared)} on average, {shown(busy_at_most(shared))} for 99.9 % of the "
        f"time{kept}",
        advice=f"ask for a quota of concurrent executions of {_rounded(most / 0.8)}",
    )
    rate = math.fsum(use.invocations for use in uses)
    limit = peak.fact("lambda", "quota.concurrent_executions_default")
    each = peak.fact("lambda", "quota.rps_per_concurrency_unit")
    peak.add(
        "account",
        "requests of all functions",
        rate,
        limit * each,
        "invocations/s",
        formula=f"{shown(each)} x the account's concurrency of {shown(limit)} a second, "
        "however short they are",
        advice="ask for a quota of concurrent executions of "
        f"{_rounded(rate / each / 0.8)}, or take larger batches",
    )


def _rounded(amount: float) -> str:
    """A quota that somebody would ask for: two digits, rounded up."""
    if amount <= 0:
        return "0"
    step = 10 ** max(0, math.floor(math.log10(amount)) - 1)
    return f"{math.ceil(amount / step) * step:,.0f}"
