"""What a lake of logs costs follows from its traffic, its rules and what it is asked."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hinagata.facts import Facts
from hinagata.planner.assumptions import Assumptions
from hinagata.planner.deriving.derive import Derived, derive
from hinagata.scenario import Scenario
from tests.workbench.planner.shop import function, scenario, shop, source

SECONDS = 730 * 3600
DAYS = 730 / 24
GB = 1024**2  # in KB
# 100 orders a second, each with 0.3 KB of lines that pass: the assumption.
LINES_GB = 100 * SECONDS * 0.3 / GB
KEPT = {"ExpirationInDays": 400, "Status": "Enabled"}
MOVED = {"Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": 90}]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a type."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def lake(*rules: dict[str, Any], pattern: str = '{ $.span = "*" }', **hints: int) -> dict[str, Any]:
    """A lake of the lines that Orders prints, and what asks it."""
    destination = {
        "BucketARN": {"Fn::GetAtt": ["Lake", "Arn"]},
        "CompressionFormat": "GZIP",
        "BufferingHints": {"IntervalInSeconds": 300, "SizeInMBs": 128, **hints},
    }
    location = {"Fn::Join": ["", ["s3://", {"Ref": "Lake"}, "/spans/"]]}
    return {
        "Orders": function("Orders", Timeout=10, LoggingConfig={"LogGroup": {"Ref": "Lines"}}),
        "Lines": resource("Logs::LogGroup", RetentionInDays=30),
        "Passed": resource(
            "Logs::SubscriptionFilter",
            LogGroupName={"Ref": "Lines"},
            DestinationArn={"Fn::GetAtt": ["Stream", "Arn"]},
            FilterPattern=pattern,
        ),
        "Stream": resource(
            "KinesisFirehose::DeliveryStream", ExtendedS3DestinationConfiguration=destination
        ),
        "Lake": resource("S3::Bucket", LifecycleConfiguration={"Rules": list(rules)}),
        "Spans": resource("Glue::Database", DatabaseInput={"Name": "spans"}),
        "Table": resource(
            "Glue::Table",
            DatabaseName={"Ref": "Spans"},
            TableInput={"Name": "spans", "StorageDescriptor": {"Location": location}},
        ),
        "Workgroup": resource(
            "Athena::WorkGroup",
            Name="lake",
            WorkGroupConfiguration={"BytesScannedCutoffPerQuery": 100 * 1024**3},
        ),
        "Query": resource(
            "Athena::NamedQuery",
            Database={"Ref": "Spans"},
            WorkGroup={"Ref": "Workgroup"},
            QueryString="SELECT 1",
        ),
    }


def derived(
    *rules: dict[str, Any],
    traffic: Scenario | None = None,
    assumed: dict[str, object] | None = None,
    **changes: Any,
) -> Derived:
    """What a month comes to."""
    return derive(
        shop(**lake(*(rules or (KEPT,)), **changes)),
        traffic or scenario(),
        facts=Facts(),
        assumptions=Assumptions(assumed),
        region="us-east-1",
        hours=730,
    )


def usage(*rules: dict[str, Any], **changes: Any) -> Any:
    """The usage of a month."""
    return derived(*rules, **changes).usage


def test_a_subscription_hands_over_a_record_for_each_message() -> None:
    """Billed as 5 KB each, so gathering more of them in one is what makes it cheap."""
    one = usage()["firehose"]["Stream"]
    ten = usage(assumed={"messages_per_log_record": 10})["firehose"]["Stream"]

    assert one == {
        "records": pytest.approx(100 * SECONDS),
        "record_kb": pytest.approx(0.3),
    }
    assert ten["records"] == pytest.approx(one["records"] / 10)
    assert ten["record_kb"] == pytest.approx(3)


def test_a_filter_that_lets_all_lines_pass_hands_over_all() -> None:
    """An empty pattern is the whole log."""
    assert usage(pattern="")["firehose"]["Stream"]["record_kb"] == pytest.approx(0.5)


def test_the_bucket_keeps_what_came_for_as_long_as_its_rules_say() -> None:
    """Compressed, for 400 days: first as usual, after 90 days for infrequent access."""
    a_day = LINES_GB * 0.15 / DAYS

    whole = usage(KEPT)["s3"]
    parted = usage({**KEPT, **MOVED})["s3"]

    assert whole["Lake"]["storage_gb"] == pytest.approx(400 * a_day)
    assert "Lake, infrequent access" not in whole
    assert parted["Lake"]["storage_gb"] == pytest.approx(90 * a_day)
    assert parted["Lake, infrequent access"]["storage_gb"] == pytest.approx(310 * a_day)
    assert parted["Lake, infrequent access"]["class"] == "standard_ia"


def test_a_rule_for_some_objects_is_none_for_the_lake() -> None:
    """What is never deleted is shown as it is after a year."""
    kept = usage({**KEPT, "Prefix": "errors/"})["s3"]["Lake"]["storage_gb"]

    assert kept == pytest.approx(365 * LINES_GB * 0.15 / DAYS)


def test_files_come_by_the_clock_or_when_they_are_full() -> None:
    """Whatever comes first."""
    assert usage()["s3"]["Lake"]["put_requests"] == pytest.approx(SECONDS / 300)
    full = usage(SizeInMBs=1, IntervalInSeconds=900)["s3"]["Lake"]["put_requests"]
    assert full == pytest.approx(LINES_GB * 1024)


def test_a_query_reads_its_days_alone() -> None:
    """Three of them, unless one knows better; and the limit is told in days."""
    found = derived(assumed={"queried_days": 60, "queries": 7})
    (told,) = [note for note in found.notes if "days" in note]
    (asked,) = found.usage["athena"].values()  # type: ignore[attr-defined]

    assert asked["queries"] == 7
    assert asked["query_mb"] == pytest.approx(60 * 1024 * LINES_GB * 0.15 / DAYS)
    most = 100 / (LINES_GB * 0.15 / DAYS)
    assert f"a query may read {most:,.0f} days" in told


def test_what_wraps_the_lines_is_named_as_not_reckoned_with() -> None:
    """Firehose bills what it decompresses too."""
    assert derived().unpriced == ("Stream: the decompression of what log groups hand over",)


def test_a_lake_that_nothing_comes_to_costs_next_to_nothing() -> None:
    """No records, no files; a query is billed with the least that there is."""
    idle = usage(traffic=scenario(source(rate=0.0)))

    assert idle["firehose"]["Stream"].get("records", 0) == 0
    assert idle["s3"]["Lake"].get("storage_gb", 0) == 0
    assert math.isclose(idle["athena"]["Workgroup"]["queries"], 100)
    assert idle["glue"]["catalog"] == {"catalog_objects": 2}
