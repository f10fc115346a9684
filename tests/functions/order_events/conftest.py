"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from importlib import import_module
from unittest.mock import patch

import pytest

from tests.fakes.aws import KEYS
from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "INVOICES_TABLE_NAME": "invoices",
    "MESSAGES_TABLE_NAME": "messages",
    "POINTS_TABLE_NAME": "points",
}
_TABLES = ("invoices", "messages", "points", "reservations", "shipments")
KEYS.update(dict.fromkeys(_TABLES, ("event_id",)))

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in ("billing", "loyalty", "notifications"):
        import_module(f"order_events.{handler}")


@pytest.fixture(autouse=True)
def _tables_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("reservations", "shipments"):
        monkeypatch.setenv(f"{name.upper()}_TABLE_NAME", name)
