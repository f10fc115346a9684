"""What a message is called: by its sender, the same at each try and on each hop.

That is the id of its CloudEvents envelope, wherever that lies. A message without one goes by the
name that the service gives it, which stays the same at each try.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

ID_HEADER = "idempotency-key"


def identity_of_record(record: Mapping[str, Any]) -> str:
    """Return the id of one record of a batch: from SQS, Kinesis, DynamoDB streams or SNS."""
    match record.get("eventSource") or record.get("EventSource"):
        case "aws:sqs":
            return identity_of_text(record["body"]) or str(record["messageId"])
        case "aws:kinesis":
            data = base64.b64decode(record["kinesis"]["data"]).decode(errors="replace")
            return identity_of_text(data) or str(record["kinesis"]["sequenceNumber"])
        case "aws:sns":
            return identity_of_text(record["Sns"]["Message"]) or str(record["Sns"]["MessageId"])
    return str(record.get("eventID", ""))


def identity_of_event(event: object) -> str:
    """Return the id of an event that comes alone; empty if it tells none.

    That is one that a function is invoked with, from a bus, a workflow's, or an API's request.
    """
    if not isinstance(event, dict):
        return ""
    for inside in (event, event.get("detail"), event.get("input")):
        if isinstance(inside, dict) and "specversion" in inside and "id" in inside:
            return str(inside["id"])
    headers = event.get("headers")
    named = identity_of_request(headers) if isinstance(headers, dict) else ""
    return named or str(event.get("id", ""))


def identity_of_request(headers: Mapping[str, str]) -> str:
    """Return the id that a request's headers give it, which stays at each try; empty for none."""
    return next((value for name, value in headers.items() if name.lower() == ID_HEADER), "")


def identity_of_text(text: str) -> str:
    """Return the id of the envelope that a text is or wraps; empty if it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    if value.get("Type") == "Notification" and isinstance(value.get("Message"), str):
        return identity_of_text(value["Message"])
    if "specversion" in value and "id" in value:
        return str(value["id"])
    detail = value.get("detail")
    if isinstance(detail, dict) and "specversion" in detail and "id" in detail:
        return str(detail["id"])
    return ""


def item_identifier(record: Mapping[str, Any]) -> str:
    """Return the name by which a partial batch response calls a record."""
    match record.get("eventSource"):
        case "aws:kinesis":
            return str(record["kinesis"]["sequenceNumber"])
        case "aws:dynamodb":
            return str(record["dynamodb"]["SequenceNumber"])
    return str(record["messageId"])
