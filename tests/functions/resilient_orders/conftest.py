"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from importlib import import_module
from unittest.mock import patch

from tests.fakes.aws import KEYS
from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "CHARGES_TABLE_NAME": "charges",
    "ORDERS_QUEUE_URL": "https://sqs.test/orders",
    "ORDER_BOOK_TABLE_NAME": "order-book",
    "PAYMENT_BREAKER_RULES": (
        '{"failure_percent": 50, "minimum_calls": 4, "window_seconds": 30, "hold_seconds": 0,'
        ' "patience_seconds": 1, "drain_rate": 10}'
    ),
    "PAYMENT_BREAKER_STATE_MACHINE_ARN": "arn:aws:states:::stateMachine:payment-breaker",
    "PAYMENT_BREAKER_TABLE_NAME": "payment-breaker",
    "PAYMENT_PROVIDER_FUNCTION_NAME": "provider",
}
KEYS.update(
    {
        "order-book": ("event_id",),
    }
)

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in ("intake", "payment", "provider"):
        import_module(f"resilient_orders.{handler}")
