"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from importlib import import_module
from unittest.mock import patch

from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "CURRENT_TABLE_NAME": "current",
    "REGISTER_TABLE_NAME": "register",
}

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in ("ingest", "screen"):
        import_module(f"hvac_platform.{handler}")
