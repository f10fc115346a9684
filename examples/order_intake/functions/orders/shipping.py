"""Ships what was billed."""

from __future__ import annotations

from aws_lambda_powertools import Logger

from pattern_runtime import Event, each_event

logger = Logger()


def ship(event: Event) -> None:
    """Say so in the log; raise, and the order comes again."""
    logger.info("shipped", order=event.data)


handler = each_event(ship)
