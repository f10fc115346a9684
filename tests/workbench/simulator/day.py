"""A day of air conditioners that report every five minutes: twelve stations that hang together."""

from hinagata.scenario.rate import DAY_SECONDS, BurstRate, DiurnalRate
from hinagata.simulator.model import (
    Account,
    Call,
    Dependency,
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
    Traffic,
    Work,
)

DEVICES = 5_000_000
# Each reports so often, on the average; in the evening more often than at night.
EVERY_S = 310.0


def air_conditioners(*, devices: float = DEVICES, hours: float = 24.0) -> Network:
    """Telemetry over a stream, alarms over a queue, people's commands to containers.

    At nine in the morning three times as many as usual come back at once, for five minutes: then
    the functions of the account are too few, and everybody tries again.

    Args:
        devices: How many there are; limits grow with them.
        hours: How long they are watched.
    """
    rate = devices / EVERY_S
    scale = devices / DEVICES
    again = Retry(retries=3, base_s=0.05, cap_s=1.0)
    shards = tuple([1.0] * max(1, round(64 * scale)))
    start = Work(mean_s=0.3, cv=0.3)
    stations: tuple[Station, ...] = (
        Gateway(
            name="gateway",
            per_s=1e5 * scale,
            burst=5e4 * scale,
            overhead_s=0.005,
            calls=(Call(target="authorize"), Call(target="telemetry", waits=False)),
        ),
        Function(
            name="authorize",
            work=Work(mean_s=0.008),
            cold_start=start,
            timeout_s=3.0,
            calls=(Call(target="devices", messages=0.1, retry=again),),
        ),
        Table(
            name="devices",
            write_units=0.0,
            read_units=0.5,
            shares=shards,
            at_most_reads_per_s=1e5 * scale,
        ),
        Stream(
            name="telemetry",
            shares=shards,
            readers=(
                Reader(function="ingest", batch=500),
                Reader(function="archive", batch=500, window_s=5.0),
            ),
        ),
        Function(
            name="ingest",
            work=Work(mean_s=0.05),
            per_message=Work(mean_s=0.0004),
            cold_start=start,
            timeout_s=60.0,
            calls=(
                Call(target="state", messages=0.1, retry=again),
                Call(target="alarms", messages=0.001, waits=False),
            ),
        ),
        Function(name="archive", work=Work(mean_s=0.3), cold_start=start, timeout_s=60.0),
        Table(name="state", shares=shards, at_most_writes_per_s=1e5 * scale),
        Queue(
            name="alarms",
            visibility_s=60.0,
            max_receives=5,
            dead_letter="dead",
            poller=Poller(function="notify"),
        ),
        Function(
            name="notify",
            work=Work(mean_s=0.2),
            cold_start=start,
            timeout_s=10.0,
            calls=(Call(target="push", retry=Retry(retries=2, base_s=0.2)),),
        ),
        Dependency(name="push", latency=Work(mean_s=0.08, cv=0.8)),
        Queue(name="dead"),
        Service(
            name="commands",
            work=Work(mean_s=0.02),
            tasks=20,
            slots=10,
            at_least=10,
            at_most=400,
            tracking=TargetTracking(busy_share=0.6),
            calls=(Call(target="state", retry=again),),
        ),
    )
    hour = DAY_SECONDS / 24
    traffic = (
        Traffic(
            name="devices",
            target="gateway",
            rate=DiurnalRate(
                peak_per_second=1.5 * rate, peak_over_trough=3.0, peak_at_seconds=18 * hour
            ),
            retry=Retry(retries=3, base_s=1.0),
        ),
        Traffic(
            name="people",
            target="commands",
            rate=DiurnalRate(
                peak_per_second=0.05 * rate, peak_over_trough=6.0, peak_at_seconds=19 * hour
            ),
            retry=Retry(retries=1, base_s=1.0),
        ),
        Traffic(
            name="reconnect",
            target="gateway",
            rate=BurstRate(
                base_per_second=0.0,
                peak_per_second=3.0 * rate,
                at_seconds=9 * hour,
                for_seconds=300.0,
            ),
            retry=Retry(retries=3, base_s=2.0),
        ),
    )
    return Network(
        stations={station.name: station for station in stations},
        traffic=traffic,
        duration_s=hours * hour,
        account=Account(concurrency=max(1000.0, 5000.0 * scale)),
    )
