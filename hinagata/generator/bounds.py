"""Numbers of a blueprint that are out of bounds: what the checks would find, or no construct takes.

What holds for a template (`hinagata explain FM202`, for one) is said here of a blueprint, before
there is one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hinagata.checks.failure_modes.fm601_hot_partition_key import has_few_values
from hinagata.checks.thresholds import Thresholds
from hinagata.generator.blueprint import Component

if TYPE_CHECKING:
    from hinagata.generator.architecture import Architecture
    from hinagata.scenario.document import Value

# Of a queue that says nothing.
_RECEIVES, _RETENTION_SECONDS = 5, 345_600.0
# Of a breaker that says nothing: calls a second; executions that a queue's mapping has at least;
# what its controller needs beside a probe, of Lambda's longest run.
_DRAIN_RATE, _LEAST_CONCURRENCY = 10, 2
_LONGEST_PROBE_SECONDS = 870.0


def refuse_out_of_bounds(architecture: Architecture) -> None:
    """Refuse sizes and times that do not go together.

    Raises:
        ScenarioError: it says which, and what would do.
    """
    _check_durations(architecture)
    for one in architecture.components:
        if one.kind == "point_to_point_queue":
            _check_receives(one, architecture)
        elif one.kind == "event_stream":
            _check_readers(one, architecture)
        elif one.kind == "telemetry_store":
            _check_partitions(one)
        elif one.kind == "circuit_breaker":
            _check_drain(one, architecture)


def _check_durations(architecture: Architecture) -> None:
    """Refuse work that does not end before it is cut off."""
    said = architecture.blueprint.functions
    for code in architecture.code():
        if code.name not in said:
            continue
        owner, takes = code.owner, said[code.name].takes_seconds
        most = architecture.timeout_of(owner)
        longer = f", or a longer timeout of {owner.name}" if "timeout" in owner.of.arguments else ""
        if takes > most:
            architecture.blueprint.place.at("functions", code.name, "takes").fail(
                found=f"{takes:g} s, though {owner.name} is cut off after {most:g} s",
                expected=f"at most {most:g} s{longer}",
            )
        for connection in architecture.into(owner, "consumes"):
            size = connection.options.get("batch_size", 1)
            if size * takes > most:
                connection.flow.place.at("batch_size").fail(
                    found=f"{size} messages of {takes:g} s each, though {owner.name} is cut off "
                    f"after {most:g} s",
                    expected=f"at most {int(most // takes)}{longer}",
                )


def _check_receives(one: Component, architecture: Architecture) -> None:
    """Refuse a message that expires before it has been tried as often as it should."""
    receives = one.arguments.get("max_receive_count", _RECEIVES)
    kept = one.arguments.get("retention", _RETENTION_SECONDS)
    for connection in architecture.out_of(one, "consumes"):
        hidden = Thresholds().visibility_per_timeout * architecture.timeout_of(
            connection.target
        ) + connection.options.get("window", 0.0)
        if receives * hidden >= kept:
            _at(one, "retention").fail(
                found=f"{receives} tries of a message, one each {hidden:g} s, though {one.name} "
                f"keeps it {kept:g} s",
                expected=f"a retention above {receives * hidden:g} s, fewer tries, or a shorter "
                f"timeout of {connection.target.name}",
            )


def _check_readers(one: Component, architecture: Architecture) -> None:
    most = int(Thresholds().shared_stream_consumers)
    readers = architecture.out_of(one, "consumes")
    if len(readers) > most:
        readers[most].flow.place.fail(
            found=f"{len(readers)} workers of {one.name}, which share what a shard gives",
            expected=f"at most {most}: one of them can hand on to a fan_out, which any number take",
        )


def _check_partitions(one: Component) -> None:
    if has_few_values(one.keys[0], frozenset(Thresholds().low_cardinality_words)):
        _at(one, "partition_key").fail(
            found=f"{one.keys[0]}, which by its name has few values: what shares one shares the "
            "throughput of one partition",
            expected="a key of many values, as the id of who or what it is about",
        )


def _check_drain(one: Component, architecture: Architecture) -> None:
    rate = one.arguments.get("drain_rate", _DRAIN_RATE)
    for index, name in enumerate(one.arguments["guards"]):
        worker = architecture.of(name)
        timeout = architecture.timeout_of(worker)
        if timeout > _LONGEST_PROBE_SECONDS:
            _at(worker, "timeout").fail(
                found=f"{timeout:g} s, in which {one.name} could try only once whether it is well",
                expected=f"at most {_LONGEST_PROBE_SECONDS:g} s of what a breaker guards",
            )
        for connection in architecture.into(worker, "consumes"):
            size = architecture.batch_size(connection) or architecture.usual_batch(connection)
            needed = _LEAST_CONCURRENCY * size * 2 / timeout
            if rate < needed:
                one.place.at("guards", index).fail(
                    found=f"{name}, of which two batches of {size} at {rate} a second take more "
                    f"than half of its {timeout:g} s",
                    expected=f"a drain_rate of {math.ceil(needed)} or more, a smaller batch_size, "
                    f"or a longer timeout of {name}",
                )


def _at(one: Component, argument: str) -> Value:
    return one.place.at(argument) if argument in one.arguments else one.place
