"""A bill: one account's meters, what is free, what is paid at rest, what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.facts import FactError, Facts
from hinagata.planner import price
from hinagata.planner.pricing.services import SERVICES

M = 1_000_000


def test_tiers_count_once_for_all_resources() -> None:
    """Two APIs share the tiers of the account: together they cost what one would."""
    together = price({"apigateway_rest": {"All": {"requests": 666 * M}}})
    apart = price({"apigateway_rest": {name: {"requests": 333 * M} for name in ("One", "Two")}})

    assert apart.total == pytest.approx(together.total)
    assert [item.charges[0].price.key for item in apart.items] == [
        "price.rest.tier1",
        "price.rest.tier2",
    ]


def test_what_is_free_is_granted_once() -> None:
    """The second function finds nothing free that the first has used up."""
    usage = {"requests": 800_000, "duration_ms": 1}
    estimate = price({"lambda": {"One": usage, "Two": usage}}, free_tier=True)

    assert [item.free for item in estimate.items if item.name == "Requests"] == [800_000, 200_000]


def test_nothing_is_free_unless_asked() -> None:
    """A resource, the file or the command line asks; the last of them wins."""
    usage = {"requests": M, "duration_ms": 100, "memory_mb": 1024}
    paid = 0.20 + M * 0.1 * 0.0000166667

    assert price({"lambda": {"F": usage}}).total == pytest.approx(paid)
    assert price({"free_tier": True, "lambda": {"F": usage}}).total == 0
    assert price({"lambda": {"F": usage | {"free_tier": ["requests"]}}}).total == pytest.approx(
        paid - 0.20
    )
    assert price({"free_tier": True, "lambda": {"F": usage}}, free_tier=False).total == (
        pytest.approx(paid)
    )


def test_hours_and_storage_are_paid_at_rest() -> None:
    """A gateway's hours are, its data is not; a waiting consumer's requests are."""
    estimate = price(
        {
            "nat_gateway": {"Zone": {"data_gb": 100}},
            "sqs": {"Queue": {"messages": M, "pollers": 5}},
        }
    )

    assert estimate.at_rest == pytest.approx(32.85 + 5 * 730 * 180 * 0.4 / M)
    assert estimate.total > estimate.at_rest


def test_tasks_are_paid_at_rest_and_jobs_are_not() -> None:
    """A service's tasks run without traffic; a job's run for it, a minute at least."""
    usage = {"tasks": 1, "runs": 60, "run_seconds": 5, "vcpu": 1, "memory_gb": 1}
    estimate = price({"fargate": {"Both": usage}})

    assert estimate.at_rest == pytest.approx(730 * (0.04048 + 0.004445))
    assert estimate.total - estimate.at_rest == pytest.approx(0.04048 + 0.004445)


def test_a_million_events_cost_their_share() -> None:
    """All costs, at rest too, over the events that the usage is for."""
    estimate = price({"events": "10/s", "nat_gateway": {"Zone": {}}})

    assert estimate.per_million_events == pytest.approx(32.85 / (10 * 730 * 3600) * M)
    assert price({"nat_gateway": {"Zone": {}}}).per_million_events is None


def test_the_drivers_make_up_most_of_the_total() -> None:
    """The dearest first, until they reach four fifths."""
    estimate = price(
        {
            "nat_gateway": {"Zones": {"gateways": 2}},
            "kms": {"Key": {}},
            "public_ipv4": {"Addresses": {"addresses": 4}},
        }
    )

    assert [item.service for item in estimate.drivers] == ["NAT gateway"]


def test_requests_follow_from_messages() -> None:
    """Sends, receives and deletes by their batches; a batch is billed by its size."""
    estimate = price(
        {
            "sqs": {
                "Queue": {
                    "messages": M,
                    "message_kb": 20,
                    "send_batch": 10,
                    "receive_batch": 10,
                    "delete_batch": 10,
                    "receives": 1.5,
                }
            }
        }
    )

    assert {item.name: item.quantity for item in estimate.items} == {
        "Sends": 400_000,
        "Receives": 600_000,
        "Deletes": 100_000,
    }


def test_an_item_is_written_in_units() -> None:
    """2.5 KB are three write units, six in a transaction, each index as many again."""
    usage = {"writes": 100, "item_kb": 2.5, "transactional_writes": True, "indexes": 1}
    estimate = price({"dynamodb": {"Table": usage}})

    assert estimate.items[0].quantity == 100 * 3 * 2 * 2


@pytest.mark.parametrize("region", ["us-east-1", "ap-northeast-1"])
def test_the_usual_services_have_prices_in_both_regions(region: str) -> None:
    """What most event-driven systems use can be priced in Virginia and in Tokyo."""
    estimate = price(
        {
            "lambda": {"F": {"requests": M, "duration_ms": 100}},
            "apigateway_rest": {"A": {"requests": M, "internet_out_kb": 1}},
            "apigateway_http": {"A": {"requests": M}},
            "alb": {"A": {"capacity_units": 1}},
            "fargate": {"A": {"tasks": 1, "vcpu": 1, "memory_gb": 2, "architecture": "arm"}},
            "sqs": {"A": {"messages": M}},
            "sns": {"A": {"publishes": M, "sqs_or_lambda": M}},
            "kinesis": {"A": {"records": M, "record_kb": 1}},
            "firehose": {"A": {"records": M, "record_kb": 1}},
            "dynamodb": {"A": {"writes": M, "reads": M, "storage_gb": 1}},
            "s3": {"A": {"storage_gb": 1, "put_requests": M, "get_requests": M}},
            "step_functions": {"A": {"transitions": M}},
            "eventbridge": {"A": {"custom_events": M}},
            "cloudwatch": {"A": {"logs_gb": 1, "stored_logs_gb": 1, "metrics": 1, "alarms": 1}},
            "xray": {"A": {"traces": M}},
            "nat_gateway": {"A": {"data_gb": 1}},
            "vpc_endpoint": {"A": {"data_gb": 1}},
            "public_ipv4": {"A": {}},
            "kms": {"A": {"requests": M}},
            "secrets_manager": {"A": {"requests": M}},
            "waf": {"A": {"rules": 1, "requests": M}},
            "athena": {"A": {"queries": 100, "query_mb": 1000}},
            "data_transfer": {"A": {"internet_gb": 1, "cross_zone_gb": 1, "cross_region_gb": 1}},
        },
        region=region,
    )

    assert all(item.amount > 0 for item in estimate.items if "SQS and" not in item.name)
    assert {fact.region for fact in estimate.facts} == {region, "any"}


@pytest.mark.parametrize(
    ("usage", "named"),
    [
        ({"fargate": {"A": {"tasks": 1, "vcpu": 1, "memory_gb": 2, "spot": True}}}, "x86.spot"),
        ({"sns": {"A": {"sms": 100}}}, "sns/price.sms"),
        ({"iot": {"A": {"rule_actions": 100}}}, "iot/price.rule_action"),
    ],
)
def test_fails_on_a_price_that_is_missing(usage: dict[str, object], named: str) -> None:
    """It is named, never taken as zero."""
    with pytest.raises(FactError, match="no fact") as error:
        price(usage)

    assert named in str(error.value)


def test_a_missing_price_may_be_given() -> None:
    """A spot price of one's own makes the same usage priced."""
    spot = {
        f"price.{key}.x86.spot": {"value": value, "unit": "h", "per": 1, "source": "spot page"}
        for key, value in (("vcpu_h", 0.0125), ("gb_h", 0.0014))
    }
    usage = {"fargate": {"A": {"tasks": 1, "vcpu": 1, "memory_gb": 2, "spot": True}}}

    assert price(usage, facts={"fargate": spot}).total == pytest.approx(730 * (0.0125 + 0.0028))
    assert price(usage, facts=Facts({"fargate": spot})).unverified == ()


def test_fails_beyond_the_last_tier_that_is_known() -> None:
    """More than Infracost and AWS's page say of Tokyo's endpoints has no price."""
    with pytest.raises(FactError, match=r"tier2 .*the price above 1,000,000 GB a month"):
        price({"vpc_endpoint": {"A": {"data_gb": 2e6}}}, region="ap-northeast-1")


def test_what_nobody_checked_is_marked() -> None:
    """An item on an unverified price says so, and the estimate names it."""
    estimate = price({"firehose": {"Lake": {"data_gb": 100}}})

    assert [item.verified for item in estimate.items] == [False]
    assert [fact.name for fact in estimate.unverified] == ["firehose/price.ingest.tier1"]


def test_what_does_not_move_the_meter_costs_nothing_much() -> None:
    """A quantity that a float loses beside the month's is charged where that stands."""
    usage = {"Large": {"requests": 1e12}, "Small": {"requests": 1e-9}}
    large, small = (item for item in price({"lambda": usage}).items if item.name == "Requests")

    assert large.amount == pytest.approx(200_000)
    assert small.amount == pytest.approx(1e-9 * 0.2 / 1e6)


def test_absurd_amounts_have_an_answer() -> None:
    """A million times a thousand million devices cost a finite sum, nothing costs nothing."""
    assert price({"lambda": {"F": {"requests": 1e15, "duration_ms": 1e6}}}).total < 1e30
    assert price({"lambda": {"F": {"requests": 0, "duration_ms": 0}}}).total == 0


def test_fails_on_a_stream_beyond_all_bounds() -> None:
    """One sentence says that no stream is so large."""
    with pytest.raises(HinagataError, match=r"^kinesis: no stream is so large: .*; say shards$"):
        price({"kinesis": {"S": {"records": 1e18, "record_kb": 1e18}}})


WRONG = {
    "an unknown service": (
        "lamda:\n  F: {}\n",
        ":1: lamda: found a service or setting that is not known; expected one of",
    ),
    "an unknown field": (
        "lambda:\n  F: {request: 1}\n",
        ":2: lambda.F.request: found a field that is not known; expected one of",
    ),
    "a negative count": (
        "lambda:\n  F: {requests: -1}\n",
        ':2: lambda.F.requests: found "-1"; expected a number a month from 0 to 1e+18, or a rate',
    ),
    "a count that is no number": (
        "lambda:\n  F: {requests: .nan}\n",
        ':2: lambda.F.requests: found ".nan"; expected a number a month',
    ),
    "a count without end": (
        "lambda:\n  F: {requests: 1e999}\n",
        ':2: lambda.F.requests: found "1e999"; expected a number a month',
    ),
    "a size with a unit": (
        "lambda:\n  F: {memory_mb: 1 GB}\n",
        ':2: lambda.F.memory_mb: found "1 GB"; expected a number from 0 to 1e+18',
    ),
    "another word": (
        "lambda:\n  F:\n    architecture: amd\n",
        ':3: lambda.F.architecture: found "amd"; expected one of x86, arm (did you mean arm?)',
    ),
    "what must be there": (
        "fargate:\n  F: {vcpu: 1}\n",
        ":2: fargate.F: found no memory_gb; expected these fields too",
    ),
    "a name twice": (
        "lambda:\n  F: {}\n  F: {}\n",
        ":3: lambda.F: found a second one; expected each name once",
    ),
    "a list": ("lambda: [1]\n", ":1: lambda: found a list; expected a mapping of names to values"),
    "nothing": ("", ":1: found an empty file; expected a usage"),
    "no resource": ("region: us-east-1\n", ":1: found no resource; expected at least one, of one"),
    "lists without end": ("lambda: " + "[" * 20_000, ": found values nested without end"),
    "a character that YAML has not": ("lambda: \0", ": found text that is not YAML"),
    "no YAML": ("lambda: [\n", ": found text that is not YAML"),
    "hours that no month has": (
        "hours: 800\nkms: {K: {}}\n",
        ':1: hours: found "800"; expected the hours of a month, 1 to 744',
    ),
    "more than there is": (
        "lambda:\n  F: {requests: 1, provisioned_concurrency: 1, provisioned_requests: 2}\n",
        ':2: lambda.F.provisioned_requests: found "2"; expected at most the requests, 1',
    ),
    "a free part of another service": (
        "lambda:\n  F: {free_tier: [storage]}\n",
        ':2: lambda.F.free_tier: found "storage"; expected one of requests, duration, streaming',
    ),
    "aliases without end": (
        "lambda: &a\n  F: *a\n",
        ": lambda",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_fails_with_the_place_of_what_is_wrong(name: str, tmp_path: Path) -> None:
    """File, line, field, what was found and what is expected, in one sentence."""
    text, message = WRONG[name]
    file = tmp_path / "usage.yaml"
    file.write_text(text)
    with pytest.raises(HinagataError) as error:
        price(file)

    assert message in str(error.value)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_fails_on_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """None, a folder, one too large: one sentence each."""
    with pytest.raises(HinagataError, match="there is no such usage file"):
        price(tmp_path / "none.yaml")
    with pytest.raises(HinagataError, match="the usage file cannot be read"):
        price(tmp_path)
    (tmp_path / "large.yaml").write_text("#" * 300_000)
    with pytest.raises(HinagataError, match="found 300000 bytes; expected at most 262144"):
        price(tmp_path / "large.yaml")


def test_fails_on_a_mapping_as_on_a_file() -> None:
    """A mapping has no lines, and the same rules."""
    with pytest.raises(HinagataError, match=r'^usage: lambda.F.requests: found "nan"; expected a'):
        price({"lambda": {"F": {"requests": float("nan")}}})


def test_a_field_is_named_once() -> None:
    """No service has two fields of a name, and every default is one of its words."""
    for service in SERVICES.values():
        names = [field.name for field in service.fields]

        assert len(names) == len(set(names)), service.name
        assert all(field.meaning for field in service.fields)
