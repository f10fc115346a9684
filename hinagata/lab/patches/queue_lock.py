"""No message is lost between two threads of the emulator.

A queue's messages are a list. The emulator appends to it on its event loop and, when a batch is
done, replaces it from another thread by the list of those that stay; what was appended in between
is gone. Nothing on AWS loses a message that way, so every change of the list takes one lock.
"""

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

# The functions outside the actions of the API that read a queue's messages and write them back.
_IN_QUEUES = ("_expire_retained", "_dlq_sweep", "_collect_msgs")


def _apply() -> None:
    queues = emulator_module("services.sqs")
    topics = emulator_module("services.sns")
    functions = emulator_module("services.lambda_svc")
    lock = threading.RLock()  # the guarded functions call each other
    queues._queues_lock = lock

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with lock:
                return function(*args, **kwargs)

        return call

    for name in _IN_QUEUES:
        setattr(queues, name, guarded(getattr(queues, name)))
    for action, function in queues._HANDLERS.items():
        if not inspect.iscoroutinefunction(function):  # ReceiveMessage waits, and calls the above
            queues._HANDLERS[action] = guarded(function)
    topics._deliver_to_sqs = guarded(topics._deliver_to_sqs)
    functions._route_async_failure = guarded(functions._route_async_failure)


PATCH = Patch(
    name="queue-lock",
    promise="no message is lost between two threads that change a queue",
    symbols=(
        "ministack.services.sqs:_queues_lock",
        "ministack.services.sqs:_HANDLERS",
        *(f"ministack.services.sqs:{name}" for name in _IN_QUEUES),
        "ministack.services.sns:_deliver_to_sqs",
        "ministack.services.lambda_svc:_route_async_failure",
    ),
    apply=_apply,
)
