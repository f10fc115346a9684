"""What the tests of these handlers share: what their functions are told, and their tables."""

import os
from importlib import import_module
from unittest.mock import patch

from tests.functions.conftest import AWS_ENVIRONMENT

ENVIRONMENT = {
    **AWS_ENVIRONMENT,
    "JOBS_QUEUE_URL": "https://sqs.test/jobs",
    "PHONES_APPLICATION_ARN": "arn:aws:sns:ap-northeast-1:123456789012:app/GCM/phones",
    "PHONES_TABLE_NAME": "tokens",
}

# Handlers read their environment at import, once: here, before a test module imports one.
with patch.dict(os.environ, ENVIRONMENT):
    for handler in ("relay", "sender"):
        import_module(f"push_jobs.{handler}")
