"""A queue's mapping, and what queues can do."""

from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import batches, handled, messages, shows
from tests.emulator.templates import attribute, deployed, function, ref, resource, role
from tests.polling import eventually


@shows("mapping-concurrency")
def test_a_mapping_runs_as_many_batches_at_once_as_it_may(
    patched: Endpoint, plain: Endpoint
) -> None:
    """Never more than the machine's limit, nor than the mapping's MaximumConcurrency."""
    code = """
        import time
        def handler(event, context):
            print('{"batch": ["%.3f", "%.3f"]}' % (time.time(), time.sleep(0.5) or time.time()))
    """
    at_once = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Queue": resource("SQS::Queue"),
                "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
                "Mapping": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("F"),
                    BatchSize=1,
                    ScalingConfig={"MaximumConcurrency": 3},
                ),
            },
        )
        for _ in range(6):
            endpoint.client("sqs").send_message(QueueUrl=names["Queue"], MessageBody="x")
        eventually(partial(handled, endpoint, names["Logs"], 6))
        spans = [(float(a), float(b)) for a, b in batches(endpoint, names["Logs"])]
        at_once[endpoint] = max(sum(a <= start < b for a, b in spans) for start, _ in spans)

    assert at_once[patched] <= 2 < at_once[plain] <= 3


@shows("queue-batches")
def test_a_mapping_gathers_messages_for_its_window(patched: Endpoint, plain: Endpoint) -> None:
    """Messages sent one by one are one batch, and a batch may have more than ten of them."""
    code = """
        def handler(event, context):
            print('{"batch": ["%d"]}' % len(event["Records"]))
    """
    sizes = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Role": role(),
                "Logs": resource("Logs::LogGroup"),
                "Queue": resource("SQS::Queue"),
                "F": function(code, LoggingConfig={"LogGroup": ref("Logs")}),
                "Mapping": resource(
                    "Lambda::EventSourceMapping",
                    EventSourceArn=attribute("Queue"),
                    FunctionName=ref("F"),
                    BatchSize=20,
                    MaximumBatchingWindowInSeconds=1,
                ),
            },
        )
        queues = endpoint.client("sqs")
        for _ in range(12):
            queues.send_message(QueueUrl=names["Queue"], MessageBody="x")
        eventually(partial(handled_records, endpoint, names["Logs"], 12))
        sizes[endpoint] = [int(size) for [size] in batches(endpoint, names["Logs"])]

    assert sizes[patched] == [12]
    assert len(sizes[plain]) > 1


def handled_records(endpoint: Endpoint, logs: str, number: int) -> bool:
    """Whether so many messages were handled."""
    return sum(int(size) for [size] in batches(endpoint, logs)) == number


@shows("batched-attributes")
def test_messages_of_a_batch_keep_their_system_attributes(
    patched: Endpoint, plain: Endpoint
) -> None:
    """Each its own: the trace header that was sent with it."""
    received = {}
    for endpoint in (patched, plain):
        names = deployed(endpoint, {"Queue": resource("SQS::Queue")})
        header = "Root=1-5759e988-bd862e3fe1be46a99427279"
        entries = [
            {
                "Id": digit,
                "MessageBody": digit,
                "MessageSystemAttributes": {
                    "AWSTraceHeader": {"DataType": "String", "StringValue": header + digit}
                },
            }
            for digit in "12"
        ]
        endpoint.client("sqs").send_message_batch(QueueUrl=names["Queue"], Entries=entries)
        received[endpoint] = [
            message["Attributes"].get("AWSTraceHeader", "")[-1:]
            for message in messages(endpoint, names["Queue"])
        ]

    assert received == {patched: ["1", "2"], plain: ["", ""]}


def queue_with_dead_letters(endpoint: Endpoint) -> dict[str, str]:
    """A queue whose messages are dead after one attempt, with two that are."""
    names = deployed(
        endpoint,
        {
            "DeadLetters": resource("SQS::Queue"),
            "Queue": resource(
                "SQS::Queue",
                VisibilityTimeout=0,
                RedrivePolicy={
                    "deadLetterTargetArn": attribute("DeadLetters"),
                    "maxReceiveCount": 1,
                },
            ),
        },
    )
    queues = endpoint.client("sqs")
    for body in "ab":
        queues.send_message(QueueUrl=names["Queue"], MessageBody=body)
    eventually(lambda: not queues.receive_message(QueueUrl=names["Queue"]).get("Messages"))
    return names


def arn_of(endpoint: Endpoint, queue_url: str) -> str:
    """The ARN of a queue."""
    attributes = endpoint.client("sqs").get_queue_attributes(
        QueueUrl=queue_url, AttributeNames=["QueueArn"]
    )
    return str(attributes["Attributes"]["QueueArn"])


@shows("message-move")
def test_dead_letters_go_back(patched: Endpoint, plain: Endpoint) -> None:
    """A task moves them to where they came from, as new messages, and says how many."""
    names = queue_with_dead_letters(patched)
    before = {message["MessageId"] for message in messages(patched, names["DeadLetters"])}
    queues, source = patched.client("sqs"), arn_of(patched, names["DeadLetters"])
    queues.start_message_move_task(SourceArn=source)

    def task() -> Any:
        found = queues.list_message_move_tasks(SourceArn=source)["Results"][0]
        return found["Status"] == "COMPLETED" and found

    assert eventually(task)["ApproximateNumberOfMessagesMoved"] == 2
    moved = messages(patched, names["Queue"])
    assert sorted(message["Body"] for message in moved) == ["a", "b"]
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in moved} == {"1"}
    assert not before.intersection(message["MessageId"] for message in moved)
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        queues.start_message_move_task(SourceArn=arn_of(patched, names["Queue"]))

    with pytest.raises(ClientError, match="not valid for this endpoint"):
        plain.client("sqs").start_message_move_task(SourceArn=source)


def test_a_move_can_be_slow_and_cancelled(patched: Endpoint) -> None:
    """At one message a second the second one stays when the task is cancelled."""
    names = queue_with_dead_letters(patched)
    queues, source = patched.client("sqs"), arn_of(patched, names["DeadLetters"])
    task = queues.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)
    with pytest.raises(ClientError, match="already a task running"):
        queues.start_message_move_task(SourceArn=source)
    cancelled = queues.cancel_message_move_task(TaskHandle=task["TaskHandle"])

    assert cancelled["ApproximateNumberOfMessagesMoved"] == 1
    assert len(messages(patched, names["DeadLetters"])) == 1
    newest = queues.list_message_move_tasks(SourceArn=source)["Results"][0]
    assert newest["Status"] == "CANCELLED"
