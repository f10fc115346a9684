"""A log group's subscription hands the lines that match to a delivery stream, which unpacks them.

The emulator stores a subscription whose destination is a delivery stream, and hands over nothing;
and of a delivery stream's processors it knows the function alone. Of filter patterns this knows
those that ask for a field of JSON, and those that are empty.

Formats: docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html.
"""

import base64
import gzip
import json
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

_FIELD = re.compile(r'\{\s*\$\.(\w+)\s*=\s*"\*"\s*\}')

Record = tuple[str, bytes]


def _apply() -> None:
    logs = emulator_module("services.cloudwatch_logs")
    firehose = emulator_module("services.firehose")
    plain_fan_out = logs._fanout_to_subscription_filters
    plain_processors = firehose._apply_lambda_processors
    plain_deliver = firehose._deliver_to_s3

    def fan_out(group: str, stream: str, events: Sequence[Mapping[str, Any]]) -> None:
        plain_fan_out(group, stream, events)
        known = (logs._log_groups.get(group) or {}).get("subscriptionFilters") or {}
        for each in known.values():
            destination = each.get("destinationArn", "")
            if ":deliverystream/" not in destination:
                continue
            wanted = [e for e in events if matches(each.get("filterPattern", ""), e["message"])]
            if wanted:
                body = wrapped(logs.get_account_id(), group, stream, each["filterName"], wanted)
                name = destination.partition(":deliverystream/")[2]
                data = base64.b64encode(body).decode()
                firehose._put_record({"DeliveryStreamName": name, "Record": {"Data": data}})

    def process(stream: Any, target: Any, records: Sequence[Record], **sinks: Any) -> Any:
        steps = processors(target.get("config") or {})
        return plain_processors(stream, target, unpacked(records, steps), **sinks)

    def deliver(stream: Any, target: Any, data: bytes, *args: Any) -> None:
        settings = target["config"]
        if settings.get("CompressionFormat") == "GZIP":
            suffix = {"FileExtension": f"{settings.get('FileExtension') or ''}.gz"}
            target, data = {**target, "config": {**settings, **suffix}}, gzip.compress(data)
        plain_deliver(stream, target, data, *args)

    logs._fanout_to_subscription_filters = fan_out
    firehose._apply_lambda_processors = process
    firehose._deliver_to_s3 = deliver


def matches(pattern: str, message: str) -> bool:
    """Return whether a filter pattern lets a line pass.

    Args:
        pattern: empty, or `{ $.field = "*" }`; what it does not know lets nothing pass.
        message: the line.
    """
    if not pattern.strip():
        return True
    field = _FIELD.fullmatch(pattern.strip())
    try:
        line = json.loads(message)
    except ValueError:
        return False
    return field is not None and isinstance(line, dict) and field[1] in line


def wrapped(
    account: str, group: str, stream: str, name: str, events: Iterable[Mapping[str, Any]]
) -> bytes:
    """Return what a subscription hands over: log events, wrapped and compressed.

    Args:
        account: of the log group.
        group: its name.
        stream: the log stream's.
        name: the subscription's.
        events: with `message` and `timestamp`.
    """
    now = int(time.time() * 1000)
    lines = [
        {"id": str(i), "timestamp": each.get("timestamp", now), "message": each["message"]}
        for i, each in enumerate(events)
    ]
    document = {
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [name],
        "logEvents": lines,
    }
    return gzip.compress(json.dumps(document).encode())


def processors(settings: Mapping[str, Any]) -> list[str]:
    """Return the types of the processors of a destination, in their order.

    Args:
        settings: of the destination.
    """
    processing = settings.get("ProcessingConfiguration") or {}
    if not processing.get("Enabled"):
        return []
    return [each["Type"] for each in processing.get("Processors") or []]


def unpacked(records: Sequence[Record], steps: Sequence[str]) -> list[Record]:
    """Return the records after Decompression, CloudWatchLogProcessing and AppendDelimiterToRecord.

    Args:
        records: id and data of each.
        steps: the types of the processors.
    """
    found = []
    end = b"\n" if "AppendDelimiterToRecord" in steps else b""
    for name, data in records:
        body = gzip.decompress(data) if "Decompression" in steps else data
        if "CloudWatchLogProcessing" in steps:
            messages = [each["message"] for each in json.loads(body)["logEvents"]]
            # One record for each of its lines in AWS too; here they stay one file.
            body = b"\n".join(message.strip().encode() for message in messages)
        found.append((name, body + end))
    return found


PATCH = Patch(
    name="log-delivery",
    promise="a log group's subscription hands lines to a delivery stream, which unpacks them and "
    "compresses its files",
    symbols=(
        "ministack.services.cloudwatch_logs:_fanout_to_subscription_filters",
        "ministack.services.cloudwatch_logs:_log_groups",
        "ministack.services.cloudwatch_logs:get_account_id",
        "ministack.services.firehose:_apply_lambda_processors",
        "ministack.services.firehose:_deliver_to_s3",
        "ministack.services.firehose:_put_record",
    ),
    apply=_apply,
)
