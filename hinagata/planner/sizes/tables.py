"""DynamoDB: write and read units by the items' layout, partitions and their hottest key."""

from __future__ import annotations

import math
from collections import defaultdict

from hinagata.planner.accesses import units_of_an_item
from hinagata.planner.deriving.storage import accesses, provisioned, stored_gb
from hinagata.planner.naming import scaling_of
from hinagata.planner.partitions import partitions_needed
from hinagata.planner.sizes.peak import Peak, shown
from hinagata.topology.node import Node, walk

_TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
# A key with a smaller share of a partition is not worth a line.
_WORTH = 0.01


def tables(peak: Peak) -> None:
    """Adds what tables need."""
    for node in peak.month.topology.of_type(*_TABLES):
        writes, reads = accesses(peak.month, node, peak=True)
        if writes or reads:
            _table(peak, node, writes, reads)


def _table(peak: Peak, node: Node, writes: float, reads: float) -> None:
    month = peak.month
    item_kb = month.assume("item_kb", node)
    indexes = len(node.items("GlobalSecondaryIndexes") or ())
    each, per_read = units_of_an_item(item_kb, month.facts)
    indexed = f", and as many for each of {indexes} indexes" if indexes else ""
    formula = f"{shown(writes)}/s x {each:g} (an item of {shown(item_kb)} KB){indexed}"
    _units(peak, node, "write", writes * each, each, formula)
    if reads:
        formula = f"{shown(reads)}/s x {per_read:g} (an item of {shown(item_kb)} KB, eventually)"
        _units(peak, node, "read", reads * per_read, per_read, formula)
    _partitions(peak, node, writes * each, reads * per_read)
    limit = month.facts.value("dynamodb", "partition.write")
    hot = _hottest(peak, node)
    if hot is not None and hot[1] * each >= _WORTH * limit:
        key, rate = hot
        peak.add(
            node,
            f"write units of the hottest {key}",
            rate * each,
            peak.fact("dynamodb", "partition.write"),
            "units/s",
            formula=f"{shown(rate)} writes/s x {each}, in one partition{_if_it_is(key, node)}",
            advice="add something to the partition key that spreads its items",
        )
    limit = month.facts.value("dynamodb", "item_max")
    if item_kb >= limit / 2:
        peak.add(
            node,
            "size of an item",
            item_kb,
            peak.fact("dynamodb", "item_max"),
            "KB",
            formula="as assumed",
            advice="keep the large part in a bucket",
        )


def _units(peak: Peak, node: Node, kind: str, units: float, each: float, formula: str) -> None:
    month = peak.month
    peak.fact("dynamodb", f"{kind}_unit")
    kept = provisioned(month, node)
    if kept is not None:
        which = 0 if kind == "write" else 1
        scaling = scaling_of(node, month.topology)
        has = kept[which]
        if scaling is not None:
            has = month.number(scaling, "MaxCapacity", default=has)
        name = f"{kind.title()}CapacityUnits"
        advice = f"set {name} to {math.ceil(units / 0.8):,}, or BillingMode to PAY_PER_REQUEST"
        peak.add(node, f"{kind} units", units, has, "units/s", formula=formula, advice=advice)
        return
    quota = peak.fact("dynamodb", "quota.table_throughput")
    peak.add(
        node,
        f"{kind} units",
        units,
        quota,
        "units/s",
        formula=formula,
        advice=f"ask for a quota of {math.ceil(units / 0.8):,} {kind} units a second a table",
    )
    _growth(peak, node, kind, each)


def _growth(peak: Peak, node: Node, kind: str, each: float) -> None:
    """On demand, a table takes a multiple of what it has taken before."""
    month = peak.month
    factor = month.facts.value("dynamodb", "ondemand.scale_factor")
    floor = month.facts.value("dynamodb", f"ondemand.initial_{kind}")
    minutes = month.facts.value("dynamodb", "ondemand.scale_window")
    times = month.assume(f"{kind}s_per_message", node)
    visits: dict[str, float] = defaultdict(float)
    for access in month.flows.accesses:
        if access.kept is node:
            for name, count in (access.writes if kind == "write" else access.reads).items():
                visits[name] += count * times * each
    rate, allowed = month.flows.outgrown(visits, factor=factor, floor=floor, seconds=minutes * 60)
    if rate <= floor:
        return
    for key in ("scale_factor", f"initial_{kind}", "scale_window"):
        peak.fact("dynamodb", f"ondemand.{key}")
    peak.add(
        node,
        f"growth of {kind} units",
        rate,
        allowed,
        "units/s",
        formula=f"a new table takes {shown(floor)} units/s, and {factor:g} times what it took "
        f"{minutes:g} minutes ago or before",
        advice=f"set the table's WarmThroughput to {math.ceil(rate):,} {kind} units a second",
    )


def _partitions(peak: Peak, node: Node, written: float, read: float) -> None:
    partitions = partitions_needed(
        written,
        read,
        stored_gb(peak.month, node),
        writes_per_partition=peak.fact("dynamodb", "partition.write"),
        reads_per_partition=peak.fact("dynamodb", "partition.read"),
        gb_per_partition=peak.fact("dynamodb", "partition.size"),
    )
    peak.add(
        node,
        "partitions",
        partitions,
        None,
        "partitions",
        formula=f"by {shown(written)} write and {shown(read)} read units a second, and by size; "
        "DynamoDB makes them itself",
    )


def _hottest(peak: Peak, node: Node) -> tuple[str, float] | None:
    """The key whose commonest value is written most often, and how often at the peak."""
    found: tuple[str, float] | None = None
    flows = peak.month.flows
    times = peak.month.assume("writes_per_message", node)
    for access in flows.accesses:
        if access.kept is not node:
            continue
        for name, count in access.writes.items():
            keys = flows.sources[name].keys
            known = _partition_key(node)
            for key in [known] if known in keys else keys:
                values = keys[key]
                share = values.distribution.share_of_first(1, among=values.cardinality)
                rate = flows.peak({name: count}) * share * times
                if found is None or rate > found[1]:
                    found = (key, rate)
    return found


def _if_it_is(key: str, node: Node) -> str:
    return "" if key == _partition_key(node) else " if it is the partition key"


def _partition_key(node: Node) -> str:
    """The attribute that says in which partition an item is; "" where the template does not."""
    for element in node.items("KeySchema") or ():
        if walk(element, "KeyType") == "HASH":
            return str(walk(element, "AttributeName"))
    return ""
