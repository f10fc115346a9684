"""From what a person needs to a blueprint: which patterns, why, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import wrap

from hinagata.checks.thresholds import Thresholds
from hinagata.errors import HinagataError
from hinagata.facts import Facts
from hinagata.generator.architecture import MOST_CONCURRENCY
from hinagata.generator.kinds import MOST_TASKS
from hinagata.planner.choosing.break_even import mean_tasks, proactive_usage, reactive_usage
from hinagata.planner.choosing.choice import Choice, Pattern, choose
from hinagata.planner.choosing.traffic import Traffic
from hinagata.planner.pricing.bill import price
from hinagata.planner.pricing.estimate import Estimate
from hinagata.planner.sizes.peak import duration
from hinagata.scenario.rate import DAY_SECONDS

# Assumed, of a function that does nothing but hand a message on.
_HANDING_ON_S = 0.02
# What a blueprint takes: `timeout` of a function, and tasks.
_LONGEST_S = 900
_LONGEST_ANSWER_S = 28
_LEAST_MAX_TASKS = 10
# A stream that is to be read again keeps a week.
_REPLAY_DAYS = 7
# Lambda has so many pollers at an empty queue
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
_POLLERS = 5
# Beyond these, a third of the construct's own timeout, a function gets one that fits.
_SLOW_ANSWER_S, _SLOW_WORK_S = 3, 10
_WIDTH = 98
# How long the peak lasts in a day's traffic, which it hardly makes more on average.
_AT_PEAK_S = 900
# By whom a message was sent: the field that says so, whose messages keep their order.
_SENDER = "sender"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a person needs.

    Attributes:
        messages: What is sent, in the plural and as a name: `orders`.
        rate: How many a second come on average.
        peak_over_mean: How many times that the highest rate is.
        rise_s: How long the rate takes from its mean to its peak.
        duration_s: Work on one, of each part that works on it.
        latency_s: What 99 of 100 senders wait at most for the result; None if nobody waits.
        followers: How many parts work on each message once it was taken.
        ordered: Whether those of one sender keep their order.
        replay: Whether past ones must be read again.
    """

    messages: str
    rate: float
    peak_over_mean: float
    rise_s: float
    duration_s: float
    latency_s: float | None
    followers: int
    ordered: bool
    replay: bool


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the architecture.

    Attributes:
        task: What it is for, in a few words.
        choice: Which pattern suits, and why.
    """

    task: str
    choice: Choice


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """What suits a person's needs.

    Attributes:
        parts: The patterns.
        estimate: What a month of all of it costs.
        blueprint: It, as a blueprint.
    """

    parts: tuple[Part, ...]
    estimate: Estimate
    blueprint: str


def recommend(needs: Needs) -> Recommendation:
    """Returns what suits a person's needs, in the words of a blueprint and in USD a month.

    Whoever waits is answered by what takes the message. For whom nobody waits, or cannot wait so
    long, it is handed on: by a queue, a topic with a queue for each follower, or a stream. Prices
    are those of us-east-1, with a message at a time and 1 KB each.

    Raises:
        HinagataError: A number is one that no traffic has, or that no blueprint takes.
    """
    if needs.duration_s > _LONGEST_S:
        raise HinagataError(
            f"{duration(needs.duration_s)} of work on a message are more than a function has, "
            f"{duration(_LONGEST_S)}; give the work of a part of it"
        )
    facts = Facts()
    whole = Traffic(
        rate=needs.rate,
        peak_over_mean=needs.peak_over_mean,
        rise_s=needs.rise_s,
        duration_s=needs.duration_s,
        latency_s=math.inf if needs.latency_s is None else needs.latency_s,
        waits=needs.latency_s is not None,
        ordered=needs.ordered,
        replay=needs.replay,
        consumers=max(1, needs.followers),
    )
    front = choose(whole, facts=facts)
    if front.pattern is Pattern.REACTIVE and needs.duration_s > _LONGEST_ANSWER_S:
        # It needs a second to answer in, which the gateway would not wait.
        front = choose(replace(whole, waits=False), facts=facts)
    answers = front.pattern in (Pattern.REACTIVE, Pattern.PROACTIVE)
    taken = whole
    handed = front
    if not answers:
        taken = replace(whole, duration_s=_HANDING_ON_S, latency_s=math.inf, waits=True)
        front = choose(taken, facts=facts)
    elif needs.followers:
        handed = choose(replace(whole, waits=False), facts=facts)
    parts = [Part(task=f"to take {needs.messages}", choice=front)]
    if not answers or needs.followers:
        parts.append(Part(task=f"to hand {needs.messages} on", choice=handed))
    design = _Design(
        needs=needs,
        taken=taken,
        work=whole,
        tasks=mean_tasks(taken, facts),
        most_tasks=mean_tasks(replace(taken, rate=taken.peak, peak_over_mean=1.0), facts),
        front=front.pattern,
        handed=handed.pattern if len(parts) > 1 else None,
    )
    said = [f"# {line}" for part in parts for line in _reasons(part)]
    return Recommendation(
        parts=tuple(parts),
        estimate=price(design.usage(facts), facts=facts),
        blueprint="\n".join([*said, "", *design.blueprint(), ""]),
    )


@dataclass(frozen=True, kw_only=True)
class _Design:
    """Patterns that were chosen, put together.

    Attributes:
        needs: What they are for.
        taken: The traffic at the front, with the work that is done there.
        work: The traffic with the work that each follower does.
        tasks: How many run on average, if the front is proactive.
        most_tasks: How many run at the peak.
        front: What takes the messages.
        handed: What hands them on; None if nobody follows.
    """

    needs: Needs
    taken: Traffic
    work: Traffic
    tasks: float
    most_tasks: float
    front: Pattern
    handed: Pattern | None

    @property
    def api(self) -> str:
        return f"{self.needs.messages}_api"

    @property
    def between(self) -> str:
        """What the front sends to."""
        if self.handed is Pattern.STREAM:
            return f"{self.needs.messages}_stream"
        kind = "topic" if len(self.workers) > 1 else "queue"
        return f"{self.needs.messages}_{kind}"

    @property
    def spreads(self) -> bool:
        """Whether a stream has more followers than share it well: then one relays to all."""
        most = Thresholds().shared_stream_consumers
        return self.handed is Pattern.STREAM and len(self.workers) > most

    @property
    def relay(self) -> str:
        return f"{self.needs.messages}_relay"

    @property
    def topic(self) -> str:
        """What delivers to several queues."""
        return f"{self.needs.messages}_topic"

    @property
    def workers(self) -> list[str]:
        if self.handed is None:
            return []
        if self.work.consumers == 1:
            return [f"{self.needs.messages}_worker"]
        return [f"{self.needs.messages}_follower_{at + 1}" for at in range(self.work.consumers)]

    @property
    def queues(self) -> list[str]:
        """The queue of each worker, in their order."""
        if self.handed is not Pattern.QUEUE and not self.spreads:
            return []
        if len(self.workers) == 1:
            return [self.between]
        return [f"{self.needs.messages}_queue_{at + 1}" for at in range(len(self.workers))]

    def usage(self, facts: Facts) -> dict[str, dict[str, object]]:
        """Return what a month of it uses, as `price` takes it."""
        if self.front is Pattern.PROACTIVE:
            usage = proactive_usage(self.taken, self.tasks, facts)
        else:
            usage = reactive_usage(self.taken)
        rate, kb = f"{self.work.rate!r}/s", self.work.message_kb
        if self.workers:
            usage["lambda"] = usage.get("lambda", {}) | {
                worker: {
                    "requests": rate,
                    "duration_ms": self.work.duration_s * 1000,
                    "memory_mb": self.work.memory_mb,
                }
                for worker in self.workers
            }
        if self.spreads:
            usage["lambda"][self.relay] = {
                "requests": rate,
                "duration_ms": _HANDING_ON_S * 1000,
                "memory_mb": self.work.memory_mb,
            }
        kind = "fifo" if self.needs.ordered else "standard"
        if self.queues:
            queue = {"type": kind, "messages": rate, "message_kb": kb, "pollers": _POLLERS}
            usage["sqs"] = dict.fromkeys(self.queues, queue)
        if len(self.queues) > 1:
            topic: dict[str, object] = {"type": kind, "publishes": rate, "message_kb": kb}
            if self.needs.ordered:
                topic["fifo_subscriptions"] = len(self.queues)
            usage["sns"] = {self.topic: topic}
        if self.handed is Pattern.STREAM:
            stream = {
                "records": rate,
                "record_kb": kb,
                "consumers": 1 if self.spreads else len(self.workers),
            }
            kept = {"retention_hours": 24 * _REPLAY_DAYS} if self.needs.replay else {}
            usage["kinesis"] = {self.between: stream | kept}
        return usage

    def blueprint(self) -> Iterator[str]:
        """Yield the lines of the blueprint."""
        title = self.needs.messages.replace("_", " ")
        yield f"summary: What becomes of {title}, from whoever sends them to what works on them."
        yield ""
        yield "components:"
        yield from self._front()
        yield from self._behind()
        yield ""
        yield "functions:"
        yield _function(self._take, f"Takes {title}.", self.taken.duration_s)
        if self.spreads:
            yield _function(self.relay, f"Hands {title} on to all.", _HANDING_ON_S)
        for worker in self.workers:
            yield _function(worker, f"Works on {title}.", self.work.duration_s)
        if self.workers:
            yield ""
            yield "flows:"
            yield from self._flows()
        yield ""
        yield "traffic:"
        if self.needs.peak_over_mean > 1:
            yield "  # The day ends with the rise to the peak, and a quarter of an hour there."
        sent = (
            f", keys: {{{_SENDER}: {{cardinality: 1000}}}}, example: {{{_SENDER}: sender-1}}"
            if self.needs.ordered
            else ""
        )
        yield f"  senders: {{to: {self.api}, rate: {self._rate()}{sent}}}"

    @property
    def _take(self) -> str:
        return f"take_{self.needs.messages}"

    def _front(self) -> Iterator[str]:
        messages = self.needs.messages
        yield f"  {self.api}:"
        if self.front is Pattern.PROACTIVE:
            yield "    pattern: proactive_service"
            least, most = math.ceil(self.tasks), math.ceil(self.most_tasks)
            if most > MOST_TASKS:
                raise HinagataError(
                    f"{most:,} tasks at the peak are more than one service has, {MOST_TASKS:,}; "
                    "give the traffic of a part of it"
                )
            yield f"    min_tasks: {least}"
            yield f"    max_tasks: {max(most, least, _LEAST_MAX_TASKS)}"
        else:
            yield "    pattern: reactive_api"
            if self.taken.duration_s > _SLOW_ANSWER_S:
                yield f"    timeout: {_timeout(self.taken.duration_s, _LONGEST_ANSWER_S)}s"
        yield "    routes:"
        path = messages.replace("_", "-")
        yield f'      "POST /{path}": {{function: {self._take}, event: {messages}.received}}'

    def _behind(self) -> Iterator[str]:
        fifo = ["fifo: true"] if self.needs.ordered else []
        ordered = [f"ordered_by: {_SENDER}"] if self.needs.ordered else []
        if self.handed is Pattern.STREAM:
            kept = [f"retention: {_REPLAY_DAYS}d"] if self.needs.replay else []
            yield _component(self.between, "event_stream", [*kept, *ordered])
        if self.spreads:
            yield _component(self.relay, "lambda_worker", [])
        if len(self.queues) > 1:
            yield _component(self.topic, "fan_out", [*fifo, *ordered])
        for queue in self.queues:
            own = ordered if len(self.queues) == 1 else []
            yield _component(queue, "point_to_point_queue", [*fifo, *own])
        at_once = self.work.rate * self.work.duration_s
        if self.workers and at_once > MOST_CONCURRENCY:
            raise HinagataError(
                f"{at_once:,.0f} messages that are worked on at a time are more than an account "
                f"runs, {MOST_CONCURRENCY}; give the traffic of a part of it"
            )
        slow = self.work.duration_s > _SLOW_WORK_S
        said = [f"timeout: {_timeout(self.work.duration_s, _LONGEST_S)}s"] if slow else []
        if self.queues and self.work.peak * self.work.duration_s > MOST_CONCURRENCY:
            # What comes at the peak waits in the queue.
            said.append(f"max_concurrency: {MOST_CONCURRENCY}")
        for worker in self.workers:
            yield _component(worker, "lambda_worker", said)

    def _flows(self) -> Iterator[str]:
        if len(self.queues) == 1:
            yield f"  - {self.api} -> {self.between} -> {self.workers[0]}"
            return
        if self.spreads:
            yield f"  - {self.api} -> {self.between} -> {self.relay} -> {self.topic}"
        else:
            yield f"  - {self.api} -> {self.between}"
        for at, worker in enumerate(self.workers):
            if self.queues:
                yield f"  - {self.topic} -> {self.queues[at]} -> {worker}"
            else:
                yield f"  - {self.between} -> {worker}"

    def _rate(self) -> str:
        mean, peak = _number(self.needs.rate), _number(self.work.peak)
        if self.needs.peak_over_mean == 1:
            return f"{mean}/s"
        start = max(0.0, DAY_SECONDS - self.needs.rise_s - _AT_PEAK_S)
        rise = f"start: {_span(start)}, over: {_span(self.needs.rise_s)}"
        return f"{{shape: ramp, from: {mean}/s, to: {peak}/s, {rise}}}"


def _reasons(part: Part) -> list[str]:
    return wrap(f"{part.choice.pattern} {part.task}: {part.choice.reasons[0]}", _WIDTH)


def _component(name: str, pattern: str, arguments: list[str]) -> str:
    if not arguments:
        return f"  {name}: {pattern}"
    return f"  {name}: {{{', '.join([f'pattern: {pattern}', *arguments])}}}"


def _function(name: str, summary: str, seconds: float) -> str:
    takes = f"{_number(seconds)}s" if seconds >= 1 else f"{_number(seconds * 1000)}ms"
    return f"  {name}: {{summary: {summary}, takes: {takes}}}"


def _timeout(seconds: float, most: int) -> int:
    return min(most, math.ceil(3 * seconds))


def _span(seconds: float) -> str:
    """Return a duration in the largest unit of which it is a whole number."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{_number(seconds / size)}{unit}"
    return f"{_number(seconds)}s"


def _number(value: float) -> str:
    """Return a number without an exponent, which YAML's readers of rates do not know."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
