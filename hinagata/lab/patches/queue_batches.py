"""A queue's mapping waits for its batching window, and takes batches of more than ten.

The emulator stores MaximumBatchingWindowInSeconds and delivers at once, and cuts each batch to the
ten messages that one ReceiveMessage may return.
"""

import threading
import time
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def seconds_to_wait(visible_since: list[float], now: float, *, size: int, window: float) -> float:
    """Return how long a mapping still gathers messages; 0 when the batch is to go.

    Args:
        visible_since: when each message that can be received became so.
        now: the time.
        size: the mapping's batch size.
        window: its batching window, in seconds.

    Example:
        >>> seconds_to_wait([9.0, 9.5], 10.0, size=100, window=5.0)
        4.0
        >>> seconds_to_wait([9.0, 9.5], 10.0, size=2, window=5.0)
        0.0
    """
    if not visible_since or len(visible_since) >= size:
        return 0.0
    return max(0.0, min(visible_since) + window - now)


def _apply() -> None:
    queues = emulator_module("services.sqs")
    functions = emulator_module("services.lambda_svc")
    wake = emulator_module("core.concurrency").esm_wake

    def receive(url: str, number: int) -> Any:
        with queues._queues_lock:
            queue = queues._get_q(url)
            queues._expire_retained(queue)
            queues._dlq_sweep(queue)
            now, size = time.time(), int(number or 1)
            ready = [m["visible_at"] for m in queue["messages"] if m.get("visible_at", 0) <= now]
            window = _window(functions, queue["attributes"].get("QueueArn", ""))
            left = seconds_to_wait(ready, now, size=size, window=window)
            if left > 0:
                timer = threading.Timer(left, wake.set)
                timer.daemon = True
                timer.start()
                return []
            visibility = int(queue["attributes"].get("VisibilityTimeout", "30"))
            return queues._collect_msgs(queue, size, visibility)

    queues._receive_messages_for_esm = receive


def _window(functions: Any, queue_arn: str) -> float:
    """Return the batching window of the mapping that reads a queue."""
    for mapping in functions._esms.values():
        if mapping.get("EventSourceArn") == queue_arn:
            return float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    return 0.0


PATCH = Patch(
    name="queue-batches",
    promise="a queue's mapping gathers messages for its batching window, up to its batch size, "
    "which may be above ten",
    symbols=(
        "ministack.services.sqs:_receive_messages_for_esm",
        "ministack.services.sqs:_queues_lock",
        "ministack.services.sqs:_get_q",
        "ministack.services.sqs:_expire_retained",
        "ministack.services.sqs:_dlq_sweep",
        "ministack.services.sqs:_collect_msgs",
        "ministack.services.lambda_svc:_esms",
        "ministack.core.concurrency:esm_wake",
    ),
    apply=_apply,
)
