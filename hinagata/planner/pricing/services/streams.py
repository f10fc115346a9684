"""Kinesis data streams and Firehose."""

from __future__ import annotations

from hinagata.errors import HinagataError
from hinagata.planner.billed_units import payload_units, whole_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, flag, number
from hinagata.planner.pricing.service import Service
from hinagata.planner.sizing import shards_needed


def _kinesis(c: Charges) -> None:
    if c.text("mode") == "on_demand":
        _on_demand(c)
    else:
        _provisioned(c)
    c.add(
        "Kept beyond 7 days",
        c.number("long_retention_gb"),
        "price.long_retention_gb_mo",
        at_rest=True,
    )
    c.add("Read beyond 7 days", c.number("long_retrieval_gb"), "price.long_retrieval_gb")


def _provisioned(c: Charges) -> None:
    records, size = c.number("records"), c.number("record_kb")
    hours = (c.number("shards") if c.given("shards") else _shards(c)) * c.hours
    c.add("Shards", hours, "price.shard_h", at_rest=True)
    units = payload_units(size, unit_kb=c.fact("price.put_unit_kb"))
    c.add("Put units", c.number("put_units") + records * units, "price.put_unit")
    if c.number("retention_hours") > 24:
        c.add("Kept for 7 days", hours, "price.extended_retention_7d", at_rest=True)
    efo = c.number("fan_out_consumers") * hours + c.number("fan_out_hours")
    c.add("Enhanced fan-out", efo, "price.efo_shard_consumer_h", at_rest=True)
    fanned = c.number("fan_out_consumers")
    if fanned:
        fanned *= c.gb("records", "record_kb", "price.kb_per_gb")
    c.add("Fan-out data", fanned + c.number("fan_out_gb"), "price.efo_gb")


def _shards(c: Charges) -> int:
    try:
        return shards_needed(
            c.number("records") / c.hours / 3600,
            c.number("record_kb") * 1024,
            int(c.number("consumers")),
            records_per_shard=c.fact("shard.write_records"),
            bytes_in_per_shard=c.fact("shard.write_bytes") * 1024**2,
            bytes_out_per_shard=c.fact("shard.read_bytes") * 1024**2,
        ).count
    except ValueError as error:
        raise HinagataError(f"kinesis: no stream is so large: {error}; say shards") from None


def _on_demand(c: Charges) -> None:
    c.add("Stream hours", c.number("streams") * c.hours, "price.ondemand.stream_h", at_rest=True)
    gb = _rounded_gb(c, "price.ondemand.record_step")
    c.add("Data in", gb + c.number("in_gb"), "price.ondemand.in_gb")
    c.add("Data out", gb * c.number("consumers") + c.number("out_gb"), "price.ondemand.out_gb")
    fanned = gb * c.number("fan_out_consumers") + c.number("fan_out_gb")
    c.add("Fan-out data", fanned, "price.ondemand.efo_gb")
    c.add(
        "Kept for 7 days",
        c.number("extended_retention_gb"),
        "price.ondemand.retention_7d_gb_mo",
        at_rest=True,
    )


def _rounded_gb(c: Charges, rule: str) -> float:
    """Records in GB, each rounded up to a step."""
    if not c.number("records"):
        return 0.0
    step = c.fact(rule)
    billed_kb = whole_units(c.number("record_kb"), step) * step
    return c.number("records") * billed_kb / c.fact("price.kb_per_gb")


KINESIS = Service(
    name="kinesis",
    title="Kinesis",
    facts_of="kinesis",
    fields=(
        choice("mode", "of the stream", "provisioned", "on_demand"),
        count("records", "records put"),
        number("record_kb", "size of one; billed in put units, or by the KB on demand"),
        number("consumers", "consumers that share the reading", default=1),
        number("shards", "shards; default: as records and consumers need", default=None),
        count("put_units", "put units, if you know them"),
        number("retention_hours", "how long records are kept (provisioned)", default=24),
        number("fan_out_consumers", "consumers with enhanced fan-out"),
        number("fan_out_hours", "shard hours of such consumers, if you know them"),
        number("fan_out_gb", "data that they read, if you know it"),
        number("long_retention_gb", "data kept beyond 7 days"),
        number("long_retrieval_gb", "data read beyond 7 days"),
        number("streams", "streams (on demand)", default=1),
        number("in_gb", "data written, if you know it (on demand)"),
        number("out_gb", "data read, if you know it (on demand)"),
        number("extended_retention_gb", "data kept beyond 24 hours (on demand)"),
    ),
    charge=_kinesis,
)


def _firehose(c: Charges) -> None:
    gb = c.number("data_gb") + _rounded_gb(c, "billing_round")
    c.add("Data in", gb, "price.ingest")
    if c.number("format_conversion"):
        c.add("Format conversion", gb, "price.format_conversion")
    if c.number("iceberg"):
        c.add("Iceberg", gb, "price.iceberg_gb")
    zones = c.number("vpc_zones")
    if zones:
        c.add("VPC delivery", zones * c.hours, "price.vpc_az_h", at_rest=True)
        c.add("VPC data", gb, "price.vpc_gb")


FIREHOSE = Service(
    name="firehose",
    title="Firehose",
    facts_of="firehose",
    fields=(
        count("records", "records put"),
        number("record_kb", "size of one; rounded up"),
        number("data_gb", "or: data put, rounded already"),
        flag("format_conversion", "conversion to Parquet or ORC"),
        flag("iceberg", "delivery to Iceberg tables"),
        number("vpc_zones", "availability zones of a delivery into a VPC"),
    ),
    charge=_firehose,
)

SERVICES = (KINESIS, FIREHOSE)
