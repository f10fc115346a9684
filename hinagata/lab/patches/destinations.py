"""Hand something over to a resource of the emulator, from within: an ARN and a body.

What several patches need: destinations of functions and streams, dead letters, targets of rules
and pipes. A resource that is not there, or refuses, is an error that says so.
"""

import base64
import contextlib
import json
import time
from collections.abc import Mapping
from typing import Any

from hinagata.lab.patches.patch import emulator_module

# What this module calls; each patch that uses it names them among its own.
SYMBOLS = (
    "ministack.services.sqs:_queue_by_arn",
    "ministack.services.sqs:_queue_url_for_account",
    "ministack.services.sqs:_act_send_message",
    "ministack.services.sqs:_Err",
    "ministack.services.sns:publish_internal",
    "ministack.services.sns:SnsPublishError",
    "ministack.services.lambda_svc:_get_func_record_for_ref",
    "ministack.services.lambda_svc:_execution_record_for_config",
    "ministack.services.lambda_svc:invoke_async_with_retry",
    "ministack.services.stepfunctions:_start_execution",
    "ministack.services.eventbridge:_put_events",
    "ministack.services.kinesis:_put_record",
    "ministack.services.firehose:_put_record",
    "ministack.services.s3:_put_object",
    "ministack.core.responses:new_uuid",
)


class UndeliverableError(Exception):
    """The resource is gone, or refuses.

    Args:
        code: as EventBridge's `ERROR_CODE` has it.
        message: what happened.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def hand_over(
    arn: str,
    body: str,
    *,
    attributes: Mapping[str, str] | None = None,
    group: str = "",
    partition_key: str = "",
    key: str = "",
    event: Mapping[str, str] | None = None,
) -> None:
    """Give a body to a queue, topic, function, state machine, bus, stream or bucket.

    Args:
        arn: of the resource, a delivery stream's too, in the account and region of the scope.
        body: what it gets.
        attributes: message attributes, for a queue.
        group: the message group, for a FIFO queue or topic.
        partition_key: for a stream. Default: a random one.
        key: of the object, for a bucket.
        event: `Source` and `DetailType`, for a bus.

    Raises:
        UndeliverableError: it is gone, refuses, or is of a kind that is not known here.
    """
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    name = arn.split(":", 5)[-1]
    match service:
        case "sqs":
            _send(arn, body, attributes or {}, group)
        case "sns":
            _publish(arn, body, group)
        case "lambda":
            _invoke(arn, body)
        case "states":
            states = emulator_module("services.stepfunctions")
            _check(arn, states._start_execution({"stateMachineArn": arn, "input": body}))
        case "events":
            entry = {"EventBusName": arn, "Detail": body, **(event or {})}
            buses = emulator_module("services.eventbridge")
            _check(arn, buses._put_events({"Entries": [entry]}, allow_aws_source=True))
        case "kinesis":
            record = {
                "StreamName": name.removeprefix("stream/"),
                "Data": base64.b64encode(body.encode()).decode(),
                "PartitionKey": partition_key or emulator_module("core.responses").new_uuid(),
            }
            _check(arn, emulator_module("services.kinesis")._put_record(record))
        case "firehose":
            delivery = {
                "DeliveryStreamName": name.removeprefix("deliverystream/"),
                "Record": {"Data": base64.b64encode(body.encode()).decode()},
            }
            _check(arn, emulator_module("services.firehose")._put_record(delivery))
        case "s3":
            _put(name, key, body)
        case _:
            raise UndeliverableError("UNSUPPORTED", f"{arn} is nothing that can be handed to")


def hand_over_if_possible(arn: str, body: str, **how: Any) -> None:
    """Give a body to what takes failures, as `hand_over` does.

    If that is not possible the body is lost, as on AWS, where a metric tells of it.
    """
    with contextlib.suppress(UndeliverableError):
        hand_over(arn, body, **how)


def failure_key(*parts: str) -> str:
    """Return what Lambda calls the object of a failure.

    Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis data stream"
    and "Capturing records of Lambda asynchronous invocations".

    Args:
        parts: a mapping's id and its shard, or `async` and the function's name.
    """
    moment = time.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S", time.gmtime())
    unique = emulator_module("core.responses").new_uuid()
    return f"aws/lambda/{'/'.join(parts)}/{moment}-{unique}"


def _put(bucket: str, key: str, body: str) -> None:
    status, *_ = emulator_module("services.s3")._put_object(bucket, key, body.encode(), {})
    if status >= 400:
        code = "NO_RESOURCE" if status == 404 else "SDK_CLIENT_ERROR"
        raise UndeliverableError(code, f"the bucket {bucket} does not take {key}: {status}")


def _send(arn: str, body: str, attributes: Mapping[str, str], group: str) -> None:
    queues = emulator_module("services.sqs")
    queue = queues._queue_by_arn(arn)
    if queue is None:
        raise UndeliverableError("NO_RESOURCE", f"the queue {arn} does not exist")
    *_, account, name = arn.split(":")
    message: dict[str, Any] = {
        "MessageBody": body,
        "MessageAttributes": {
            key: {"DataType": "String", "StringValue": value}
            for key, value in attributes.items()
            if value
        },
    }
    if queue["is_fifo"]:
        message["MessageGroupId"] = group
        message["MessageDeduplicationId"] = emulator_module("core.responses").new_uuid()
    try:
        queues._act_send_message(message, queues._queue_url_for_account(account, name))
    except queues._Err as error:
        raise UndeliverableError("SDK_CLIENT_ERROR", f"{arn}: {error.message}") from error


def _publish(arn: str, body: str, group: str) -> None:
    topics = emulator_module("services.sns")
    try:
        published = topics.publish_internal(arn, body, message_group_id=group)
    except topics.SnsPublishError as error:
        raise UndeliverableError("SDK_CLIENT_ERROR", f"{arn}: {error}") from error
    if published is None:
        raise UndeliverableError("NO_RESOURCE", f"the topic {arn} does not exist")


def _invoke(arn: str, body: str) -> None:
    functions = emulator_module("services.lambda_svc")
    record, config, _ = functions._get_func_record_for_ref(arn)
    if not record or not config:
        raise UndeliverableError("NO_RESOURCE", f"the function {arn} does not exist")
    invoked = functions._execution_record_for_config(record, {**config, "FunctionArn": arn})
    functions.invoke_async_with_retry(invoked, json.loads(body))


def _check(arn: str, answer: tuple[int, Any, bytes]) -> None:
    status, _, content = answer
    document = json.loads(content or b"{}")
    if status >= 400:
        code = str(document.get("__type", ""))
        missing = "DoesNotExist" in code or "NotFound" in code
        message = str(document.get("message") or document.get("Message") or code)
        raise UndeliverableError(
            "NO_RESOURCE" if missing else "SDK_CLIENT_ERROR", f"{arn}: {message}"
        )
    if document.get("FailedEntryCount"):
        raise UndeliverableError("NO_RESOURCE", f"{arn}: {document['Entries'][0]['ErrorMessage']}")
