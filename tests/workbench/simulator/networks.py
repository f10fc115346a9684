"""The reference cases of the simulation's design, V1 to V33, as networks for either engine.

And ten scenarios, one for each way in which an architecture gets into trouble, for which the two
engines are compared.
"""

from hinagata.scenario.fault import Inject
from hinagata.scenario.rate import BurstRate, ConstantRate, Rate, TraceRate
from hinagata.simulator.model import (
    NO_RETRY,
    Account,
    AsyncInvoke,
    Call,
    Disturbance,
    Function,
    Gateway,
    Network,
    Poller,
    Queue,
    Reader,
    Retry,
    Service,
    Station,
    Stream,
    Table,
    TargetTracking,
    Topic,
    Traffic,
    Work,
)

# An account whose limits nobody meets.
VAST = Account(concurrency=1e9, requests_per_slot=1e9, scale_at_once=1e9, scale_per_s=1e9)
# How synchronous callers are told to behave in the cases of storms.
PATIENT = Retry(retries=3, base_s=5.0)


def network(
    *stations: Station,
    rate: Rate | float,
    duration_s: float,
    account: Account = VAST,
    retry: Retry = NO_RETRY,
    timeout_s: float = float("inf"),
    disturbances: tuple[Disturbance, ...] = (),
    seed: int = 0,
) -> Network:
    """A network with one source, whose messages come to the first station."""
    if isinstance(rate, float | int):
        rate = ConstantRate(per_second=rate)
    traffic = Traffic(
        name="source", target=stations[0].name, rate=rate, retry=retry, timeout_s=timeout_s
    )
    return Network(
        stations={station.name: station for station in stations},
        traffic=(traffic,),
        duration_s=duration_s,
        account=account,
        disturbances=disturbances,
        seed=seed,
    )


def loss(limit: float, load: float, *, duration_s: float, cv: float = 1.0) -> Network:
    """V1: a function of `limit` places is offered `load` Erlangs of one second each."""
    function = Function(
        name="function", work=Work(mean_s=1.0, cv=cv), reserved=limit, in_account=False
    )
    return network(function, rate=load, duration_s=duration_s)


def waiting_line(*, duration_s: float) -> Network:
    """V3: M/M/50 with 40 requests a second of one second each."""
    service = Service(
        name="service", work=Work(mean_s=1.0), tasks=50, slots=1, timeout_s=float("inf")
    )
    return network(service, rate=40.0, duration_s=duration_s)


def unlimited(*, cv: float, duration_s: float) -> Network:
    """V5: M/G/inf with 500 requests a second of 0.2 s."""
    function = Function(name="function", work=Work(mean_s=0.2, cv=cv), in_account=False)
    return network(function, rate=500.0, duration_s=duration_s)


def request_rate_rule(*, duration_s: float) -> Network:
    """V8: 20,000 requests a second of 50 ms in an account of 1,000: half are too many a second."""
    function = Function(name="function", work=Work(mean_s=0.05, cv=0.0))
    account = Account(concurrency=1000, scale_at_once=1e9, scale_per_s=1e9)
    return network(function, rate=20_000.0, duration_s=duration_s, account=account)


def scale_allowance(*, seed: int = 0) -> Network:
    """V10: from 0 to 5,000 requests a second of 1 s, with 1,000 starts at once and 100/s more."""
    function = Function(name="function", work=Work(mean_s=1.0))
    account = Account(concurrency=1e9, requests_per_slot=1e9)
    return network(function, rate=5000.0, duration_s=60.0, account=account, seed=seed)


def keep_alive(*, duration_s: float) -> Network:
    """V14: 0.9 requests a second of 1.991 s warm, 2.244 s cold, environments kept for 600 s."""
    function = Function(
        name="function",
        work=Work(mean_s=1.991),
        cold_start=Work(mean_s=2.244 - 1.991, cv=0.0),
        keep_alive_s=600.0,
        in_account=False,
    )
    return network(function, rate=0.9, duration_s=duration_s)


def poller_ramp(ramp_per_min: float, *, duration_s: float) -> Network:
    """V15: a queue that never gets empty, so that its poller grows to 1,250 batches at once."""
    queue = Queue(
        name="queue",
        visibility_s=3600.0,
        poller=Poller(function="function", batch=1, ramp_per_min=ramp_per_min),
    )
    function = Function(name="function", work=Work(mean_s=30.0, cv=0.0), in_account=False)
    return network(queue, function, rate=60.0, duration_s=duration_s)


def redrive(fails: float, max_receives: int, *, duration_s: float) -> Network:
    """V17: each receive fails with the same probability; what is left goes to dead letters."""
    queue = Queue(
        name="queue",
        visibility_s=1.0,
        max_receives=max_receives,
        dead_letter="dead",
        poller=Poller(function="function", batch=10, at_start=100),
    )
    function = Function(name="function", work=Work(mean_s=0.05), fails=fails, in_account=False)
    return network(
        queue,
        function,
        Queue(name="dead"),
        rate=BurstRate(
            base_per_second=0.0, peak_per_second=500.0, at_seconds=0.0, for_seconds=duration_s - 20
        ),
        duration_s=duration_s,
    )


def hot_stream(parallel: int) -> Network:
    """V19: one shard, 800 records a second for 600 s, then 100/s, read 100 at a time in 0.25 s."""
    stream = Stream(
        name="stream", readers=(Reader(function="function", batch=100, parallel=parallel),)
    )
    function = Function(name="function", work=Work(mean_s=0.25, cv=0.0), in_account=False)
    rate = TraceRate(seconds=(0.0, 600.0), per_second=(800.0, 100.0))
    return network(stream, function, rate=rate, duration_s=1600.0)


def amplification(fails: float, retries: int, *, duration_s: float) -> Network:
    """V21: a caller that tries again `retries` times what fails by chance."""
    function = Function(name="function", work=Work(mean_s=0.05), fails=fails, in_account=False)
    return network(
        function, rate=200.0, duration_s=duration_s, retry=Retry(retries=retries, base_s=0.1)
    )


def layered_retries(layers: int, *, duration_s: float) -> Network:
    """V21: every layer tries three times what the one below it never does."""
    again = Retry(retries=2, base_s=0.01)
    bottom = Function(name="layer-1", work=Work(mean_s=0.001), fails=1.0, in_account=False)
    above = [
        Function(
            name=f"layer-{number}",
            work=Work(mean_s=0.001),
            calls=(Call(target=f"layer-{number - 1}", retry=again),),
            in_account=False,
        )
        for number in range(2, layers + 1)
    ]
    return network(*above[::-1], bottom, rate=1.0, duration_s=duration_s, retry=again)


def retry_storm(rate: float, *, duration_s: float) -> Network:
    """V23: refused calls are tried again three times, at a function of 100 places and 0.2 s."""
    function = Function(name="function", work=Work(mean_s=0.2), reserved=100, in_account=False)
    return network(function, rate=rate, duration_s=duration_s, retry=PATIENT)


def gateway_bucket(*, duration_s: float) -> Network:
    """V26: 15,000 requests a second to a bucket of 5,000 that is refilled by 10,000/s."""
    return network(
        Gateway(name="gateway", per_s=10_000, burst=5000), rate=15_000.0, duration_s=duration_s
    )


def target_tracking() -> Network:
    """V29: ten tasks for 1,000 requests a minute each, and suddenly 30,000 of them."""
    service = Service(
        name="service",
        work=Work(mean_s=0.1),
        tasks=10,
        slots=100,
        at_least=10,
        start_s=60.0,
        tracking=TargetTracking(requests_per_task_per_min=1000),
    )
    return network(service, rate=500.0, duration_s=400.0)


def stampede(init_s: float, *, seed: int = 0) -> Network:
    """V33: 200/s, and 1,000/s from 500 s to 560 s; a new environment is busy while it starts."""
    function = Function(
        name="function",
        work=Work(mean_s=0.2),
        cold_start=Work(mean_s=init_s, cv=0.0) if init_s else None,
        keep_alive_s=300.0,
        in_account=False,
    )
    rate = BurstRate(
        base_per_second=200.0, peak_per_second=1000.0, at_seconds=500.0, for_seconds=60.0
    )
    return network(function, rate=rate, duration_s=900.0, seed=seed)


def _api(
    *, work_s: float = 0.1, reserved: float | None = None, writes_per_s: float = 2000
) -> tuple[Station, ...]:
    """A gateway, a function, and the table that it writes to."""
    return (
        Gateway(name="api", calls=(Call(target="function"),), overhead_s=0.005),
        Function(
            name="function",
            work=Work(mean_s=work_s),
            cold_start=Work(mean_s=0.3, cv=0.3),
            timeout_s=10.0,
            reserved=reserved,
            calls=(Call(target="table", retry=Retry(retries=3, base_s=0.05, cap_s=1.0)),),
        ),
        Table(name="table", writes_per_s=writes_per_s, credit_s=1.0),
    )


def _burst(base: float, peak: float, *, at_s: float = 120.0, for_s: float = 60.0) -> BurstRate:
    return BurstRate(base_per_second=base, peak_per_second=peak, at_seconds=at_s, for_seconds=for_s)


def _shared_pool() -> Network:
    stations = (
        Function(name="greedy", work=Work(mean_s=0.5)),
        Function(name="modest", work=Work(mean_s=0.1)),
        Function(name="safe", work=Work(mean_s=0.1), reserved=50),
    )
    rates: tuple[Rate, ...] = (
        _burst(100.0, 600.0),
        ConstantRate(per_second=200.0),
        ConstantRate(per_second=200.0),
    )
    return Network(
        stations={station.name: station for station in stations},
        traffic=tuple(
            Traffic(
                name=f"to-{station.name}",
                target=station.name,
                rate=rate,
                retry=Retry(retries=2, base_s=0.5),
            )
            for station, rate in zip(stations, rates, strict=True)
        ),
        duration_s=300.0,
        account=Account(concurrency=200),
    )


def queue(
    *, fails: float = 0.0, reserved: float | None = None, pollers: float = 100
) -> tuple[Station, ...]:
    """A queue, the function that works it off, and where what is left goes."""
    return (
        Queue(
            name="queue",
            visibility_s=30.0,
            max_receives=4,
            dead_letter="dead",
            poller=Poller(function="worker", batch=10, at_most=pollers),
        ),
        Function(
            name="worker",
            work=Work(mean_s=0.3),
            cold_start=Work(mean_s=0.3, cv=0.3),
            fails=fails,
            reserved=reserved,
        ),
        Queue(name="dead"),
    )


def _breaker() -> Network:
    """A dependency is down for a minute: what was sent meanwhile is tried again and then lost."""
    return network(
        *_api(),
        rate=200.0,
        duration_s=300.0,
        account=Account(),
        retry=Retry(retries=3, base_s=1.0),
        disturbances=(
            Disturbance(inject=Inject.DOWN, station="table", start_s=120.0, end_s=180.0),
        ),
    )


def _hot_shard() -> Network:
    stream = Stream(
        name="stream",
        shares=(0.55, 0.15, 0.15, 0.15),
        readers=(Reader(function="worker", batch=100),),
    )
    worker = Function(name="worker", work=Work(mean_s=0.2, cv=0.2))
    return network(
        stream,
        worker,
        rate=_burst(400.0, 1600.0),
        duration_s=400.0,
        account=Account(),
        retry=Retry(retries=3, base_s=0.1),
    )


def _scale_out_lag() -> Network:
    service = Service(
        name="service",
        work=Work(mean_s=0.2),
        tasks=4,
        slots=10,
        at_least=4,
        timeout_s=5.0,
        tracking=TargetTracking(busy_share=0.6),
    )
    rate = TraceRate(seconds=(0.0, 120.0), per_second=(100.0, 400.0))
    return network(service, rate=rate, duration_s=900.0)


def fan_out(*, async_reserved: float = 20) -> Network:
    """A topic hands each message to a queue and to a function that is too small for a burst."""
    stations = (
        Topic(
            name="topic",
            calls=(Call(target="queue", waits=False), Call(target="invoke", waits=False)),
        ),
        AsyncInvoke(name="invoke", function="notify"),
        Function(name="notify", work=Work(mean_s=0.2), reserved=async_reserved),
        *queue(),
    )
    return network(
        *stations, rate=_burst(50.0, 300.0, for_s=30.0), duration_s=600.0, account=Account()
    )


def overload(rate: float) -> Network:
    """A service of 190 requests a second that are each written down, empty when it begins."""
    stations = (
        Service(
            name="service",
            work=Work(mean_s=0.016),
            tasks=2,
            slots=2,
            calls=(Call(target="table", retry=Retry(retries=2, base_s=0.1)),),
        ),
        Table(name="table", writes_per_s=1000, credit_s=1.0),
    )
    retry = Retry(retries=4, cap_s=2.0)
    return network(*stations, rate=rate, duration_s=60.0, retry=retry, timeout_s=10.0)


def scenarios() -> dict[str, Network]:
    """Ten ways of getting on, or into trouble, by name."""
    return {
        "calm": network(*_api(), rate=200.0, duration_s=300.0, account=Account()),
        "burst": network(
            *_api(reserved=100),
            rate=_burst(200.0, 1500.0),
            duration_s=300.0,
            account=Account(),
        ),
        "saturated": network(
            *queue(reserved=50, pollers=55),
            rate=_burst(800.0, 2500.0, for_s=30.0),
            duration_s=400.0,
            account=Account(),
        ),
        "retry storm": network(
            *_api(work_s=0.2, reserved=100),
            rate=_burst(300.0, 800.0),
            duration_s=300.0,
            account=Account(),
            retry=Retry(retries=3, base_s=1.0),
        ),
        "hot shard": _hot_shard(),
        "redrive": network(*queue(fails=0.4), rate=200.0, duration_s=600.0, account=Account()),
        "breaker": _breaker(),
        "scale-out lag": _scale_out_lag(),
        "stampede": stampede(2.0),
        "shared pool": _shared_pool(),
    }
