"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from importlib import import_module
from unittest.mock import patch

from tests.fakes.aws import KEYS
from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "ALBUM_BUCKET_NAME": "album",
    "DEVELOPMENT_STATE_MACHINE_ARN": "arn:aws:states:::stateMachine:development",
    "ENTRIES_TABLE_NAME": "entries",
    "PHOTOS_TAKEN_TOPIC_ARN": "arn:photos",
}
KEYS.update(
    {
        "entries": ("event_id", "change"),
    }
)

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in ("catalogue", "develop", "steps", "take"):
        import_module(f"trace_lake.{handler}")
