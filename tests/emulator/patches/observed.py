"""What a test of a patch looks at: answers, logs, queues."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from hinagata.lab.endpoint import Endpoint
from tests.emulator.templates import Resource, resource

ACCOUNT_CONCURRENCY = 10

Test = TypeVar("Test", bound=Callable[..., None])

# The patches of which some test shows both sides.
SHOWN: set[str] = set()


def shows(*patches: str) -> Callable[[Test], Test]:
    """Say of which patches a test shows that it is wrong without and right with them."""
    SHOWN.update(patches)
    return lambda test: test


def invoked(endpoint: Endpoint, name: str, event: Any = None) -> Any:
    """What a function answers."""
    answer = endpoint.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def logged(endpoint: Endpoint, group: str) -> list[Any]:
    """The JSON documents that a function has printed, oldest first."""
    pages = endpoint.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    events = [event for page in pages for event in page["events"]]
    return [json.loads(each["message"]) for each in events if each["message"].startswith("{")]


def batches(endpoint: Endpoint, group: str) -> list[list[str]]:
    """The batches that a consumer has seen."""
    return [document["batch"] for document in logged(endpoint, group)]


def handled(endpoint: Endpoint, logs: str, number: int) -> bool:
    """Whether so many batches were handled."""
    return len(batches(endpoint, logs)) >= number


def messages(endpoint: Endpoint, queue_url: str) -> list[dict[str, Any]]:
    """The messages that a queue has now, with all that is known of them."""
    received = endpoint.client("sqs").receive_message(
        QueueUrl=queue_url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=0,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    found: list[dict[str, Any]] = received.get("Messages", [])
    return found


def waiting(endpoint: Endpoint, queue_url: str) -> list[str]:
    """The bodies of the messages that a queue has now."""
    return [message["Body"] for message in messages(endpoint, queue_url)]


def stored(endpoint: Endpoint, bucket: str) -> list[tuple[str, Any]]:
    """The keys of the JSON objects in a bucket, and what is in them."""
    storage = endpoint.client("s3")
    keys = [each["Key"] for each in storage.list_objects_v2(Bucket=bucket).get("Contents", ())]
    return [
        (key, json.loads(storage.get_object(Bucket=bucket, Key=key)["Body"].read())) for key in keys
    ]


def forget_mapping(endpoint: Endpoint, mapping: str) -> None:
    """Stop a mapping that would go on for ever, and take the machine from the other tests."""
    endpoint.client("lambda").delete_event_source_mapping(UUID=mapping)


LOGS: Resource = resource("Logs::LogGroup")
