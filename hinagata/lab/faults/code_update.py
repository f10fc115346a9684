"""A function's code is updated while it runs: what runs finishes on the old code, as on AWS.

The emulator ends the processes at work too, which would be a crash and no update.
"""

import threading
from typing import Any

from hinagata.lab.faults.board import Board
from hinagata.lab.patches.patch import emulator_module

SYMBOLS = (
    "ministack.core.lambda_runtime:_workers",
    "ministack.core.lambda_runtime:_lock",
    "ministack.core.lambda_runtime:kill_workers",
    "ministack.services.lambda_svc:invalidate_worker",
    "ministack.services.lambda_svc:release_worker",
)


def install(_board: Board) -> None:
    """Let the processes of functions in the emulator finish what they are at."""
    runtime = emulator_module("core.lambda_runtime")
    service = emulator_module("services.lambda_svc")
    plain_invalidate = service.invalidate_worker
    plain_release = service.release_worker
    leaving: set[Any] = set()
    lock = threading.Lock()

    def invalidate(*args: Any, **kwargs: Any) -> None:
        with runtime._lock:
            for key, workers in runtime._workers.items():
                at_work = [worker for worker in workers if worker.in_use]
                if at_work and _is_of(key, *args, **kwargs):
                    runtime._workers[key] = [each for each in workers if not each.in_use]
                    with lock:
                        leaving.update(at_work)
        plain_invalidate(*args, **kwargs)

    def release(worker: Any) -> None:
        plain_release(worker)
        with lock:
            left = worker in leaving
            leaving.discard(worker)
        if left:
            runtime.kill_workers([worker])

    service.invalidate_worker = invalidate
    service.release_worker = release


def _is_of(
    key: str,
    function: str,
    qualifier: str | None = None,
    account: str | None = None,
    region: str | None = None,
) -> bool:
    """Return whether a pool's key, `ACCOUNT:REGION:FUNCTION:QUALIFIER`, is meant by these."""
    wanted = (account, region, function, qualifier)
    return all(part in {None, own} for part, own in zip(wanted, key.split(":", 3), strict=True))
