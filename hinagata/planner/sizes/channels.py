"""Queues, topics, buses, streams and workflows: who takes from them, and how fast."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hinagata.planner.bursts import ramp_time
from hinagata.planner.deriving.storage import on_demand
from hinagata.planner.erlang import erlang_c
from hinagata.planner.naming import FUNCTION
from hinagata.planner.sizes.peak import Peak, busy_at_most, duration, shown
from hinagata.planner.sizing import shards_needed
from hinagata.planner.work import Feed, lanes_of
from hinagata.scenario import Put, Source
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.flow import flow
from hinagata.topology.node import Node, Role

_VISIBILITY_S = 30
_TIMEOUT_S = 3
_KB = 1024
# A shorter wait for pollers is not worth a line.
_LONG_S = 10
# What is fuller than that is tight.
_FULL = 0.8
# Nor is a key with a smaller share of a shard.
_WORTH = 0.01


def queues(peak: Peak) -> None:
    """Adds what queues need: pollers, room in flight, a visibility timeout."""
    for node in peak.month.topology.of_type("AWS::SQS::Queue"):
        rate = peak.month.flows.peak(node)
        if not rate:
            continue
        if node.flag("FifoQueue"):
            _fifo(peak, node, rate)
        for edge in peak.month.topology.out(node, Kind.POLLS):
            feed = next(
                (each for each in peak.month.handlers.feeds(edge.target) if each.edge == edge),
                None,
            )
            if feed is not None and edge.target.type == FUNCTION:
                _polled(peak, node, edge, feed)


def _fifo(peak: Peak, node: Node, rate: float) -> None:
    high = node.get("FifoThroughputLimit") == "perMessageGroupId"
    limit = peak.quota("sqs", "fifo.high_throughput" if high else "fifo.tps")
    peak.add(
        node,
        "sends",
        rate,
        limit,
        "requests/s",
        formula=f"a request for each of {shown(rate)} messages/s",
        advice="send in batches, or use a standard queue"
        if high
        else "set FifoThroughputLimit to perMessageGroupId, or send in batches",
    )


def _polled(peak: Peak, node: Node, edge: Edge, feed: Feed) -> None:
    month = peak.month
    mean_s = month.handlers.work(edge.target).mean_s
    rate = month.flows.peak(feed.visits) * feed.tries
    busy = rate * mean_s
    pollers = busy_at_most(busy)
    found = flow(edge, month.topology)
    most = found.max_in_flight if found is not None else None
    limit = most if most is not None else peak.fact("sqs_esm", "max_concurrency")
    largest = peak.fact("sqs_esm", "maximum_concurrency_setting.max")
    advice = f"set MaximumConcurrency to {pollers:,}, or let the backlog wait"
    if pollers > largest:
        advice = (
            f"no setting exceeds {shown(largest)}: spread the messages over "
            f"{math.ceil(pollers / largest)} queues, or work on those of a batch all at once"
        )
    peak.add(
        node,
        "batches at once",
        busy,
        limit,
        "pollers",
        formula=f"{shown(rate)}/s x {duration(mean_s)} a message = {shown(busy)} on average; "
        f"{erlang_c(int(limit), busy):.0%} of them wait (Erlang C)",
        advice=advice,
    )
    first = month.facts.value("sqs_esm", "initial_concurrency")
    ramp = month.facts.value("sqs_esm", "ramp")
    seconds = ramp_time(first, min(pollers, limit), ramp / 60)
    if seconds >= _LONG_S:
        for key in ("initial_concurrency", "ramp"):
            peak.fact("sqs_esm", key)
        peak.add(
            node,
            "time until the pollers are there",
            seconds,
            None,
            "s",
            formula=f"({shown(min(pollers, limit))} - {shown(first)}) / {shown(ramp)} a minute, "
            "after a quiet time",
        )
    _in_flight(peak, node, rate * mean_s * feed.batch)
    _visibility(peak, node, edge, feed)


def _in_flight(peak: Peak, node: Node, messages: float) -> None:
    fifo = node.flag("FifoQueue")
    limit = peak.fact("sqs", "inflight_fifo_new" if fifo else "inflight_standard")
    peak.add(
        node,
        "messages in flight",
        messages,
        limit,
        "messages",
        formula="batches at once x messages of a mean batch",
        advice="take smaller batches, or shorten the work",
    )


def _visibility(peak: Peak, node: Node, edge: Edge, feed: Feed) -> None:
    month = peak.month
    factor = peak.fact("sqs_esm", "visibility_timeout_factor")
    timeout = month.number(edge.target, "Timeout", default=_TIMEOUT_S)
    least = factor * timeout + feed.window_s
    has = month.number(node, "VisibilityTimeout", default=_VISIBILITY_S)
    peak.add(
        node,
        "visibility timeout",
        least,
        has,
        "s",
        formula=f"{shown(factor)} x {duration(timeout)} of the function + {duration(feed.window_s)}"
        " of window",
        advice=f"set VisibilityTimeout to {least:g} s",
        room=False,
    )


def topics(peak: Peak) -> None:
    """Adds what topics and buses need: their rate of messages."""
    month = peak.month
    for node in month.topology.of_type("AWS::SNS::Topic"):
        rate = month.flows.peak(node)
        if rate:
            peak.add(
                node,
                "publishes",
                rate,
                peak.quota("sns", "publish.standard"),
                "messages/s",
                formula=f"each of {shown(rate)} messages/s; in the account and region",
                advice="ask for a higher quota of publishes, or publish in batches",
            )
    for node in month.topology.of_role(Role.BUS):
        rate = month.flows.peak(node)
        if rate:
            entries = peak.fact("eventbridge", "putevents_entries")
            peak.add(
                node,
                "PutEvents",
                rate,
                peak.quota("eventbridge", "putevents_tps"),
                "requests/s",
                formula=f"a request for each of {shown(rate)} events/s; up to {shown(entries)} "
                "fit into one",
                advice="put several events in a request, or ask for a higher quota",
            )


def streams(peak: Peak) -> None:
    """Adds what streams need: shards, room for the hottest key, readers that keep up."""
    for node in peak.month.topology.of_type("AWS::Kinesis::Stream"):
        rate = peak.month.flows.peak(node)
        if rate:
            _readers(peak, node, _shards(peak, node, rate))


def _shards(peak: Peak, node: Node, rate: float) -> float:
    """Adds the shards, and returns how many the records alone need, unrounded."""
    month = peak.month
    readers = month.topology.out(node, Kind.POLLS)
    size_kb = month.message_kb(node)
    records = peak.fact("kinesis", "shard.write_records")
    into, out = peak.fact("kinesis", "shard.write_bytes"), peak.fact("kinesis", "shard.read_bytes")
    shards = shards_needed(
        rate,
        size_kb * _KB,
        len(readers),
        records_per_shard=records,
        bytes_in_per_shard=into * _KB * _KB,
        bytes_out_per_shard=out * _KB * _KB,
    )
    # Unrounded: a shard that is next to empty is not tight because it is the only one.
    needed = max(shards.by_records, shards.by_bytes_in, shards.by_bytes_out)
    sizes_itself = on_demand(node)
    has = None if sizes_itself else month.number(node, "ShardCount", default=1)
    peak.add(
        node,
        "shards",
        needed,
        has,
        "shards",
        formula=f"{shown(rate)} records/s at {shown(records)} a shard need "
        f"{shown(shards.by_records)}, their bytes coming in {shown(shards.by_bytes_in)}, and going "
        f"out to {len(readers)} reader{'s' * (len(readers) != 1)} {shown(shards.by_bytes_out)}",
        advice=f"set ShardCount to {_advised(peak, node, needed)}",
    )
    found = hottest(peak, node)
    if found is not None and found[2] >= _WORTH * records:
        source, key, each = found
        ordered = _ordered_by(peak.month.scenario.sources[source])
        condition = "" if key == ordered else " if it is the partition key"
        peak.add(
            node,
            f"records of the hottest {key}",
            each,
            peak.fact("kinesis", "shard.write_records"),
            "records/s",
            formula=f"its share of {source} at the peak, in one shard{condition}",
            advice="add something to the partition key that spreads its records",
        )
    return needed


def _advised(peak: Peak, node: Node, needed: float) -> int:
    """Returns the shards to set, for records and readers: those needed are 80 % of them."""
    has = max(1.0, peak.month.number(node, "ShardCount", default=1))
    least = needed / _FULL if needed > _FULL * has else has
    factor = peak.fact("kinesis_esm", "parallelization_factor.max")
    busiest = max((rate * mean_s for _, rate, mean_s in _read(peak, node)), default=0.0)
    return math.ceil(max(least, busiest / _FULL / factor))


def _read(peak: Peak, node: Node) -> Iterator[tuple[Edge, float, float]]:
    """Yields who reads a stream, how many records a second, and how long one takes."""
    handlers = peak.month.handlers
    for edge in peak.month.topology.out(node, Kind.POLLS):
        feed = next((each for each in handlers.feeds(edge.target) if each.edge == edge), None)
        if feed is not None:
            rate = peak.month.flows.peak(feed.visits) * feed.tries
            yield edge, rate, handlers.work(edge.target).mean_s


def hottest(peak: Peak, node: Node) -> tuple[str, str, float] | None:
    """Returns the source, the key and the messages a second of the commonest value at a node."""
    found: tuple[str, str, float] | None = None
    flows = peak.month.flows
    for name, count in flows.visits.get(node, {}).items():
        source = flows.sources[name]
        ordered = _ordered_by(source)
        # A key that is not the partition's spreads over all shards.
        for key in [ordered] if ordered in source.keys else source.keys:
            values = source.keys[key]
            share = values.distribution.share_of_first(1, among=values.cardinality)
            each = flows.peak({name: count}) * share
            if found is None or each > found[2]:
                found = (name, key, each)
    return found


def _ordered_by(source: Source) -> str:
    """The key that a sender orders its events by; "" where the scenario does not say."""
    return (source.request.ordered_by or "") if isinstance(source.request, Put) else ""


def _readers(peak: Peak, node: Node, needed: float) -> None:
    month = peak.month
    for edge, rate, mean_s in _read(peak, node):
        lanes = lanes_of(edge)
        has = max(1.0, month.number(node, "ShardCount", default=1))
        shards = _advised(peak, node, needed)
        each = f"ParallelizationFactor to {math.ceil(rate * mean_s / shards / _FULL)}"
        peak.add(
            node,
            f"lanes for {month.names.shown(edge.target)}",
            rate * mean_s,
            lanes,
            "batches at once",
            formula=f"{shown(rate)}/s x {duration(mean_s)} a record; shards x factor = "
            f"{shown(lanes)}",
            advice=f"set {each}"
            if shards <= has
            else f"set ShardCount to {shards} and {each}, or work on several records at once",
        )


def workflows(peak: Peak) -> None:
    """Adds what workflows need: their rate of starts."""
    for node in peak.month.topology.of_type("AWS::StepFunctions::StateMachine"):
        rate = peak.month.flows.peak(node)
        express = node.get("StateMachineType") == "EXPRESS"
        key = f"{'express' if express else 'std'}.start_execution.rate"
        if rate:
            peak.add(
                node,
                "starts",
                rate,
                peak.quota("stepfunctions", key),
                "executions/s",
                formula=f"one for each of {shown(rate)} messages/s; in the account and region",
                advice="put a queue before it, or ask for a higher quota"
                if express
                else "use an express workflow, put a queue before it, or ask for a higher quota",
            )
