"""Sending an event on: to a queue, a topic, a stream, a workflow, a bus or a function."""

import json
from hashlib import sha256
from typing import TypedDict

from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.events import Event
from pattern_runtime.trace import current_trace, onward_trace


def send_to_queue(url: str, event: Event, *, group: str | None = None) -> None:
    """Put the event on an SQS queue, under the trace that this code runs in.

    Args:
        url: The queue's.
        event: Its envelope becomes the message body.
        group: (FIFO) Events of one group stay in order; a repeated event is dropped for five
            minutes.
    """
    aws.client("sqs").send_message(
        QueueUrl=url,
        MessageBody=event.to_json(),
        **_in_order(event, group),
        # X-Ray joins sender and receiver by this attribute; it does not count as message size.
        # https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
        MessageSystemAttributes={
            "AWSTraceHeader": {"DataType": "String", "StringValue": current_trace(event.trace)}
        },
    )


def publish(topic_arn: str, event: Event, *, group: str | None = None) -> None:
    """Publish the event on an SNS topic.

    Args:
        topic_arn: The topic's.
        event: Its envelope becomes the message; its type also becomes the message attribute `type`,
            by which subscriptions filter.
        group: (FIFO) As of `send_to_queue`.
    """
    aws.client("sns").publish(
        TopicArn=topic_arn,
        Message=event.to_json(),
        **_in_order(event, group),
        MessageAttributes={"type": {"DataType": "String", "StringValue": event.type}},
    )


def put_record(stream: str, event: Event, partition_key: str) -> None:
    """Put the event on a Kinesis stream.

    Args:
        stream: The stream's name.
        event: Its envelope becomes the record's data.
        partition_key: Events of one key stay in order.
    """
    aws.client("kinesis").put_record(
        StreamName=stream, Data=event.to_json().encode(), PartitionKey=partition_key
    )


def start_workflow(arn: str, event: Event) -> None:
    """Start the workflow of an event; a repeated event starts none.

    Args:
        arn: The state machine's.
        event: Its envelope becomes the input.
    """
    # A name is taken for 90 days after its execution ends, and takes 80 letters and digits.
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    name = _digest(f"{event.source}\n{event.id}")
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=arn, name=name, input=event.to_json()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def invoke(function_name: str, event: Event) -> None:
    """Invoke a function with the event, and do not wait for it.

    Args:
        function_name: The function's name or ARN.
        event: Its envelope becomes the payload.
    """
    aws.client("lambda").invoke(
        FunctionName=function_name, InvocationType="Event", Payload=event.to_json().encode()
    )


class NotTakenError(Exception):
    """A bus answered, and did not take the event; it may later."""


def put_event(bus: str, event: Event) -> None:
    """Put the event on an EventBridge bus, under the trace that this code runs in.

    Args:
        bus: The bus' name.
        event: Its type and source are what rules match; the rest is the detail, of which the rules
            of `EventBus` make the envelope again.

    Raises:
        NotTakenError: The bus did not take it, e.g. because it is throttled.
    """
    detail = {"id": event.id, "trace": onward_trace(event.trace), "data": event.data}
    answer = aws.client("events").put_events(
        Entries=[
            {
                "EventBusName": bus,
                "Source": event.source,
                "DetailType": event.type,
                "Time": event.time,
                "TraceHeader": current_trace(event.trace),
                "Detail": json.dumps(detail, separators=(",", ":"), allow_nan=False),
            }
        ]
    )
    # It answers 200 all the same.
    if answer["FailedEntryCount"]:
        raise NotTakenError(f"the bus did not take it: {answer['Entries'][0].get('ErrorCode')}")


class _InOrder(TypedDict, total=False):
    MessageGroupId: str
    MessageDeduplicationId: str


def _in_order(event: Event, group: str | None) -> _InOrder:
    if group is None:
        return {}
    # Both take 128 letters, digits and marks, which ids and sources need not be.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    same = f"{event.source}\n{event.id}"
    return {"MessageGroupId": _digest(group), "MessageDeduplicationId": _digest(same)}


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
