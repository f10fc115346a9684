"""An architecture as stations that messages go through: what every engine computes.

The model says what happens, exactly; the engines differ in how they compute it, by expected values
a tick (`tick`) or message by message (`event`). Times are in seconds from the scenario's beginning,
rates a second. The models of the services and their sources: docs/simulation.md.

A message comes to a station from a `Traffic` or over a `Call` from another station. Who *waits* for
the answer is busy meanwhile, and a failure is his failure too; who *hands over* goes on as soon as
the message is taken, and the channel (queue, stream, topic ...) tries again on its own.

All buckets of tokens are full at the start. A try that fails on its own, or by a fault, has taken
the station's own time and makes no calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import Rate


@dataclass(frozen=True, kw_only=True)
class Work:
    """How long something takes: exponential if `cv` is 1, constant if it is 0, else lognormal.

    Attributes:
        mean_s: Its mean.
        cv: Its standard deviation over its mean.
    """

    mean_s: float
    cv: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Retry:
    """What is done about a try that was refused or failed.

    The k-th wait, from 0, is `min(cap_s, base_s * factor**k)`; with full jitter, a uniform share
    of it (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Attributes:
        retries: Further tries after the first.
        base_s: The first wait.
        factor: By what each wait is longer than the one before.
        cap_s: The longest wait.
        jitter: Whether the waits are drawn from 0 to what they would be.
        waits_s: The waits one by one, where a service documents them so; then the four above do
            not count, and the last one is repeated.
    """

    retries: int = 0
    base_s: float = 0.1
    factor: float = 2.0
    cap_s: float = 20.0
    jitter: bool = True
    waits_s: tuple[float, ...] = ()


NO_RETRY = Retry()


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a station does with another for each message that it handles.

    Attributes:
        target: The station that is called.
        messages: How many calls for each message, on the average.
        waits: Whether the caller waits for the answer, so that it is busy meanwhile and fails with
            it; else it hands the message over, which fails only if it is not taken, after all the
            tries of `retry`, for which it does wait.
        timeout_s: How long it waits; then the try has failed, though the work goes on.
        retry: What the caller does about a try that failed, was refused or took too long.
        latency_s: The way there and back, all of it spent on the way there.
        sources: The traffic whose messages go this way, as behind a filter; None is all of it. An
            engine that does not follow single messages takes the share that these sources have, at
            the time, in what comes to the station (`visits.share_at`).
    """

    target: str
    messages: float = 1.0
    waits: bool = True
    timeout_s: float = math.inf
    retry: Retry = NO_RETRY
    latency_s: float = 0.0
    sources: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the functions of an account share in a region.

    Attributes:
        concurrency: Invocations at once, of all functions; reservations are taken off it.
        requests_per_slot: Invocations a second for each of these: a short function meets this
            limit first. A bucket of one second's worth; a reservation has its own.
        scale_at_once: Environments that a function may start at once.
        scale_per_s: How fast it regains that allowance, which never exceeds `scale_at_once`.
    """

    concurrency: float = 1000
    requests_per_slot: float = 10
    scale_at_once: float = 1000
    scale_per_s: float = 100


@dataclass(frozen=True, kw_only=True)
class Station:
    """A place that messages come to.

    Attributes:
        name: The construct's name in the topology.
        calls: What it does with others for each message, one after the other.
    """

    name: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Gateway(Station):
    """API Gateway: a token bucket, and a time after which the caller gets 504.

    Attributes:
        per_s: Requests a second in the long run; what exceeds it is refused with 429.
        burst: Tokens that the bucket holds, full at the start.
        overhead_s: What it adds to each answer.
        timeout_s: The integration timeout; the function behind it works on.
        http: Whether it is an HTTP API, for the bill.
    """

    per_s: float = 10_000
    burst: float = 5_000
    overhead_s: float = 0.0
    timeout_s: float = 29.0
    http: bool = False


@dataclass(frozen=True, kw_only=True)
class Function(Station):
    """A Lambda function: one message, or one batch of a poller, occupies one environment.

    The environment is busy for the start, if it is new, for the work, and for the calls it waits
    for. The environment used last is taken first; an idle one is kept for `keep_alive_s`. An
    invocation without a free place (reservation, account, its rate, or the allowance to start an
    environment) is refused: throttled. What is handed over to a function starts at once or is
    refused; the service's own queue for it is an `AsyncInvoke` between the two.

    Attributes:
        work: The function's own time for an invocation, without the calls that it waits for.
        per_message: Its own time for each message of a batch, on top.
        cold_start: How long a new environment takes to start; it is busy and billed meanwhile.
        keep_alive_s: How long an idle environment lives.
        timeout_s: After that, counted without the start, the invocation fails; what it took is
            billed.
        memory_mb: For the bill.
        reserved: Invocations at once that are its own and its most; None shares the account's.
        provisioned: Environments that are always there; without a reservation they are taken off
            the account's concurrency, and what exceeds them comes from the rest.
        fails: The share of its invocations that fail on their own; of the messages of a batch,
            where its poller takes back only those that failed.
        in_account: Whether the account's limits hold; False is a function of no limits but
            `reserved`.
        arm: Whether it runs on ARM, for the bill.
    """

    work: Work
    per_message: Work | None = None
    cold_start: Work | None = None
    keep_alive_s: float = 360.0
    timeout_s: float = math.inf
    memory_mb: float = 128
    reserved: float | None = None
    provisioned: float = 0
    fails: float = 0.0
    in_account: bool = True
    arm: bool = False


@dataclass(frozen=True, kw_only=True)
class TargetTracking:
    """How a service follows its load: one datapoint a minute, three above to grow, 15 to shrink.

    `desired = ceil(tasks at the datapoint * load per task / target)`, where the tasks of a
    datapoint are those at its end, and its load what came since the one before.

    Attributes:
        requests_per_task_per_min: The load that each task shall have; None if `busy_share` says it.
        busy_share: The share of its slots that shall be busy, for policies on the processor.
        period_s: How often there is a datapoint.
        above: Datapoints in a row above the target until it grows.
        below: Datapoints in a row below 90 % of the target until it shrinks.
        cooldown_s: The time after a change in which it does not shrink; it shrinks at once.
    """

    requests_per_task_per_min: float | None = None
    busy_share: float | None = None
    period_s: float = 60.0
    above: int = 3
    below: int = 15
    cooldown_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class ScheduledStep:
    """A time of the day at which a service's fewest tasks change; it grows to them at once.

    Attributes:
        at_s: When, in seconds after midnight, each day.
        at_least: The fewest tasks from then on.
    """

    at_s: float
    at_least: float


@dataclass(frozen=True, kw_only=True)
class Service(Station):
    """A load balancer before containers: a queue without bounds, and as many servers as slots.

    Attributes:
        work: A request's own time.
        tasks: Tasks at the start.
        slots: Requests that a task works on at once.
        at_least: The fewest tasks.
        at_most: The most.
        start_s: From the decision to a task that takes requests.
        tracking: None keeps the number of tasks.
        steps: What changes `at_least` by the clock; until the first one of them it is as above.
        timeout_s: The load balancer's: who waits longer gets 504; the work is done all the same.
        vcpu: A task's processors, for the bill.
        memory_mb: A task's memory, for the bill.
        arm: Whether it runs on ARM, for the bill.
    """

    work: Work
    tasks: float = 2
    slots: float = 1
    at_least: float = 1
    at_most: float = math.inf
    start_s: float = 60.0
    tracking: TargetTracking | None = None
    steps: tuple[ScheduledStep, ...] = ()
    timeout_s: float = 60.0
    vcpu: float = 0.25
    memory_mb: float = 512
    arm: bool = False


@dataclass(frozen=True, kw_only=True)
class Poller:
    """How Lambda takes messages from a queue for a function.

    Attributes:
        function: The station that is invoked with a batch.
        batch: Most messages of a batch.
        window_s: Longest wait for a batch to fill; without it a batch is what is there.
        at_start: Batches at once at the start, and after a minute in which no message waited.
        ramp_per_min: By how many batches at once that grows while messages wait.
        at_most: Most batches at once; `maximum concurrency` where one is set.
        receive_s: How long a receive takes, of which the messages are gone from the queue; an idle
            poller asks again at once, for 20 s each time.
        again_s: How often a batch that the function was too busy for is tried again. It keeps its
            place until it is taken, or its messages are visible again: "Lambda continues to retry
            the message until the message's timestamp exceeds your queue's visibility timeout"
            (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html), which
            does not say how often.
        partial: Whether only the failed messages of a batch come back, or all.
    """

    function: str
    batch: float = 10
    window_s: float = 0.0
    at_start: float = 5
    ramp_per_min: float = 300
    at_most: float = 1250
    receive_s: float = 0.01
    again_s: float = 1.0
    partial: bool = True


@dataclass(frozen=True, kw_only=True)
class Queue(Station):
    """SQS. A message that is neither done nor given up comes back after the visibility timeout.

    Attributes:
        visibility_s: How long a received message is hidden, from the receive.
        max_receives: After so many receives without success it goes to the dead letters; None
            never.
        dead_letter: The queue that takes them; None loses them.
        retention_s: A message that is older is gone: expired.
        ordered: FIFO: one batch at once for each of `groups`.
        groups: Message groups of a FIFO queue.
        poller: Who takes from it; None and it only fills.
        receives_on_refusal: Whether a batch that the function was too busy for counts as received.
    """

    visibility_s: float = 30.0
    max_receives: int | None = None
    dead_letter: str | None = None
    retention_s: float = 345_600.0
    ordered: bool = False
    groups: float = math.inf
    poller: Poller | None = None
    receives_on_refusal: bool = True


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How Lambda reads a stream for a function: each shard in `parallel` lanes by key, in order.

    Attributes:
        function: The station that is invoked with a batch.
        batch: Most records of a batch.
        window_s: Longest wait for a batch to fill.
        parallel: Lanes of a shard.
        poll_s: The time between two reads of a shard that had nothing more to give; a record waits
            half of it on the average. A lane that has records goes on at once.
        retries: Tries after the first of a failed batch; None until the records expire. A refused
            one is tried again every `poll_s`, uncounted.
        bisect: Whether a failed batch is halved, which is not counted either; a single record is
            tried again.
        max_age_s: Records that are older are given up.
        on_failure: The station that is told of what was given up; None loses it.
        wait_s: Between two tries of a batch.
    """

    function: str
    batch: float = 100
    window_s: float = 0.0
    parallel: int = 1
    poll_s: float = 1.0
    retries: int | None = None
    bisect: bool = False
    max_age_s: float = math.inf
    on_failure: str | None = None
    wait_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Stream(Station):
    """Kinesis, or the stream of a table.

    Attributes:
        shares: The share of the records that each shard gets: their number is the shards'.
        records_per_s: What each shard takes, in a bucket of one second's worth; more is refused to
            the writer.
        bytes_per_s: Likewise, in bytes.
        record_bytes: The mean size of a record.
        retention_s: How long a record can be read.
        readers: Who reads, each at its own pace.
    """

    shares: tuple[float, ...] = (1.0,)
    records_per_s: float = 1000
    bytes_per_s: float = 1_048_576
    record_bytes: float = 1024
    retention_s: float = 86_400.0
    readers: tuple[Reader, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Topic(Station):
    """SNS or EventBridge: each message goes on to all of `calls`, each with its own retries.

    A call that hands over to a function is an asynchronous invocation: see `AsyncInvoke`. What is
    refused after its retries goes to `dead_letter`.

    Attributes:
        delay_s: From taking a message to delivering it.
        dead_letter: The queue for what cannot be delivered; None loses it.
        bus: Whether it is EventBridge, for the bill.
    """

    delay_s: float = 0.02
    dead_letter: str | None = None
    bus: bool = False


@dataclass(frozen=True, kw_only=True)
class AsyncInvoke(Station):
    """The service's own queue before a function that is invoked asynchronously.

    A failed invocation is tried again after the waits of `retry`; a throttled one until
    `max_age_s`, after 1 s, then twice as long each time up to 300 s.

    Attributes:
        function: The station.
        retry: After a function error: by default after 60 s, and 120 s later.
        max_age_s: What is older is given up.
        on_failure: The station that is told of what was given up; None loses it.
    """

    function: str
    retry: Retry = field(
        default_factory=lambda: Retry(retries=2, jitter=False, waits_s=(60.0, 120.0))
    )
    max_age_s: float = 21_600.0
    on_failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class Table(Station):
    """DynamoDB: token buckets of the table and of each partition; what exceeds them is refused.

    Attributes:
        latency: How long a call takes.
        write_units: What a call writes.
        read_units: What a call reads.
        writes_per_s: Provisioned write units; None is on demand.
        reads_per_s: Provisioned read units; None is on demand.
        shares: The share of the calls that each partition gets.
        partition_writes_per_s: Write units of a partition, in a bucket of one second's worth.
        partition_reads_per_s: Read units of a partition.
        credit_s: How many seconds of unused provisioned capacity a table keeps.
        at_most_writes_per_s: On demand, in a bucket of one second's worth: what it takes at first.
        at_most_reads_per_s: Likewise.
        grows_by: On demand, it takes so many times its busiest minute so far, if that is more.
        grows_after_s: How often that is looked at.
        quota_writes_per_s: On demand, what it never takes more than: the account's quota of a
            table.
        quota_reads_per_s: Likewise.
    """

    latency: Work = Work(mean_s=0.005, cv=0.5)
    write_units: float = 1.0
    read_units: float = 0.0
    writes_per_s: float | None = None
    reads_per_s: float | None = None
    shares: tuple[float, ...] = (1.0,)
    partition_writes_per_s: float = 1000
    partition_reads_per_s: float = 3000
    credit_s: float = 300.0
    at_most_writes_per_s: float = 4000
    at_most_reads_per_s: float = 12_000
    grows_by: float = 2.0
    grows_after_s: float = 1800.0
    quota_writes_per_s: float = 40_000
    quota_reads_per_s: float = 40_000


@dataclass(frozen=True, kw_only=True)
class Workflow(Station):
    """Step Functions: its calls one after the other, with the retries that they declare.

    Attributes:
        own_s: The time of its other states.
        transitions: State transitions of an execution, for the bill.
        express: Whether it is billed by duration.
    """

    own_s: float = 0.1
    transitions: float = 2
    express: bool = False


@dataclass(frozen=True, kw_only=True)
class Dependency(Station):
    """Something outside, or a service of no limits here (bucket, secret): it only takes its time.

    Attributes:
        latency: How long an answer takes.
        at_most: Calls at once; more are refused.
    """

    latency: Work = Work(mean_s=0.02, cv=0.5)
    at_most: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Messages from outside.

    Attributes:
        name: The source's name in the scenario.
        target: The station that takes them.
        rate: How often.
        retry: What the sender does about a refusal or a failure.
        timeout_s: How long it waits.
    """

    name: str
    target: str
    rate: Rate
    retry: Retry = NO_RETRY
    timeout_s: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Disturbance:
    """A fault of the scenario, at a station.

    Attributes:
        inject: What happens.
        station: To whom; None is the account.
        start_s: When it begins.
        end_s: When it is over.
        share: Of what it hits: invocations, calls or messages.
        delay_s: Of a slow dependency.
        limit: Of the account's concurrency.
    """

    inject: Inject
    station: str | None
    start_s: float
    end_s: float
    share: float = 1.0
    delay_s: float = 0.0
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Network:
    """Everything that an engine needs.

    Attributes:
        stations: By name.
        traffic: What comes from outside.
        duration_s: How long it is watched, from second 0.
        account: What functions share.
        disturbances: What goes wrong.
        seed: What every random draw derives from.
    """

    stations: Mapping[str, Station]
    traffic: tuple[Traffic, ...]
    duration_s: float
    account: Account = Account()
    disturbances: tuple[Disturbance, ...] = ()
    seed: int = 0
