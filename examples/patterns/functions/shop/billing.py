"""Bills what was ordered."""

from aws_lambda_powertools import Logger

from pattern_runtime import Event, each_event

logger = Logger()


def bill(event: Event) -> None:
    """Write the bill; raise, and the order comes again."""
    logger.info("billed", order=event.data)


handler = each_event(bill)
