"""Messages that are sent in a batch keep their system attributes, as the trace header.

The emulator keeps the MessageSystemAttributes of SendMessage and drops those of SendMessageBatch.
"""

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

# What is left of the batch that is being sent: the emulator sends its entries one by one, in order.
_entries: ContextVar[Iterator[Any] | None] = ContextVar("hinagata_batch_entries", default=None)


def _apply() -> None:
    queues = emulator_module("services.sqs")
    plain_batch, plain_send = queues._act_send_message_batch, queues._act_send_message

    def send_batch(data: Any, url: str) -> Any:
        token = _entries.set(iter(data.get("Entries", [])))
        try:
            return plain_batch(data, url)
        finally:
            _entries.reset(token)

    def send(data: Any, url: str) -> Any:
        entries = _entries.get()
        if entries is not None:
            attributes = next(entries).get("MessageSystemAttributes")
            data = {**data, "MessageSystemAttributes": attributes}
        return plain_send(data, url)

    queues._HANDLERS["SendMessageBatch"] = send_batch
    queues._HANDLERS["SendMessage"] = send
    queues._act_send_message = send


PATCH = Patch(
    name="batched-attributes",
    promise="a message that is sent in a batch keeps its system attributes",
    symbols=(
        "ministack.services.sqs:_HANDLERS",
        "ministack.services.sqs:_act_send_message",
        "ministack.services.sqs:_act_send_message_batch",
    ),
    apply=_apply,
)
