"""Queues, functions and streams' readers have metrics, and so has what a function logs.

The emulator has no metrics of queues, counts invocations of functions only for direct calls, and
takes a log line in CloudWatch's embedded metric format for text. So no alarm on a dead-letter
queue, on a function behind a queue, or on a metric of one's own can fire.

Metrics of queues are taken every second; AWS takes them every minute.
"""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

EVERY_SECONDS = 1.0


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    cloudwatch = emulator_module("services.cloudwatch")
    plain_execute = functions._execute_function
    plain_logs = functions._emit_lambda_logs

    def record(namespace: str, name: str, value: float, unit: str, **dimensions: str) -> None:
        cloudwatch.record_metric(namespace, name, value, unit, dimensions)

    def execute(function: Any, event: Any) -> Any:
        config = function.get("config") or function
        if functions._function_config_scope_mismatch(config):
            return plain_execute(function, event)  # which comes back here in the right scope
        name = str(config.get("FunctionName", ""))
        age = _iterator_age(event)
        if age is not None:
            record("AWS/Lambda", "IteratorAge", age, "Milliseconds", FunctionName=name)
            stream = event["Records"][0]["eventSourceARN"].rpartition("stream/")[2]
            if ":kinesis:" in event["Records"][0]["eventSourceARN"]:
                metric = "GetRecords.IteratorAgeMilliseconds"
                record("AWS/Kinesis", metric, age, "Milliseconds", StreamName=stream)
        started = time.time()
        result = plain_execute(function, event)
        throttled = bool(result.get("throttle"))
        record("AWS/Lambda", "Throttles", float(throttled), "Count", FunctionName=name)
        if not throttled:
            duration = (time.time() - started) * 1000
            failed = float(bool(result.get("error")))
            record("AWS/Lambda", "Invocations", 1.0, "Count", FunctionName=name)
            record("AWS/Lambda", "Errors", failed, "Count", FunctionName=name)
            record("AWS/Lambda", "Duration", duration, "Milliseconds", FunctionName=name)
        return result

    def logs(function: Any, request_id: str, text: str, *args: Any, **kwargs: Any) -> None:
        for namespace, name, value, unit, dimensions in embedded_metrics(text or ""):
            cloudwatch.record_metric(namespace, name, value, unit, dimensions)
        plain_logs(function, request_id, text, *args, **kwargs)

    functions._execute_function = execute
    functions._emit_lambda_logs = logs
    functions._emit_lambda_metrics = lambda *_, **__: None  # counted above, once, whoever calls
    emulator_module("core.concurrency").spawn_background(_watch_queues, thread_name="hinagata-sqs")


def _iterator_age(event: Any) -> float | None:
    """Return how old the newest record of a stream's batch is, in milliseconds."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records or not isinstance(records[-1], dict):
        return None
    newest = records[-1]
    arrived = (newest.get("kinesis") or {}).get("approximateArrivalTimestamp") or (
        newest.get("dynamodb") or {}
    ).get("ApproximateCreationDateTime")
    return None if arrived is None else max(0.0, (time.time() - float(arrived)) * 1000)


def embedded_metrics(
    text: str,
) -> Iterator[tuple[str, str, float, str, Mapping[str, str]]]:
    """Yield namespace, name, value, unit and dimensions of each metric that log lines hold.

    Format: CloudWatch user guide, "Specification: Embedded metric format".

    Args:
        text: lines; those that are no such document are passed over.
    """
    for line in text.splitlines():
        if not line.startswith("{") or '"_aws"' not in line:
            continue
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (json.JSONDecodeError, KeyError, TypeError):
            continue
        for directive in directives:
            for names in directive.get("Dimensions") or [[]]:
                dimensions = {name: str(document.get(name, "")) for name in names}
                for metric in directive.get("Metrics", []):
                    values = document.get(metric["Name"], [])
                    for value in values if isinstance(values, list) else [values]:
                        yield (
                            directive["Namespace"],
                            metric["Name"],
                            float(value),
                            metric.get("Unit", "None"),
                            dimensions,
                        )


def _watch_queues() -> None:
    queues = emulator_module("services.sqs")
    cloudwatch = emulator_module("services.cloudwatch")
    scope = emulator_module("core.responses").request_scope
    while True:
        time.sleep(EVERY_SECONDS)
        for (account, region, _), queue in queues._queues.all_items():
            name = str(queue["attributes"].get("QueueArn", "")).rpartition(":")[2]
            with scope(account, region):
                for metric, value in _of_queue(list(queue["messages"]), time.time()).items():
                    unit = "Seconds" if "Age" in metric else "Count"
                    cloudwatch.record_metric("AWS/SQS", metric, value, unit, {"QueueName": name})


def _of_queue(messages: list[Any], now: float) -> dict[str, float]:
    visible = sum(message.get("visible_at", 0) <= now for message in messages)
    waiting = sum(
        message.get("visible_at", 0) > now and not message.get("receive_count")
        for message in messages
    )
    return {
        "ApproximateNumberOfMessagesVisible": float(visible),
        "ApproximateNumberOfMessagesDelayed": float(waiting),
        "ApproximateNumberOfMessagesNotVisible": float(len(messages) - visible - waiting),
        "ApproximateAgeOfOldestMessage": max(
            (now - message.get("sent_at", now) for message in messages), default=0.0
        ),
    }


PATCH = Patch(
    name="service-metrics",
    promise="queues have metrics of their depth and age, functions of every invocation, streams of "
    "their readers' delay, and logged embedded metrics are metrics",
    symbols=(
        "ministack.services.cloudwatch:record_metric",
        "ministack.services.lambda_svc:_execute_function",
        "ministack.services.lambda_svc:_emit_lambda_metrics",
        "ministack.services.lambda_svc:_emit_lambda_logs",
        "ministack.services.lambda_svc:_function_config_scope_mismatch",
        "ministack.services.sqs:_queues",
        "ministack.core.concurrency:spawn_background",
        "ministack.core.responses:request_scope",
    ),
    apply=_apply,
)
