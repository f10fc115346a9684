"""The pattern that suits a traffic, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hinagata.facts import Fact, Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.choosing.break_even import (
    BUSY_SHARE,
    BreakEven,
    break_even,
    mean_tasks,
    rises_too_fast,
)
from hinagata.planner.choosing.traffic import Traffic
from hinagata.planner.cold_starts import cold_start_probability
from hinagata.planner.sizes.peak import busy_at_most, duration, shown
from hinagata.planner.sizing import shards_needed

_KEEP_ALIVE_S = 360.0
# A start in so many requests moves the 99th percentile.
_ONE_IN_A_HUNDRED = 0.01
# The closed form of cold starts takes long beyond, where cold starts are rare.
_MOST_BUSY = 1e5
_KB = 1024


class Pattern(StrEnum):
    """The ways to take messages."""

    REACTIVE = "reactive"
    """API Gateway + Lambda: starts with each request."""
    PROACTIVE = "proactive"
    """Load balancer + Fargate: is there before the request."""
    QUEUE = "queue"
    """SQS + Lambda, behind SNS where there are several consumers: takes all, works at its pace."""
    STREAM = "stream"
    """Kinesis + Lambda: keeps order and what has been, for any number of readers."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A recommendation.

    Attributes:
        pattern: What suits.
        reasons: Why, in a sentence each, the decisive one first.
        against: Of each other pattern, what is against it.
        advice: What to mind with the pattern.
        curve: What answering costs; None where nobody waits for an answer.
        facts: What it rests on.
    """

    pattern: Pattern
    reasons: tuple[str, ...]
    against: Mapping[Pattern, str]
    advice: tuple[str, ...]
    curve: BreakEven | None
    facts: tuple[Fact, ...]


def choose(
    traffic: Traffic,
    *,
    region: str | None = None,
    facts: Facts | Path | str | Mapping[str, object] | None = None,
) -> Choice:
    """Returns the pattern that suits a traffic.

    Whoever waits for an answer is answered at once, by functions or by tasks: by tasks where cold
    starts or the rate of scaling forbid functions, or where tasks are cheaper; by functions where
    the peak comes sooner than tasks start. Who does not wait is taken over: by a stream where
    messages must be read again, or kept in order beyond what a FIFO queue takes; else by a queue.

    Args:
        traffic: What comes, and what is expected.
        region: Where. Default: us-east-1.
        facts: Facts, or what replaces some of them; as `hinagata.planner.price` takes them.

    Raises:
        HinagataError: A price is missing.

    >>> choose(Traffic(rate=1)).pattern
    <Pattern.REACTIVE: 'reactive'>
    >>> choose(Traffic(rate=1, waits=False, replay=True)).pattern
    <Pattern.STREAM: 'stream'>
    """
    known = facts if isinstance(facts, Facts) else Facts(facts)
    where = region or DEFAULT_REGION
    return _Chooser(traffic, known, where).choose()


class _Chooser:
    def __init__(self, traffic: Traffic, facts: Facts, region: str) -> None:
        self._traffic, self._facts, self._region = traffic, facts, region
        self._used: list[Fact] = []

    def choose(self) -> Choice:
        traffic = self._traffic
        timeout = self._fact("apigateway", "rest.integration_timeout")
        if traffic.waits and traffic.duration_s <= timeout:
            return self._answer()
        reasons = ["nobody waits for the answer: it can be taken now and worked on later"]
        if traffic.waits:
            reasons = [f"{duration(traffic.duration_s)} of work is longer than an API waits"]
            reasons[0] += f", {timeout:g} s: answer with an id, and let the sender ask again"
        return self._take_over(reasons)

    def _fact(self, service: str, key: str) -> float:
        fact = self._facts.get(service, key, self._region)
        self._used.append(fact)
        return fact.value

    def _answer(self) -> Choice:
        traffic = self._traffic
        curve = break_even(traffic, region=self._region, facts=self._facts)
        forbids_functions = list(self._against_functions())
        sudden = rises_too_fast(traffic, self._facts)
        proactive = bool(forbids_functions) or curve.cheaper == "proactive"
        (here,) = [row for row in curve.rows if row.rate == traffic.rate]
        costs = (
            f"{here.reactive:,.2f} USD a month as functions, {here.proactive:,.2f} as "
            f"{shown(math.ceil(here.tasks))} tasks"
        )
        advice = []
        if proactive:
            pattern = Pattern.PROACTIVE
            reasons = [*forbids_functions, costs]
            if sudden:
                advice.append(
                    f"keep {math.ceil(mean_tasks(traffic, self._facts)):,} tasks at all times, or "
                    "raise their floor by the clock before the peak"
                )
            advice.append(f"let tracking keep tasks {BUSY_SHARE:.0%} busy, two at the least")
        else:
            pattern = Pattern.REACTIVE
            reasons = [costs]
            if sudden:
                reasons.insert(
                    0,
                    f"the peak is there within {duration(traffic.rise_s)}, before tasks have "
                    "started; functions start with each request",
                )
            load = busy_at_most(traffic.peak * traffic.duration_s)
            advice.append(f"it takes {load:,} environments at once at the peak")
        against = {
            Pattern.QUEUE: "the sender waits for the answer",
            Pattern.STREAM: "the sender waits for the answer",
        }
        if proactive:
            against[Pattern.REACTIVE] = (
                forbids_functions[0] if forbids_functions else "it is the dearer at this rate"
            )
        else:
            against[Pattern.PROACTIVE] = (
                "it must be kept at its peak all the time, and is the dearer for that"
                if sudden
                else "it is the dearer at this rate"
            )
        return Choice(
            pattern=pattern,
            reasons=tuple(reasons),
            against=against,
            advice=tuple(advice),
            curve=curve,
            facts=tuple(dict.fromkeys((*self._used, *curve.facts))),
        )

    def _against_functions(self) -> Iterator[str]:
        """Yields what no price makes good."""
        traffic = self._traffic
        started = traffic.duration_s + traffic.cold_start_s
        if traffic.latency_s < started and traffic.rate * traffic.duration_s < _MOST_BUSY:
            cold = cold_start_probability(traffic.rate, traffic.duration_s, _KEEP_ALIVE_S)
            if cold > _ONE_IN_A_HUNDRED:
                yield (
                    f"{cold:.1%} of requests start an environment and take {duration(started)}, "
                    f"while 99 of 100 may take {duration(traffic.latency_s)}"
                )
        account = self._fact("lambda", "quota.concurrent_executions_default")
        rise = traffic.peak - traffic.rate
        started_in_10s = rise * min(1.0, 10 / traffic.rise_s if traffic.rise_s else 1.0)
        environments = started_in_10s * traffic.duration_s
        allowed = self._fact("lambda", "scale.envs_per_10s_per_function")
        if environments > allowed:
            yield (
                f"the peak asks for {shown(environments)} new environments in 10 s, of "
                f"{shown(allowed)} that a function may start"
            )
        each = self._fact("lambda", "quota.rps_per_concurrency_unit")
        if traffic.peak > 10 * account * each:
            yield (
                f"{shown(traffic.peak)} requests/s are more than ten times what an account takes, "
                f"{shown(account * each)}"
            )

    def _take_over(self, reasons: list[str]) -> Choice:
        traffic = self._traffic
        advice: list[str] = []
        fifo = self._fact("sqs", "fifo.partition.batched")
        if traffic.replay:
            pattern = Pattern.STREAM
            reasons.insert(0, "past messages must be read again, which a queue has deleted")
        elif traffic.ordered and traffic.peak > fifo:
            pattern = Pattern.STREAM
            reasons.insert(
                0,
                f"{shown(traffic.peak)} ordered messages/s are more than a FIFO queue's partition "
                f"takes, {shown(fifo)} in batches",
            )
        else:
            pattern = Pattern.QUEUE
            if traffic.ordered:
                reasons.append("a FIFO queue keeps the order of each group")
                advice.append("give each key a message group of its own")
        if pattern is Pattern.STREAM:
            shards = shards_needed(
                traffic.peak,
                traffic.message_kb * _KB,
                traffic.consumers,
                records_per_shard=self._fact("kinesis", "shard.write_records"),
                bytes_in_per_shard=self._fact("kinesis", "shard.write_bytes") * _KB**2,
                bytes_out_per_shard=self._fact("kinesis", "shard.read_bytes") * _KB**2,
            )
            advice.append(f"{shards.count:,} shards at the peak, with a key that spreads")
            against = {Pattern.QUEUE: reasons[0]}
        else:
            if traffic.consumers > 1:
                advice.append(
                    f"put a topic before it, and give each of the {traffic.consumers:,} consumers "
                    "a queue of its own"
                )
            pollers = busy_at_most(traffic.rate * traffic.duration_s)
            advice.append(
                f"bound its worker to about {pollers:,} batches at once: the queue holds what "
                "comes at the peak"
            )
            against = {
                Pattern.STREAM: "nothing must be read again, and its shards cost hours at rest"
            }
        for each in (Pattern.REACTIVE, Pattern.PROACTIVE):
            against[each] = "whoever calls it waits, and what it cannot take is lost or sent again"
        return Choice(
            pattern=pattern,
            reasons=tuple(reasons),
            against=against,
            advice=tuple(advice),
            curve=None,
            facts=tuple(dict.fromkeys(self._used)),
        )
