"""What a customer may order: the body of a request, and the event that it makes."""

from pattern_runtime import JsonObject, MalformedEventError, parse_json

ORDER_PLACED = "order.placed"
_MOST_YEN = 10_000_000
_MOST_NAME = 64


class InvalidOrderError(ValueError):
    """An order that cannot be taken, with the one thing to mend."""


def customer_source(customer_id: str) -> str:
    """Return the source of a customer's events.

    Raises:
        InvalidOrderError: No customer can have this id.
    """
    named = customer_id.replace("-", "").replace("_", "")
    if not (named.isascii() and named.isalnum() and len(customer_id) <= _MOST_NAME):
        raise InvalidOrderError(
            f"the customer id has to be 1 to {_MOST_NAME} letters, digits, hyphens and "
            f"underscores, not {customer_id[:_MOST_NAME]!r}"
        )
    return f"/customers/{customer_id}"


def read_order(customer_id: str, body: str | bytes) -> JsonObject:
    """Read the body of a request, into the data of an event.

    Args:
        customer_id: Who orders.
        body: JSON as in events/order.json.

    Raises:
        InvalidOrderError: The body is no order.
    """
    try:
        order = parse_json(body)
    except MalformedEventError as error:
        raise InvalidOrderError(f"the body cannot be read: {error}") from error
    if not isinstance(order, dict) or set(order) != {"item", "amount_yen"}:
        raise InvalidOrderError("the body has to be an object with item and amount_yen")
    item, amount = order["item"], order["amount_yen"]
    if not isinstance(item, str) or not 1 <= len(item) <= _MOST_NAME:
        raise InvalidOrderError(f"item has to be a text of 1 to {_MOST_NAME} characters")
    # A bool is an int in Python, but not in JSON.
    if isinstance(amount, bool) or not isinstance(amount, int) or not 1 <= amount <= _MOST_YEN:
        raise InvalidOrderError(f"amount_yen has to be a whole number from 1 to {_MOST_YEN}")
    return {"customer_id": customer_id, "item": item, "amount_yen": amount}
