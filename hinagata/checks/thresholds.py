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


def reasons() -> dict[str, str]:
    """The reason of each threshold, by name."""
    return {each.name: each.metadata["reason"] for each in fields(Thresholds)}
