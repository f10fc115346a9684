"""The numbers that checks compare with, each with its reason; a configuration may change any."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def threshold(default: Any, *, reason: str) -> Any:
    """Declares a threshold of `Thresholds` with its default and the reason for it."""
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """All thresholds, by name. Each field's metadata holds its reason."""

    visibility_per_timeout: float = threshold(
        6,
        reason="AWS advises a visibility timeout of six times the function's timeout, so that "
        "throttled batches are retried before their messages return "
        "(docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)",
    )
    attempts_along_a_chain: float = threshold(
        50,
        reason="two queues in a row with five receives each make 25 attempts, which is usual; a "
        "third one makes 125. AWS reckons with 243 for five layers of three tries, 'unlikely to "
        "ever recover' (aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter)",
    )
    account_concurrency: float = threshold(
        1000,
        reason="the default quota of concurrent executions of an account in a region; set what "
        "Service Quotas says of yours (docs.aws.amazon.com/lambda/latest/dg/"
        "gettingstarted-limits.html)",
    )
    unreserved_concurrency: float = threshold(
        100,
        reason="Lambda keeps this much for functions without a reservation and refuses one that "
        "would leave less (docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html)",
    )
    shared_stream_consumers: float = threshold(
        2,
        reason="the consumers of a stream share 2 MB/s of each shard, twice what is written to it "
        "at most; a DynamoDB stream is throttled by a third reader "
        "(docs.aws.amazon.com/streams/latest/dev/building-consumers.html, "
        "docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)",
    )
    subnet_use: float = threshold(
        0.5,
        reason="the share of a subnet's addresses that may be taken: when one of two zones is "
        "lost, its tasks start in the other (talk: addresses ran out on the connected car "
        "platform)",
    )
    fewest_receives: float = threshold(
        3,
        reason="AWS recommends 5 for Lambda and advises against 1 (docs.aws.amazon.com/lambda/"
        "latest/dg/services-sqs-configure.html); 3 and 4 are common and leave a retry after one "
        "receive that was throttled",
    )
    most_receives: float = threshold(
        100,
        reason="a message that failed a hundred times will fail again; with the default "
        "visibility timeout of 30 s these tries take 50 minutes, with one of 90 minutes six days",
    )
    low_cardinality_words: tuple[str, ...] = threshold(
        (
            "category",
            "country",
            "currency",
            "date",
            "day",
            "gender",
            "hour",
            "kind",
            "language",
            "locale",
            "month",
            "priority",
            "region",
            "severity",
            "status",
            "tenant",
            "type",
            "week",
            "year",
        ),
        reason="AWS names status codes and rounded dates as bad partition keys (docs.aws.amazon.com"
        "/amazondynamodb/latest/developerguide/bp-partition-key-uniform-load.html); the others "
        "have as few values. Not among them are words with another sense: state, level, flag",
    )
    most_tasks: float = threshold(
        500,
        reason="a tenth of what Amazon ECS allows in a service at all, 5,000 tasks: a ceiling "
        "above it is seldom one that somebody reckoned with "
        "(docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html)",
    )
    fewest_tasks: float = threshold(
        2,
        reason="one task is none while a zone is lost or a host is retired (talk: the connected "
        "car's gateway keeps two)",
    )
    keep_warm_s: float = threshold(
        300,
        reason="K. Nishitani, 'Tune Up AWS Lambda', Serverless Meetup Tokyo #2 (2017): steady "
        "requests or a ping about every five minutes keep an environment",
    )


def reasons() -> dict[str, str]:
    """The reason of each threshold, by name."""
    return {each.name: each.metadata["reason"] for each in fields(Thresholds)}
