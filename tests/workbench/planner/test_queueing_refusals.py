"""Absurd input: one sentence with the value and what to give instead, or a true answer."""

import dataclasses
import inspect
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hinagata.planner import queueing

# One sound call of each function.
SOUND: dict[str, dict[str, Any]] = {
    "adapted_shares": {"capacity": 400, "loads": [], "limit": 1000},
    "even_share": {"capacity": 400, "partitions": 4},
    "free_addresses": {"prefix": 24, "reserved": 5},
    "interfaces_needed": {"concurrency": 100, "per_interface": 10},
    "partitions_needed": {
        "write_units": 500,
        "read_units": 7500,
        "stored_gb": 8,
        "writes_per_partition": 1000,
        "reads_per_partition": 3000,
        "gb_per_partition": 10,
    },
    "peak_rate": {"events": 1e6, "seconds": 3600, "each": 2, "peak_over_mean": 3},
    "allen_cunneen_wait": {
        "servers": 5,
        "rate": 4,
        "duration": 1,
        "arrival_cv": 1,
        "service_cv": 2,
    },
    "attempts": {"failure": 0.5, "most": 3},
    "burst_backlog": {"burst_rate": 800, "burst_time": 600, "calm_rate": 100, "capacity": 400},
    "busy_quantile": {"rate": 5, "duration": 1, "quantile": 0.9},
    "cold_start_probability": {"rate": 5, "duration": 1, "keep_alive": 300, "provisioned": 2},
    "erlang_b": {"servers": 5, "offered_load": 4},
    "erlang_c": {"servers": 5, "offered_load": 4},
    "layered_attempts": {},
    "load_for_blocking": {"servers": 5, "blocking": 0.1},
    "mean_busy": {"rate": 5, "duration": 1},
    "mmc": {"servers": 5, "rate": 4, "duration": 1},
    "mmck": {"servers": 5, "capacity": 9, "rate": 4, "duration": 1},
    "poll_capacity": {"pollers": 5, "batch": 10, "duration": 1},
    "pollaczek_khinchine_wait": {"rate": 0.5, "duration": 1, "service_cv": 2},
    "pollers_needed": {"rate": 5, "batch": 10, "duration": 1},
    "ramp_time": {"start": 5, "target": 10, "growth": 1},
    "retry_fixed_point": {"servers": 5, "offered_load": 4, "retries": 3},
    "retry_storm": {"rate": 5, "capacity": 6, "retries": 1},
    "scale_up": {"rate": 5000, "duration": 1, "initial": 1000, "growth": 100},
    "seconds_to_dead_letters": {"max_receives": 3, "visibility_timeout": 30},
    "served_rate": {"rate": 5, "duration": 1, "concurrency": 10, "rate_limit": 100},
    "servers_for_blocking": {"offered_load": 4, "blocking": 0.1},
    "servers_for_mean_wait": {
        "rate": 4,
        "duration": 1,
        "wait": 0.1,
        "arrival_cv": 1,
        "service_cv": 1,
    },
    "servers_for_wait": {"rate": 4, "duration": 1, "wait": 0.1, "late": 0.1},
    "shards_needed": {
        "rate": 4,
        "record_bytes": 100,
        "consumers": 1,
        "records_per_shard": 1000,
        "bytes_in_per_shard": 1e6,
        "bytes_out_per_shard": 2e6,
    },
    "shared_limit_fixed_point": {"servers": 5, "demands": []},
    "stepped_throttles": {"arrivals": [5, 6], "initial": 3, "growth": 1, "ceiling": 9},
    "token_bucket": {"rate": 5, "burst": 10, "offered": 9},
    "tracked_step": {
        "tasks": 10,
        "target": 1000,
        "load": 30_000,
        "periods": 3,
        "period": 60,
        "start_delay": 60,
    },
    "warm_pool": {"rate": 5, "duration": 1, "keep_alive": 300, "provisioned": 2},
}
ABSURD = [
    -1,
    -1e-300,
    0,
    5e-324,
    1e-12,
    0.5,
    2.5,
    10**8,
    10**15,
    1e308,
    10**400,
    math.inf,
    -math.inf,
    math.nan,
    "ten",
    None,
    1j,
]
# NaN, infinity and negative numbers are never an answerable question, but for two endless limits.
NEVER = [-1, math.nan, -math.inf, "ten", None, 10**400]
ENDLESS = {("mmck", "capacity"), ("served_rate", "rate_limit")}


def numbers(answer: object) -> Iterator[float]:
    """Every number in an answer."""
    if dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(answer):
            yield from numbers(getattr(answer, field.name))
    elif isinstance(answer, list | tuple):
        for part in answer:
            yield from numbers(part)
    else:
        assert isinstance(answer, int | float)
        yield answer


def arguments(name: str) -> Iterator[tuple[str, Any]]:
    """Each argument of a function that is a number."""
    for argument, value in SOUND[name].items():
        if not isinstance(value, list):
            yield argument, value


def test_every_function_is_asked() -> None:
    """A new closed form gets a sound call here, of all its arguments."""
    functions = {name for name in queueing.__all__ if inspect.isfunction(getattr(queueing, name))}

    assert functions == set(SOUND)


@pytest.mark.parametrize("name", SOUND)
def test_absurd_input_is_refused_or_answered(name: str) -> None:
    """Never NaN, never another error, never long: a ValueError or numbers."""
    function = getattr(queueing, name)
    for argument, _ in arguments(name):
        for value in ABSURD:
            started = time.process_time()
            try:
                answer = function(**{**SOUND[name], argument: value})
            except ValueError as error:
                assert argument in str(error) or "servers would be needed" in str(error)  # noqa: PT017
            else:
                assert not any(math.isnan(number) for number in numbers(answer)), (argument, value)
                assert all(number >= 0 for number in numbers(answer)), (argument, value)
            assert time.process_time() - started < 3, (argument, value)


@pytest.mark.parametrize("name", SOUND)
def test_fails_on_what_is_no_quantity(name: str) -> None:
    """NaN, negative numbers and words are refused by the argument's name."""
    function = getattr(queueing, name)
    for argument, _ in arguments(name):
        for value in NEVER:
            with pytest.raises(ValueError, match=f"{argument} is .*give a"):
                function(**{**SOUND[name], argument: value})
        if (name, argument) not in ENDLESS:
            with pytest.raises(ValueError, match=f"{argument} is inf: give a"):
                function(**{**SOUND[name], argument: math.inf})


@pytest.mark.parametrize("servers", [-1, 2.5, math.nan, math.inf, 10**15])
def test_fails_on_servers_that_cannot_be_counted(servers: float) -> None:
    """The message says what was given and what can be."""
    with pytest.raises(ValueError, match=r"servers is .*: give a whole number from 0 to 100000000"):
        queueing.erlang_b(servers, 5)  # type: ignore[arg-type]


def test_without_servers_all_are_refused() -> None:
    """A concurrency of 0 is a function that is switched off."""
    assert queueing.erlang_b(0, 5) == 1
    assert queueing.erlang_c(0, 5) == 1
    assert queueing.retry_fixed_point(0, 5, 3).failed == 1
    assert queueing.served_rate(rate=5, duration=0, concurrency=0) == 0


def test_without_load_none_is_refused() -> None:
    """No arrivals, no refusals, no waits."""
    assert queueing.erlang_b(1, 0) == 0
    assert queueing.erlang_c(1, 0) == 0
    assert queueing.mmck(1, 1, 0, 1).mean_jobs == 0
    assert queueing.retry_fixed_point(1, 0, 3).amplification == 1


def test_fails_on_room_for_fewer_than_are_served() -> None:
    """A capacity counts those in service too."""
    with pytest.raises(ValueError, match="capacity is 3 with 5 servers"):
        queueing.mmck(servers=5, capacity=3, rate=1, duration=1)


def test_fails_on_bounds_that_no_number_of_servers_keeps() -> None:
    """A share or a wait of 0 would need endlessly many."""
    for call in (
        lambda: queueing.servers_for_blocking(5, 0),
        lambda: queueing.servers_for_wait(5, 1, 1, 0),
        lambda: queueing.servers_for_mean_wait(5, 1, 0),
        lambda: queueing.load_for_blocking(5, 1),
        lambda: queueing.busy_quantile(5, 1, 1),
        lambda: queueing.servers_for_blocking(1e12, 0.01),
    ):
        with pytest.raises(ValueError, match=r"give|lower"):
            call()


def test_absurd_demands_of_a_shared_limit_are_refused() -> None:
    """Each demand is looked at, and layers of attempts too."""
    for load, retries in ((-1, 1), (math.nan, 1), (1, -1), (1, 1.5)):
        with pytest.raises(ValueError, match="give a"):
            queueing.shared_limit_fixed_point(
                5, [queueing.Demand(offered_load=load, retries=retries)]
            )
    with pytest.raises(ValueError, match="give a"):
        queueing.layered_attempts(3, 0)
    with pytest.raises(ValueError, match="give a"):
        queueing.stepped_throttles([1, math.nan], 1, 1, 1)
