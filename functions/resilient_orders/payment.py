"""Payment: charge each order once, as soon as the provider can.

The breaker is asked before each call, and counts how it ended; a provider that says no is well.
"""

from pattern_runtime import Event, aws, circuit_breaker, each_event, required, retried
from resilient_orders.provider_client import ProviderUnavailableError, charge

TABLE_NAME = required("ORDER_BOOK_TABLE_NAME")
BREAKER = circuit_breaker("PAYMENT_BREAKER")
# A short hiccup is over by the second try; what is longer is the breaker's and the queue's affair.
ATTEMPTS = 2
aws.prepare("dynamodb", "lambda")


def handle(event: Event) -> None:
    """Have the order paid, then write what came of it into the book."""
    accepted = retried(lambda: _charge(event), on=ProviderUnavailableError, attempts=ATTEMPTS)
    # A repeat writes the same again: the provider knows the order by the event's id.
    aws.client("dynamodb").put_item(
        TableName=TABLE_NAME,
        Item={
            "event_id": {"S": event.id},
            "customer_id": {"S": event.data["customer_id"]},
            "status": {"S": "paid" if accepted else "declined"},
            "amount_yen": {"N": str(event.data["amount_yen"])},
            "time": {"S": event.time_text},
        },
    )


def _charge(event: Event) -> bool:
    with BREAKER.call(counts=ProviderUnavailableError):
        return charge(event)


handler = each_event(handle)
