"""What keeps data, and what queries it: DynamoDB, S3, Athena, Glue, ECR."""

from __future__ import annotations

from hinagata.planner.billed_units import read_units, write_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, flag, number
from hinagata.planner.pricing.service import Service


def _dynamodb(c: Charges) -> None:
    written = write_units(
        c.number("item_kb"),
        transactional=bool(c.number("transactional_writes")),
        unit_kb=c.fact("write_unit"),
    )
    read = read_units(
        c.number_or("read_kb", c.number("item_kb")),
        consistency=c.text("consistency"),
        unit_kb=c.fact("read_unit"),
    )
    writes = c.number("writes") * written * (1 + c.number("indexes"))
    if c.text("mode") == "on_demand":
        c.add("Writes", writes + c.number("write_units"), "price.wru")
        c.add("Reads", c.number("reads") * read + c.number("read_units"), "price.rru")
    else:
        for field in ("writes", "reads", "write_units", "read_units"):
            if c.given(field):
                c.fail(field, expected="write_capacity and read_capacity in provisioned mode")
        c.add("Write capacity", c.number("write_capacity") * c.hours, "price.wcu_h", at_rest=True)
        c.add("Read capacity", c.number("read_capacity") * c.hours, "price.rcu_h", at_rest=True)
    c.add("Replicated writes", c.number("replicated_write_units"), "price.rwru")
    stored = 0.0
    if c.number("items"):
        item_kb = c.number("item_kb") + c.fact("storage_overhead") / 1024
        stored = c.number("items") * item_kb / c.fact("price.kb_per_gb")
    c.add(
        "Storage",
        stored + c.number("storage_gb"),
        "price.storage_gb_mo",
        at_rest=True,
        free=("storage", "price.free_storage_gb"),
    )
    c.add("Point-in-time recovery", c.number("pitr_gb"), "price.pitr_gb_mo", at_rest=True)
    c.add("Backups", c.number("backup_gb"), "price.backup_gb_mo", at_rest=True)
    c.add("Restored", c.number("restored_gb"), "price.restore_gb")
    c.add("Stream reads", c.number("stream_reads"), "price.streams_rru")


DYNAMODB = Service(
    name="dynamodb",
    title="DynamoDB",
    facts_of="dynamodb",
    fields=(
        choice("mode", "how capacity is paid", "on_demand", "provisioned"),
        number("item_kb", "size of an item", default=1),
        count("writes", "items written"),
        flag("transactional_writes", "in transactions, which count twice"),
        number("indexes", "secondary indexes that a write changes too"),
        count("reads", "items read, or queries"),
        number("read_kb", "KB that one reads; default: an item", default=None),
        choice("consistency", "of reads", "eventual", "strong", "transactional"),
        count("write_units", "write request units, if you know them"),
        count("read_units", "read request units, if you know them"),
        number("write_capacity", "WCU, on average (provisioned)"),
        number("read_capacity", "RCU, on average (provisioned)"),
        count("replicated_write_units", "write units of global tables, over all other regions"),
        count("items", "items stored"),
        number("storage_gb", "or: data stored"),
        number("pitr_gb", "data with point-in-time recovery"),
        number("backup_gb", "backups kept"),
        number("restored_gb", "data restored"),
        count("stream_reads", "reads of the table's stream; those of Lambda cost nothing"),
    ),
    free=("storage",),
    charge=_dynamodb,
)

_CLASSES = (
    "standard",
    "intelligent_tiering",
    "standard_ia",
    "one_zone_ia",
    "glacier",
    "deep_archive",
)


def _s3(c: Charges) -> None:
    kind = c.text("class")
    stem = "price" if kind == "standard" else f"price.{kind}"
    c.add("Storage", c.number("storage_gb"), f"{stem}.storage_gb_mo", at_rest=True)
    c.add(
        "Storage, infrequent",
        c.number("infrequent_gb"),
        f"{stem}.infrequent_gb_mo",
        at_rest=True,
    )
    c.add(
        "Monitored objects",
        c.number("monitored_objects"),
        f"{stem}.monitoring_1k",
        at_rest=True,
    )
    c.add("Writes", c.number("put_requests"), f"{stem}.put_1k")
    c.add("Reads", c.number("get_requests"), f"{stem}.get_1k")
    c.add("Transitions", c.number("transitions"), f"{stem}.transition_1k")
    c.add("Retrieved", c.number("retrieved_gb"), f"{stem}.retrieval_gb")


S3 = Service(
    name="s3",
    title="S3",
    facts_of="s3",
    fields=(
        choice("class", "storage class", *_CLASSES),
        number("storage_gb", "data stored, on average"),
        count("put_requests", "PUT, COPY, POST and LIST requests"),
        count("get_requests", "GET and all other requests"),
        count("transitions", "objects moved to this class"),
        number("retrieved_gb", "data retrieved (infrequent access and archives)"),
        number("infrequent_gb", "data in the infrequent tier (intelligent tiering)"),
        number("monitored_objects", "objects watched (intelligent tiering)"),
    ),
    charge=_s3,
)


def _athena(c: Charges) -> None:
    scanned = c.number("scanned_tb")
    if c.number("queries"):
        query_mb = max(c.fact("price.minimum_mb"), c.number("query_mb"))
        scanned += c.number("queries") * query_mb / c.fact("price.mb_per_tb")
    c.add("Data scanned", scanned, "price.tb_scanned")


ATHENA = Service(
    name="athena",
    title="Athena",
    facts_of="athena",
    fields=(
        count("queries", "queries"),
        number("query_mb", "data that one scans; a minimum is billed"),
        number("scanned_tb", "or: data scanned"),
    ),
    charge=_athena,
)


def _glue(c: Charges) -> None:
    c.add("Jobs", c.number("job_hours") * c.number("dpus"), "price.dpu_h")
    c.add("Crawlers", c.number("crawler_dpu_hours"), "price.dpu_h")
    c.add(
        "Catalog objects",
        c.number("catalog_objects"),
        "price.catalog_100k_objects",
        at_rest=True,
        free=("catalog", "price.free_catalog_objects"),
    )
    c.add("Catalog requests", c.number("catalog_requests"), "price.catalog_1m_requests")


GLUE = Service(
    name="glue",
    title="Glue",
    facts_of="glue",
    fields=(
        number("job_hours", "hours that jobs run"),
        number("dpus", "DPU of a job; a G.1X worker is one, a G.2X two", default=10),
        number("crawler_dpu_hours", "DPU hours of crawlers"),
        count("catalog_objects", "tables, partitions and databases in the catalog"),
        count("catalog_requests", "requests to the catalog"),
    ),
    free=("catalog",),
    charge=_glue,
)


def _ecr(c: Charges) -> None:
    c.add("Storage", c.number("storage_gb"), "price.gb_mo", at_rest=True)


ECR = Service(
    name="ecr",
    title="ECR",
    facts_of="ecr",
    fields=(number("storage_gb", "images stored"),),
    charge=_ecr,
)

SERVICES = (DYNAMODB, S3, ATHENA, GLUE, ECR)
