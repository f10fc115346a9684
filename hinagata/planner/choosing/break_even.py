"""What answering costs a month, rate by rate: API Gateway + Lambda against ALB + Fargate.

Reactive costs nothing at rest, and the same for each request; proactive costs hours, and little for
each request. Below the crossover the one is cheaper, above it the other.

Both do the same work: a function of M MB has M / 1,769 of a vCPU for its whole duration, a task
does as many at once as its vCPU and the share of the work that needs it allow, and is kept busy to
a target, so that there is headroom while more tasks start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hinagata.facts import Fact, Facts
from hinagata.planner.choosing.traffic import Traffic
from hinagata.planner.pricing.bill import price
from hinagata.planner.pricing.estimate import Estimate

# A decade a step: from a request every quarter of an hour to more than one API takes.
RATES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0, 100_000.0)
# Where costs are compared to find the crossover, in each decade; then by halving.
_PER_DECADE = 4
_HALVINGS = 20
# A service that tells nothing apart has two tasks in two zones, as `ProactiveService` has.
LEAST_TASKS = 2
TASK_VCPU, TASK_GB = 0.25, 0.5
# The target of `ProactiveService`, which leaves room until more tasks have started.
BUSY_SHARE = 0.6
_HEADER_KB = 0.5
# Pulling, starting and two health checks. Not measured.
_START_S = 60


@dataclass(frozen=True, kw_only=True)
class Row:
    """Both at one rate.

    Attributes:
        rate: Requests a second on average.
        reactive: USD a month.
        proactive: USD a month.
        tasks: Tasks of the proactive one, on average.
    """

    rate: float
    reactive: float
    proactive: float
    tasks: float


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """The curve.

    Attributes:
        rows: By growing rate.
        crossover: The mean rate at which both cost the same; None if one is always cheaper.
        cheaper: Which one is, at the traffic's own rate: `reactive` or `proactive`.
        facts: What it rests on.
    """

    rows: tuple[Row, ...]
    crossover: float | None
    cheaper: str
    facts: tuple[Fact, ...]


def break_even(
    traffic: Traffic,
    *,
    region: str | None = None,
    facts: Facts | None = None,
    rates: Sequence[float] = RATES,
) -> BreakEven:
    """Returns what both patterns cost at each rate, and where they cost the same.

    Args:
        traffic: The traffic; its rate is replaced by each of those.
        region: Where. Default: us-east-1.
        facts: Prices. Default: those that ship.
        rates: Mean rates to show.

    Raises:
        HinagataError: A price is missing.
    """
    known = facts or Facts()

    def row(rate: float) -> tuple[Row, Estimate, Estimate]:
        at = replace(traffic, rate=rate)
        reactive = price(reactive_usage(at), region=region, facts=known)
        tasks = mean_tasks(at, known)
        proactive = price(proactive_usage(at, tasks, known), region=region, facts=known)
        found = Row(rate=rate, reactive=reactive.total, proactive=proactive.total, tasks=tasks)
        return found, reactive, proactive

    def surplus(rate: float) -> float:
        found, _, _ = row(rate)
        return found.reactive - found.proactive

    here, reactive, proactive = row(traffic.rate)
    shown = sorted({*rates, traffic.rate})
    return BreakEven(
        rows=tuple(row(rate)[0] for rate in shown),
        crossover=_crossover(surplus),
        cheaper="reactive" if here.reactive <= here.proactive else "proactive",
        facts=tuple(dict.fromkeys((*reactive.facts, *proactive.facts))),
    )


def reactive_usage(traffic: Traffic) -> dict[str, dict[str, object]]:
    """Returns what answering by functions uses, as `hinagata.planner.price` takes it."""
    requests = f"{traffic.rate!r}/s"
    return {
        "apigateway_rest": {"Api": {"requests": requests, "internet_out_kb": traffic.response_kb}},
        "lambda": {
            "Function": {
                "requests": requests,
                "duration_ms": traffic.duration_s * 1000,
                "memory_mb": traffic.memory_mb,
            }
        },
    }


def proactive_usage(traffic: Traffic, tasks: float, facts: Facts) -> dict[str, dict[str, object]]:
    """Returns what answering by so many tasks uses, as `hinagata.planner.price` takes it."""
    hours = facts.value("billing", "price.hours_per_month")
    kb_per_gb = facts.value("apigateway", "price.kb_per_gb")
    kb = traffic.message_kb + traffic.response_kb + _HEADER_KB
    requests = f"{traffic.rate!r}/s"
    return {
        "alb": {
            "Balancer": {
                "new_connections": requests,
                "active_connections": traffic.rate * max(1.0, traffic.duration_s),
                "data_gb": traffic.rate * hours * 3600 * kb / kb_per_gb,
                "requests": requests,
            }
        },
        "fargate": {"Tasks": {"tasks": tasks, "vcpu": TASK_VCPU, "memory_gb": TASK_GB}},
        "public_ipv4": {"Addresses": {"addresses": 2 + tasks}},
        "data_transfer": {"Out": {"responses": requests, "response_kb": traffic.response_kb}},
    }


def mean_tasks(traffic: Traffic, facts: Facts) -> float:
    """Returns how many tasks the proactive pattern runs on average.

    rate x duration x vCPU of the work / (vCPU of a task x target), for the mean rate, or for the
    peak where that comes sooner than target tracking follows; at least two.
    """
    rate = traffic.peak if rises_too_fast(traffic, facts) else traffic.rate
    vcpu = traffic.memory_mb / facts.value("lambda", "memory_per_vcpu") * traffic.cpu_share
    return max(LEAST_TASKS, rate * traffic.duration_s * vcpu / TASK_VCPU / BUSY_SHARE)


def rises_too_fast(traffic: Traffic, facts: Facts) -> bool:
    """Whether the peak is there before target tracking has followed: alarm, and start of a task."""
    alarm = facts.value("ecs", "tt.alarm_high.datapoints") * facts.value("ecs", "tt.metric_period")
    headroom = 1 / BUSY_SHARE
    return traffic.peak_over_mean > headroom and traffic.rise_s < alarm + _START_S


def _crossover(surplus: Callable[[float], float]) -> float | None:
    """The lowest rate from which on the reactive one is the dearer, by halving between two."""
    decades = math.log10(RATES[-1] / RATES[0])
    steps = round(decades * _PER_DECADE)
    low = RATES[0]
    if surplus(low) > 0:
        return None
    for step in range(1, steps + 1):
        high = RATES[0] * 10 ** (step / _PER_DECADE)
        if surplus(high) > 0:
            for _ in range(_HALVINGS):
                middle = math.sqrt(low * high)
                if surplus(middle) > 0:
                    high = middle
                else:
                    low = middle
            return high
        low = high
    return None
