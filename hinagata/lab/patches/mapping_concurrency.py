"""A queue, or a shard, has no more batches at once than this machine can start workers for.

Each batch in flight has a worker process, and a cold start takes a core for a second. The five or
more that the emulator starts for each mapping keep a laptop busy with nothing else for half a
minute. So a mapping grows to the number of cores, unless `HINAGATA_LAB_MAPPING_CONCURRENCY` says
more. Its MaximumConcurrency is never exceeded; on AWS, which starts with five, it may be reached.
The lanes that a stream's mapping has for each shard are bounded alike.
"""

import os
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

LIMIT_VARIABLE = "HINAGATA_LAB_MAPPING_CONCURRENCY"


def most_at_once() -> int:
    """Return how many batches of a queue or a shard run at once, whatever their mapping says."""
    return int(os.environ.get(LIMIT_VARIABLE) or os.cpu_count() or 1)


def _apply() -> None:
    service = emulator_module("services.lambda_svc")
    plain_concurrency = service._sqs_esm_concurrency
    limit = most_at_once()

    def concurrency(*args: Any, **kwargs: Any) -> int:
        return min(limit, int(plain_concurrency(*args, **kwargs)))

    service._sqs_esm_concurrency = concurrency


PATCH = Patch(
    name="mapping-concurrency",
    promise="a queue's mapping, or a shard's, runs at most one batch a core of this machine at "
    "once, and never more than its MaximumConcurrency",
    symbols=("ministack.services.lambda_svc:_sqs_esm_concurrency",),
    apply=_apply,
)
