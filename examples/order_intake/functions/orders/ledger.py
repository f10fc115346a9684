"""Keeps the books of what was billed."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from pattern_runtime import Event, each_event

logger = Logger()


def enter(event: Event) -> None:
    """Say so in the log; raise, and the order comes again."""
    logger.info("entered", order=event.data)


handler = each_event(enter)
