"""A pipe reads a queue, filters, and hands over to every kind of target.

The emulator runs pipes from the stream of a table to a topic or a state machine only, and says
nothing of a pipe from a queue, which then never moves a message. What is handed over is deleted
from the queue, and what is not comes back after its visibility timeout, up to the queue's
dead letters.
"""

import json
import threading
from typing import Any

from hinagata.lab.patches import destinations
from hinagata.lab.patches.destinations import UndeliverableError, hand_over
from hinagata.lab.patches.patch import Patch, emulator_module

DEFAULT_BATCH = 10


def _apply() -> None:
    pipes = emulator_module("services.pipes")
    handlers = emulator_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    resource = handlers["AWS::Pipes::Pipe"]
    plain_create, plain_update = resource["create"], resource["update"]
    plain_poll = pipes._poll_pipe
    spawn = emulator_module("core.concurrency").spawn_background
    busy: set[str] = set()  # the pipes that are being moved, by ARN
    lock = threading.Lock()

    def remember(name: str, properties: Any) -> None:
        record = pipes._pipes[name]
        record["SourceParameters"] = properties.get("SourceParameters") or {}
        record["TargetParameters"] = properties.get("TargetParameters") or {}

    def create(logical_id: str, properties: Any, stack: str) -> Any:
        name, attributes = plain_create(logical_id, properties, stack)
        remember(name, properties)
        return name, attributes

    def update(name: str, old: Any, new: Any, *args: Any, **kwargs: Any) -> Any:
        name, attributes = plain_update(name, old, new, *args, **kwargs)
        remember(name, new)
        return name, attributes

    def poll(tables: Any, pipe: Any, account: str) -> None:
        if ":sqs:" not in pipe.get("Source", ""):
            plain_poll(tables, pipe, account)
            return
        with lock:
            if pipe.get("CurrentState") != "RUNNING" or pipe["Arn"] in busy:
                return
            busy.add(pipe["Arn"])
        spawn(move, pipe, thread_name="ministack-pipe")

    def move(pipe: Any) -> None:
        try:
            _from_queue(pipe)
        finally:
            with lock:
                busy.discard(pipe["Arn"])

    resource.update(create=create, update=update)
    pipes._poll_pipe = poll


def _from_queue(pipe: dict[str, Any]) -> None:
    queues = emulator_module("services.sqs")
    functions = emulator_module("services.lambda_svc")
    *_, account, name = pipe["Source"].split(":")
    url = queues._queue_url_for_account(account, name)
    if url not in queues._queues:
        return
    settings = pipe.get("SourceParameters", {})
    batch = int(settings.get("SqsQueueParameters", {}).get("BatchSize") or DEFAULT_BATCH)
    while messages := queues._receive_messages_for_esm(url, batch):
        records = {message["receipt_handle"]: _as_record(message, pipe) for message in messages}
        kept = functions._apply_filter_criteria(list(records.values()), settings)
        try:
            failed = _hand_on(pipe, kept)
        except UndeliverableError:
            return
        done = {handle for handle, each in records.items() if each["messageId"] not in failed}
        queues._delete_messages_for_esm(url, done)


def _as_record(message: dict[str, Any], pipe: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": {
            "ApproximateReceiveCount": str(message["receive_count"]),
            "SentTimestamp": message["sys"]["SentTimestamp"],
            "SenderId": message["sys"]["SenderId"],
            "ApproximateFirstReceiveTimestamp": str(int(message["first_receive_at"] * 1000)),
        },
        "messageAttributes": message["message_attributes"],
        "md5OfBody": message["md5_body"],
        "eventSource": "aws:sqs",
        "eventSourceARN": pipe["Source"],
        "awsRegion": pipe["Source"].split(":")[3],
    }


def _hand_on(pipe: dict[str, Any], records: list[dict[str, Any]]) -> frozenset[str]:
    """Hand a batch over, as one to what takes lists, and return the ids of those that failed."""
    target, parameters = pipe["Target"], pipe.get("TargetParameters", {})
    service = target.split(":")[2]
    if not records:
        return frozenset()
    if service == "lambda":
        return _invoke(target, records)
    if service == "states":
        hand_over(target, json.dumps(records))
        return frozenset()
    bus = parameters.get("EventBridgeEventBusParameters", {})
    for record in records:
        hand_over(
            target,
            json.dumps(record),
            group=parameters.get("SqsQueueParameters", {}).get("MessageGroupId", ""),
            partition_key=parameters.get("KinesisStreamParameters", {}).get("PartitionKey", ""),
            event={
                "Source": bus.get("Source") or f"Pipe {pipe['Name']}",
                "DetailType": bus.get("DetailType") or "Event from aws:sqs",
            },
        )
    return frozenset()


def _invoke(arn: str, records: list[dict[str, Any]]) -> frozenset[str]:
    """Have a function process a batch; as a target of a pipe it is waited for."""
    functions = emulator_module("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(arn)
    if not record or not config:
        raise UndeliverableError("NO_RESOURCE", f"the function {arn} does not exist")
    result = functions._execute_function(record, records)
    if result.get("error"):
        raise UndeliverableError("FUNCTION_ERROR", f"the function {arn} failed")
    body = result.get("body")
    failures = body.get("batchItemFailures", []) if isinstance(body, dict) else []
    return frozenset(failure.get("itemIdentifier", "") for failure in failures)


PATCH = Patch(
    name="pipe-sources",
    promise="a pipe from a queue moves its messages, filtered, and leaves what its target refuses "
    "to the queue's dead letters",
    symbols=(
        "ministack.services.pipes:_poll_pipe",
        "ministack.services.pipes:_pipes",
        "ministack.services.sqs:_queues",
        "ministack.services.sqs:_receive_messages_for_esm",
        "ministack.services.sqs:_delete_messages_for_esm",
        "ministack.services.lambda_svc:_apply_filter_criteria",
        "ministack.services.lambda_svc:_execute_function",
        "ministack.core.concurrency:spawn_background",
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
