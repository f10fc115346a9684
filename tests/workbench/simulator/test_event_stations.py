"""What each station does in the event engine, one promise at a time."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hinagata.errors import HinagataError
from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import BurstRate, ClosedLoopRate, ConstantRate, TraceRate
from hinagata.simulator.event import run_events
from hinagata.simulator.model import (
    Account,
    AsyncInvoke,
    Call,
    Dependency,
    Disturbance,
    Function,
    Gateway,
    Network,
    Poller,
    Queue,
    Reader,
    Retry,
    ScheduledStep,
    Service,
    Station,
    Stream,
    Table,
    Topic,
    Traffic,
    Work,
    Workflow,
)
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.tick import run_ticks
from tests.workbench.simulator.networks import network

INSTANT = Work(mean_s=0.0)


def constant(seconds: float) -> Work:
    """A time that is always the same."""
    return Work(mean_s=seconds, cv=0.0)


def first_seconds(seconds: float, rate: float) -> BurstRate:
    """Traffic that ends, so that everything can come to its end."""
    return BurstRate(base_per_second=0.0, peak_per_second=rate, at_seconds=0.0, for_seconds=seconds)


def fault(inject: Inject, station: str | None, **more: float) -> Disturbance:
    """Something that goes wrong all the time."""
    return Disturbance(inject=inject, station=station, start_s=0.0, end_s=math.inf, **more)


def test_a_gateway_gives_up_waiting_and_the_function_works_on() -> None:
    """The caller gets an error after the integration's timeout; the work is done, and billed."""
    gateway = Gateway(name="gateway", timeout_s=2.0, calls=(Call(target="function"),))
    slow = Function(name="function", work=constant(5.0), in_account=False)
    outcome = run_events(network(gateway, slow, rate=first_seconds(10, 5.0), duration_s=30))
    came = outcome.total("gateway", "arrivals")
    assert outcome.total("gateway", "errors") == outcome.total("gateway", "failed") == came
    assert outcome.total("function", "done") == came
    assert outcome.total("function", "billed_s") == pytest.approx(5.0 * came)
    assert outcome.stations["gateway"].latency_s[5] == pytest.approx(2.0)


def test_a_function_that_takes_too_long_fails_and_is_free_again() -> None:
    """What it took is billed; an environment that starts has the timeout on top of the start."""
    function = Function(
        name="function", work=constant(9.0), cold_start=constant(1.0), timeout_s=3.0
    )
    outcome = run_events(network(function, rate=first_seconds(1, 5.0), duration_s=30))
    came = outcome.total("function", "arrivals")
    assert outcome.total("function", "errors") == outcome.total("function", "failed") == came
    assert outcome.total("function", "cold_starts") == came
    assert outcome.total("function", "billed_s") == pytest.approx(4.0 * came)


def test_a_timeout_counts_what_the_function_waits_for() -> None:
    """A function that waits for a slow dependency is cut off, though its own work is short."""
    function = Function(
        name="function", work=constant(0.1), timeout_s=1.0, calls=(Call(target="slow"),)
    )
    slow = Dependency(name="slow", latency=constant(5.0))
    outcome = run_events(network(function, slow, rate=first_seconds(5, 10.0), duration_s=30))
    assert outcome.total("function", "failed") == outcome.total("function", "arrivals")
    assert outcome.stations["function"].latency_s[2] == pytest.approx(1.0)


def test_the_environment_used_last_is_taken_first() -> None:
    """After a burst as many environments go as it has left over: the others are never idle long."""
    function = Function(name="function", work=constant(1.0), keep_alive_s=60.0)
    rate = TraceRate(seconds=(0.0, 20.0), per_second=(50.0, 2.0))
    capacity = (
        run_events(network(function, rate=rate, duration_s=200)).stations["function"].capacity
    )
    assert capacity[19] >= 50
    assert capacity[70] >= 50
    assert capacity[90:].max() <= 10


def test_an_environment_is_busy_while_it_starts() -> None:
    """A message that meets a start waits for it, and is no longer than that and the work."""
    function = Function(name="function", work=constant(0.1), cold_start=constant(2.0))
    outcome = run_events(network(function, rate=first_seconds(1, 3.0), duration_s=10))
    assert np.nanmax(outcome.stations["function"].latency_s) == pytest.approx(2.1)
    assert outcome.stations["function"].busy.max() > 1


def test_provisioned_environments_never_start_cold() -> None:
    """As many as are always there are warm; those beyond start, and come from what is shared."""
    function = Function(
        name="function", work=constant(1.0), cold_start=constant(0.5), provisioned=40.0
    )
    calm = run_events(network(function, rate=10.0, duration_s=60))
    assert calm.total("function", "cold_starts") == 0
    assert calm.stations["function"].capacity.min() == 40
    busy = run_events(network(function, rate=100.0, duration_s=60, account=Account(concurrency=60)))
    assert busy.total("function", "cold_starts") == 20
    assert 58 < busy.stations["function"].busy.max() <= 60


def test_a_reservation_is_kept_from_the_others_and_bounds_its_own() -> None:
    """A greedy function takes all that is shared, and nothing of what is reserved."""
    greedy = Function(name="greedy", work=constant(1.0))
    modest = Function(name="modest", work=constant(0.5), reserved=10.0)
    stations: dict[str, Station] = {"greedy": greedy, "modest": modest}
    both = Network(
        stations=stations,
        traffic=tuple(
            Traffic(name=name, target=name, rate=ConstantRate(per_second=rate))
            for name, rate in (("greedy", 100.0), ("modest", 8.0))
        ),
        duration_s=60.0,
        account=Account(concurrency=50),
    )
    outcome = run_events(both)
    assert 39 < outcome.stations["greedy"].busy.max() <= 40
    assert outcome.total("greedy", "throttled") > 0
    assert outcome.total("modest", "throttled") / outcome.total("modest", "arrivals") < 0.01
    account = outcome.stations[""]
    assert account.throttled.sum() == outcome.total("greedy", "throttled") + outcome.total(
        "modest", "throttled"
    )
    assert account.busy.max() <= 50


def test_users_who_wait_ask_less_often_if_they_are_answered_late() -> None:
    """A closed loop: `users / (think + latency)` messages a second."""
    slow = Service(name="service", work=constant(3.0), tasks=1000)
    users = ClosedLoopRate(users=200, think_seconds=1.0)
    outcome = run_events(network(slow, rate=users, duration_s=400))
    assert outcome.stations["service"].arrivals[50:].mean() == pytest.approx(50, rel=0.02)


def test_a_service_answers_late_callers_with_an_error_and_works_all_the_same() -> None:
    """Ten times too much: everybody waits for longer than the timeout, and all work is wasted."""
    service = Service(name="service", work=constant(1.0), tasks=1, timeout_s=5.0)
    outcome = run_events(network(service, rate=10.0, duration_s=100))
    series = outcome.stations["service"]
    assert series.busy[10:].min() == pytest.approx(1.0)
    assert series.done[20:].sum() == 0
    assert series.errors[20:].sum() > 700
    assert np.nanmax(series.latency_s) == pytest.approx(5.0)


def test_a_service_shrinks_gently_and_grows_by_the_clock() -> None:
    """Fifteen low datapoints, and a cooldown, before it shrinks; a step of the clock is at once."""
    from hinagata.simulator.model import TargetTracking

    service = Service(
        name="service",
        work=constant(0.1),
        tasks=10,
        slots=10,
        at_least=2,
        start_s=30.0,
        tracking=TargetTracking(requests_per_task_per_min=1000),
        steps=(ScheduledStep(at_s=1200.0, at_least=6),),
    )
    tasks = run_events(network(service, rate=20.0, duration_s=1400)).stations["service"].capacity
    assert tasks[890] == 10
    assert tasks[910] == 2
    assert tasks[1220] == 2
    assert tasks[1235] == 6


def test_a_killed_task_fails_what_it_worked_on_and_is_replaced() -> None:
    """A quarter of the requests at that time fail, and only those."""
    service = Service(name="service", work=constant(2.0), tasks=4, slots=100, start_s=30.0)
    kill = Disturbance(inject=Inject.KILL_TASK, station="service", start_s=20.5, end_s=20.5)
    outcome = run_events(network(service, rate=100.0, duration_s=100, disturbances=(kill,)))
    series = outcome.stations["service"]
    assert series.errors.sum() == series.errors[20]
    assert series.errors.sum() == pytest.approx(50, rel=0.4)
    assert list(series.capacity[[19, 21, 49, 51]]) == [4, 3, 3, 4]


def worker_behind(queue: Queue, worker: Function, *, rate: float = 20.0) -> Network:
    """A queue, its function, dead letters, and five seconds of traffic."""
    return network(queue, worker, Queue(name="dead"), rate=first_seconds(5, rate), duration_s=200)


def test_a_message_that_is_worked_on_for_too_long_is_received_again_and_done_once() -> None:
    """The visibility timeout is shorter than the work: twice the work, no message twice."""
    queue = Queue(
        name="queue",
        visibility_s=2.0,
        max_receives=3,
        dead_letter="dead",
        poller=Poller(function="function", batch=1, at_most=1000, at_start=1000),
    )
    worker = Function(name="function", work=constant(3.0), in_account=False)
    outcome = run_events(worker_behind(queue, worker))
    came = outcome.total("queue", "arrivals")
    assert outcome.total("queue", "done") == came
    assert outcome.total("queue", "attempts") == 2 * came
    assert outcome.total("queue", "dead") == 0


def test_a_group_is_worked_on_one_batch_at_a_time() -> None:
    """Three groups of a FIFO queue never occupy more than three environments."""
    queue = Queue(name="queue", ordered=True, groups=3, poller=Poller(function="function", batch=2))
    worker = Function(name="function", work=constant(0.5), in_account=False)
    outcome = run_events(worker_behind(queue, worker))
    assert outcome.stations["function"].capacity.max() == 3
    assert outcome.total("queue", "done") == outcome.total("queue", "arrivals")
    free = run_events(worker_behind(replace(queue, ordered=False), worker))
    assert free.stations["function"].capacity.max() > 3


def test_a_window_fills_the_batches() -> None:
    """A poller that waits for two seconds invokes with forty messages, and not with one."""
    queue = Queue(name="queue", poller=Poller(function="function", batch=1000, window_s=2.0))
    worker = Function(name="function", work=constant(0.01), in_account=False)
    outcome = run_events(worker_behind(queue, worker))
    assert outcome.total("function", "attempts") <= 4
    assert outcome.total("queue", "done") == outcome.total("queue", "arrivals")


def test_what_nobody_takes_expires() -> None:
    """After the retention nothing is left, and the age of the oldest is never above it."""
    queue = Queue(name="queue", retention_s=60.0)
    outcome = run_events(network(queue, rate=first_seconds(10, 10.0), duration_s=100))
    assert outcome.total("queue", "expired") == outcome.total("queue", "arrivals") > 0
    assert outcome.stations["queue"].oldest_s.max() == pytest.approx(60, abs=1)


def test_a_throttled_batch_counts_as_received_where_the_queue_says_so() -> None:
    """A function of one place behind a busy queue sends good messages to the dead letters."""
    queue = Queue(
        name="queue",
        visibility_s=5.0,
        max_receives=2,
        dead_letter="dead",
        poller=Poller(function="function", batch=1, at_most=5),
    )
    worker = Function(name="function", work=constant(1.0), reserved=1.0)
    counted = run_events(worker_behind(queue, worker))
    assert counted.total("queue", "dead") > 0
    assert counted.total("queue", "throttled") > 0
    patient = run_events(worker_behind(replace(queue, receives_on_refusal=False), worker))
    assert patient.total("queue", "dead") == 0
    assert patient.total("queue", "done") == patient.total("queue", "arrivals")


def test_a_refused_batch_keeps_its_place_and_is_tried_again() -> None:
    """Every second until its messages are visible again: nobody takes others meanwhile."""
    queue = Queue(
        name="queue", visibility_s=30.0, poller=Poller(function="function", batch=1, at_most=5)
    )
    worker = Function(name="function", work=constant(1.0))
    refusing = Disturbance(inject=Inject.THROTTLE, station="function", start_s=0.0, end_s=25.0)
    outcome = run_events(replace(worker_behind(queue, worker), disturbances=(refusing,)))
    assert outcome.total("function", "throttled") == pytest.approx(5 * 25, abs=5)
    assert outcome.total("queue", "throttled") == 5
    assert outcome.stations["queue"].done[:25].sum() == 0
    assert outcome.stations["queue"].done[25:28].sum() > 0
    assert outcome.total("queue", "done") == outcome.total("queue", "arrivals")


def read_by(reader: Reader, worker: Function, **stream: object) -> Network:
    """A stream, its function, what could not be read, and five seconds of records."""
    return network(
        Stream(name="stream", readers=(reader,), **stream),  # type: ignore[arg-type]
        worker,
        Queue(name="dead"),
        rate=first_seconds(5, 20.0),
        duration_s=300,
    )


def test_a_hot_shard_refuses_what_the_others_could_take() -> None:
    """Nine of ten records go to a shard that takes as much as the others."""
    stream = Stream(name="stream", shares=(0.9, 0.05, 0.05), records_per_s=100)
    outcome = run_events(network(stream, rate=150.0, duration_s=60))
    refused = outcome.total("stream", "throttled") / outcome.total("stream", "attempts")
    assert refused == pytest.approx((135 - 100) / 150, abs=0.03)


def test_halving_isolates_the_records_that_are_poison() -> None:
    """With bisection only poison is given up; without it, all of its batch."""
    reader = Reader(
        function="function", batch=50, window_s=2.0, retries=1, bisect=True, on_failure="dead"
    )
    worker = Function(name="function", work=constant(0.05))
    poison = fault(Inject.POISON, "function", share=0.05)
    halved = run_events(replace(read_by(reader, worker), disturbances=(poison,)))
    bad = halved.total("stream", "dead")
    assert 0 < bad < 0.15 * halved.total("stream", "arrivals")
    assert halved.total("dead", "arrivals") == bad
    whole = run_events(
        replace(read_by(replace(reader, bisect=False), worker), disturbances=(poison,))
    )
    assert whole.total("stream", "dead") > 5 * bad


def test_a_failing_batch_holds_up_its_lane_until_its_records_are_too_old() -> None:
    """Without a bound to the retries nothing else is read, until the records' age ends it."""
    reader = Reader(function="function", batch=10, retries=None, max_age_s=60.0)
    worker = Function(name="function", work=constant(0.5), fails=1.0)
    outcome = run_events(read_by(reader, worker))
    assert outcome.stations["stream"].oldest_s.max() == pytest.approx(60, abs=2)
    assert outcome.total("stream", "failed") == outcome.total("stream", "arrivals")


def test_a_record_waits_for_half_of_a_poll_on_the_average() -> None:
    """An idle lane is read once a second: the mean wait is half of that."""
    reader = Reader(function="function", poll_s=1.0)
    worker = Function(name="function", work=INSTANT)
    stream = Stream(name="stream", readers=(reader,))
    outcome = run_events(network(stream, worker, rate=2.0, duration_s=2000))
    series = outcome.stations["stream"]
    mean = np.nansum(series.latency_s * series.done) / series.done.sum()
    assert mean == pytest.approx(0.5, rel=0.05)


def test_a_topic_hands_on_to_all_who_listen_to_the_source() -> None:
    """Every subscription gets its share; a filter lets only its sources through."""
    topic = Topic(
        name="topic",
        calls=(
            Call(target="all", waits=False),
            Call(target="twice", waits=False, messages=2.0),
            Call(target="others", waits=False, sources=("other",)),
        ),
    )
    queues = [Queue(name=name) for name in ("all", "twice", "others")]
    outcome = run_events(network(topic, *queues, rate=first_seconds(10, 10.0), duration_s=20))
    came = outcome.total("topic", "done")
    assert outcome.total("all", "arrivals") == came > 0
    assert outcome.total("twice", "arrivals") == 2 * came
    assert outcome.total("others", "arrivals") == 0


def test_an_asynchronous_invocation_is_tried_after_one_minute_and_two_more() -> None:
    """A function error is tried again 60 s, and then 120 s later, and told of in the end."""
    invoke = AsyncInvoke(name="invoke", function="function", on_failure="dead")
    broken = Function(name="function", work=INSTANT, fails=1.0)
    outcome = run_events(
        network(invoke, broken, Queue(name="dead"), rate=first_seconds(1, 5.0), duration_s=300)
    )
    came = outcome.total("invoke", "arrivals")
    assert outcome.total("invoke", "attempts") == 3 * came
    seconds = np.flatnonzero(outcome.stations["function"].attempts)
    assert set(seconds) <= {0, 60, 61, 180, 181}
    assert outcome.total("invoke", "dead") == outcome.total("dead", "arrivals") == came


def test_a_throttled_asynchronous_invocation_waits_twice_as_long_each_time() -> None:
    """Refusals are no failures: they are tried again after 1, 2, 4 ... s until there is a place."""
    invoke = AsyncInvoke(name="invoke", function="function")
    small = Function(name="function", work=constant(1.0), reserved=1.0)
    outcome = run_events(network(invoke, small, rate=first_seconds(2, 5.0), duration_s=3000))
    assert outcome.total("invoke", "done") == outcome.total("invoke", "arrivals")
    assert outcome.total("invoke", "throttled") > outcome.total("invoke", "arrivals")


def test_a_hot_partition_refuses_below_the_limit_of_its_table() -> None:
    """All calls on one of four partitions: it takes 1,000 a second, the table could take 4,000."""
    table = Table(name="table", writes_per_s=4000, shares=(0.97, 0.01, 0.01, 0.01))
    outcome = run_events(network(table, rate=2000.0, duration_s=20))
    taken = (outcome.stations["table"].attempts - outcome.stations["table"].throttled)[5:]
    assert taken.mean() == pytest.approx(1000 + 60, rel=0.02)


def test_retries_of_a_throttled_table_lengthen_its_caller() -> None:
    """The environments are busy for the waits between the tries, which is how a storm spreads."""
    function = Function(
        name="function",
        work=constant(0.05),
        calls=(Call(target="table", retry=Retry(retries=5, base_s=0.2)),),
    )
    busy = {}
    for writes in (1000.0, 80.0):
        table = Table(name="table", writes_per_s=writes, credit_s=1.0)
        outcome = run_events(network(function, table, rate=100.0, duration_s=60))
        busy[writes] = outcome.stations["function"].busy[30:].mean()
    assert busy[80.0] > 3 * busy[1000.0]


def test_a_table_on_demand_takes_twice_what_it_was_busy_with() -> None:
    """After half an hour at 30 a second it takes 60, where it took 40 at first."""
    table = Table(name="table", at_most_writes_per_s=40)
    rate = TraceRate(seconds=(0.0, 60.0, 120.0, 1860.0), per_second=(100.0, 30.0, 10.0, 100.0))
    outcome = run_events(network(table, rate=rate, duration_s=1920))
    taken = outcome.stations["table"].attempts - outcome.stations["table"].throttled
    assert taken[10:60].mean() == pytest.approx(40, rel=0.05)
    assert taken[1870:].mean() == pytest.approx(80, rel=0.05)


def test_a_dependency_answers_as_many_at_once_as_it_can() -> None:
    """A third one is refused while two are being answered."""
    outside = Dependency(name="outside", latency=constant(1.0), at_most=2.0)
    outcome = run_events(network(outside, rate=20.0, duration_s=60))
    served = (outcome.stations["outside"].attempts - outcome.stations["outside"].throttled)[2:]
    assert served.max() <= 4
    assert served.mean() == pytest.approx(2.0, rel=0.1)


def test_a_workflow_takes_its_own_time_and_that_of_its_calls_one_after_the_other() -> None:
    """Two calls of a second each, and half a second of its own."""
    workflow = Workflow(
        name="workflow", own_s=0.5, calls=(Call(target="step", messages=2.0, latency_s=0.1),)
    )
    step = Dependency(name="step", latency=constant(1.0))
    outcome = run_events(network(workflow, step, rate=5.0, duration_s=30))
    assert np.nanmax(outcome.stations["workflow"].latency_s) == pytest.approx(2.7)
    assert np.nanmin(outcome.stations["workflow"].latency_s) == pytest.approx(2.7)


@pytest.mark.parametrize(
    ("inject", "series"),
    [
        (Inject.DOWN, "errors"),
        (Inject.SERVER_ERROR, "errors"),
        (Inject.THROTTLE, "throttled"),
    ],
)
def test_a_call_finds_its_target_disturbed(inject: Inject, series: str) -> None:
    """Calls are answered with an error or refused, and the caller fails with them."""
    function = Function(name="function", work=INSTANT, calls=(Call(target="table"),))
    outcome = run_events(
        network(
            function,
            Table(name="table"),
            rate=first_seconds(10, 20.0),
            duration_s=20,
            disturbances=(fault(inject, "table"),),
        )
    )
    came = outcome.total("function", "arrivals")
    assert outcome.total("table", series) == outcome.total("function", "errors") == came


def test_a_slow_target_keeps_its_caller_busy() -> None:
    """A second is added to a share of the calls, and so to the time of the caller."""
    function = Function(name="function", work=INSTANT, calls=(Call(target="table"),))
    table = Table(name="table", latency=INSTANT)
    slow = fault(Inject.SLOW, "table", share=0.5, delay_s=1.0)
    outcome = run_events(network(function, table, rate=100.0, duration_s=60, disturbances=(slow,)))
    assert outcome.stations["function"].busy[10:].mean() == pytest.approx(50, rel=0.05)


@pytest.mark.parametrize("engine", [run_events, run_ticks])
def test_a_slow_function_holds_its_places(engine: Callable[[Network], Outcome]) -> None:
    """It is slow within: half of its invocations take a second more of what it may have at once."""
    function = Function(name="function", work=INSTANT, reserved=200.0)
    slow = replace(fault(Inject.SLOW, "function", share=0.5, delay_s=1.0), end_s=60.0)
    outcome = engine(network(function, rate=100.0, duration_s=60, disturbances=(slow,)))
    assert outcome.stations["function"].busy[10:].mean() == pytest.approx(50, rel=0.05)


def test_messages_that_are_delivered_twice_are_handled_twice() -> None:
    """Every message comes again, and the function does it again."""
    queue = Queue(name="queue", poller=Poller(function="function"))
    worker = Function(name="function", work=INSTANT, in_account=False)
    twice = fault(Inject.DUPLICATE, "queue")
    plain = run_events(worker_behind(queue, worker))
    doubled = run_events(replace(worker_behind(queue, worker), disturbances=(twice,)))
    assert doubled.total("queue", "done") == 2 * plain.total("queue", "done")


def test_messages_that_are_overtaken_come_later_and_are_not_lost() -> None:
    """Who is held back for up to a second still comes to his end."""
    queue = Queue(name="queue", poller=Poller(function="function"))
    worker = Function(name="function", work=INSTANT, in_account=False)
    late = fault(Inject.REORDER, "queue", share=0.5)
    outcome = run_events(replace(worker_behind(queue, worker), disturbances=(late,)))
    assert outcome.total("queue", "done") == outcome.total("queue", "arrivals")
    path = next(one for one in outcome.latencies if one.station == "queue")
    assert path.p95_s is not None
    assert path.p95_s > 0.5


@pytest.mark.parametrize(
    ("inject", "cold_starts"), [(Inject.RAISE, 10), (Inject.CRASH, 100), (Inject.HANG, 10)]
)
def test_a_handler_goes_wrong_in_its_own_way(inject: Inject, cold_starts: int) -> None:
    """It raises and lives, its process ends and another starts, or it hangs until the timeout."""
    function = Function(name="function", work=constant(0.01), timeout_s=2.0)
    outcome = run_events(
        network(
            function,
            rate=first_seconds(50, 3.0),
            duration_s=60,
            disturbances=(fault(inject, "function"),),
        )
    )
    came = outcome.total("function", "arrivals")
    assert outcome.total("function", "errors") == outcome.total("function", "failed") == came
    starts = outcome.total("function", "cold_starts")
    assert starts == came if inject == Inject.CRASH else starts < 20
    took = 2.0 if inject == Inject.HANG else 0.01
    assert outcome.total("function", "billed_s") == pytest.approx(took * came)


def test_an_update_starts_all_environments_anew() -> None:
    """Idle ones go at once, busy ones after their work."""
    function = Function(name="function", work=constant(1.0))
    update = Disturbance(inject=Inject.UPDATE, station="function", start_s=30.0, end_s=30.0)
    plain = network(function, rate=20.0, duration_s=60)
    before = run_events(plain).total("function", "cold_starts")
    after = run_events(replace(plain, disturbances=(update,))).total("function", "cold_starts")
    assert after > 1.6 * before


def test_a_smaller_account_throttles_meanwhile() -> None:
    """For ten seconds the account runs five functions at once, and no longer."""
    function = Function(name="function", work=constant(1.0))
    less = Disturbance(inject=Inject.CONCURRENCY, station=None, start_s=20.0, end_s=30.0, limit=5.0)
    outcome = run_events(
        network(function, rate=20.0, duration_s=60, account=Account(), disturbances=(less,))
    )
    series = outcome.stations["function"]
    assert 4 < series.busy[22:30].max() <= 5
    assert set(np.flatnonzero(series.throttled)) <= set(range(20, 31))
    assert series.throttled[21:30].min() > 0


def test_a_path_is_as_long_as_all_before_it() -> None:
    """A message's time at a station counts from its sending, through queue and function."""
    queue = Queue(name="queue", poller=Poller(function="function", batch=1, receive_s=0.5))
    worker = Function(
        name="function",
        work=constant(1.0),
        in_account=False,
        calls=(Call(target="table", latency_s=0.25),),
    )
    table = Table(name="table", latency=constant(0.25))
    outcome = run_events(network(queue, worker, table, rate=1.0, duration_s=200))
    median = {one.station: one.p50_s for one in outcome.latencies}
    assert median["table"] == pytest.approx(2.0, rel=0.01)
    assert median["queue"] == pytest.approx(2.0, rel=0.01)


def test_percentiles_are_within_one_per_cent() -> None:
    """Of an exponential time they are its mean times `ln 2`, `ln 20` and `ln 100`."""
    service = Service(name="service", work=Work(mean_s=0.1), tasks=1000, timeout_s=math.inf)
    outcome = run_events(network(service, rate=500.0, duration_s=200))
    path = outcome.latencies[0]
    assert path.p50_s == pytest.approx(0.1 * math.log(2), rel=0.02)
    assert path.p95_s == pytest.approx(0.1 * math.log(20), rel=0.03)
    assert path.p99_s == pytest.approx(0.1 * math.log(100), rel=0.05)


ABSURD: dict[str, Network] = {
    "which is no station": network(
        Function(name="function", work=INSTANT, calls=(Call(target="nobody"),)),
        rate=1.0,
        duration_s=1,
    ),
    "is to hit": network(
        Function(name="function", work=INSTANT),
        rate=1.0,
        duration_s=1,
        disturbances=(fault(Inject.RAISE, "nobody"),),
    ),
    "mean_s of function": network(
        Function(name="function", work=Work(mean_s=-1.0)), rate=1.0, duration_s=1
    ),
    "cv of function": network(
        Function(name="function", work=Work(mean_s=1.0, cv=math.nan)), rate=1.0, duration_s=1
    ),
    "duration of a simulation": network(
        Function(name="function", work=INSTANT), rate=1.0, duration_s=math.inf
    ),
    "too many to follow": network(Function(name="function", work=INSTANT), rate=1e15, duration_s=9),
    "in a circle": network(
        Gateway(name="a", calls=(Call(target="b"),)),
        Gateway(name="b", calls=(Call(target="a"),)),
        rate=1.0,
        duration_s=9,
    ),
    "events by second": network(
        Function(name="a", work=INSTANT, calls=(Call(target="b"),), in_account=False),
        Function(name="b", work=INSTANT, calls=(Call(target="a"),), in_account=False),
        rate=1.0,
        duration_s=9,
    ),
}


@pytest.mark.parametrize("words", ABSURD)
def test_fails_in_a_sentence_and_never_hangs(words: str) -> None:
    """What cannot be run is refused, and what would never end is given up."""
    with pytest.raises(HinagataError, match=words):
        run_events(ABSURD[words], at_most_events=200_000)


def test_work_that_takes_no_time_is_done_at_once() -> None:
    """A service time of 0 is a time like others."""
    outcome = run_events(network(Function(name="function", work=INSTANT), rate=50.0, duration_s=20))
    assert outcome.total("function", "done") == outcome.total("function", "arrivals") > 0
    assert outcome.total("function", "billed_s") == 0


def test_nothing_comes_of_no_traffic() -> None:
    """A network that nobody sends to has zeros, and no percentiles."""
    outcome = run_events(network(Function(name="function", work=INSTANT), rate=0.0, duration_s=20))
    assert outcome.total("function", "attempts") == 0
    assert outcome.latencies[0].p50_s is None


def test_ticks_change_the_resolution_and_nothing_else() -> None:
    """The counts of a run are the same in ticks of one and of ten seconds."""
    queue = Queue(name="queue", poller=Poller(function="function"))
    worker = Function(name="function", work=constant(0.3), fails=0.3)
    net = worker_behind(queue, worker)
    fine, coarse = run_events(net), run_events(net, tick_s=10.0)
    done = fine.stations["queue"].done.reshape(-1, 10).sum(axis=1)
    assert np.array_equal(done, coarse.stations["queue"].done)
