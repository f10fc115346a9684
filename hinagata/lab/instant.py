"""Instants as documents for programs write them: one form for all of them."""

from datetime import UTC, datetime


def instant(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC, to the microsecond.

    Args:
        seconds: since the epoch.

    Example:
        >>> instant(1769846400.25)
        '2026-01-31T08:00:00.250000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
