"""FM601: a hot partition key."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm601_hot_partition_key import hot_partition_key
from hinagata.checks.thresholds import Thresholds
from tests.workbench.checks import template as t
from tests.workbench.checks.template import finding, findings, resource, said


def keys(*attributes: Any) -> list[dict[str, Any]]:
    """A key schema: partition key, then sort key."""
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(attributes, ("HASH", "RANGE"), strict=False)
    ]


def table(*attributes: Any, index: Any = None) -> dict[str, Any]:
    """A table with a key and perhaps an index."""
    indexes = [{"IndexName": "ByOther", "KeySchema": index}] if index else None
    more = {"GlobalSecondaryIndexes": indexes} if indexes else {}
    return t.template(Table=resource("DynamoDB::Table", KeySchema=keys(*attributes), **more))


FOUND = table("status", "id")
CLEAN = table("order_id", "status")
UNKNOWN = table(t.UNKNOWN, "id")


def test_finds_a_table_partitioned_by_its_status() -> None:
    """A status has few values, whatever the sort key."""
    found = finding(hot_partition_key, FOUND)

    assert (found.node.name, found.property) == ("Table", "KeySchema")
    assert "partitioned by status" in found.says


def test_is_content_with_a_key_of_many_values() -> None:
    """The status as sort key is fine."""
    assert said(hot_partition_key, CLEAN) == []


def test_says_nothing_of_an_unknown_key() -> None:
    """A name that is known only after the deployment is no finding."""
    assert t.unresolved(hot_partition_key, UNKNOWN)


def test_finds_an_index_partitioned_by_its_date() -> None:
    """An index throttles its table."""
    found = finding(hot_partition_key, table("id", index=keys("orderDate", "id")))

    assert found.property == "GlobalSecondaryIndexes.0.KeySchema"
    assert "the index ByOther is partitioned by orderDate" in found.says


@pytest.mark.parametrize(
    "name", ["type", "entityType", "event_type", "countryCode", "tenantId", "DAY", "SK_Date"]
)
def test_finds_names_that_end_in_a_word_of_few_values(name: str) -> None:
    """In whatever case the name is written."""
    assert findings(hot_partition_key, table(name, "id"))


@pytest.mark.parametrize(
    "name",
    [
        "pk",
        "PK",
        "id",
        "GSI1PK",
        "typed",
        "update",
        "userId",
        "dateOfBirthHash",
        "state",
        "holiday",
    ],
)
def test_leaves_out_names_that_say_nothing(name: str) -> None:
    """Words within words and generic names are no hint."""
    assert said(hot_partition_key, table(name, "id")) == []


def test_leaves_out_a_table_whose_items_share_no_value() -> None:
    """Without a sort key each has one of its own, as in the table of all tenants."""
    assert said(hot_partition_key, table("tenantId")) == []
    assert findings(hot_partition_key, table("id", index=keys("tenantId")))


def test_leaves_out_an_index_with_several_partition_attributes() -> None:
    """All of them spread it."""
    several = [
        {"AttributeName": "tenantId", "KeyType": "HASH"},
        {"AttributeName": "customerId", "KeyType": "HASH"},
    ]

    assert said(hot_partition_key, table("id", index=several)) == []


def test_takes_its_words_from_the_thresholds() -> None:
    """The list can be configured."""
    own = Thresholds(low_cardinality_words=("shop",))

    assert findings(hot_partition_key, table("shopId", "id"), thresholds=own)
    assert not findings(hot_partition_key, FOUND, thresholds=own)
