"""An asynchronous invocation is retried, given up and reported as AWS does.

The emulator invokes a function once for an event of a bus, a topic or an IoT rule, and forgets it
if that fails. For what it does retry (a direct call, a bucket's notification) it counts being
throttled as a failed attempt, drops the dead-letter queue of a function that comes from a
template, sends the same envelope there as to a destination, knows no destination for success,
always says three attempts, and gives each attempt a request id of its own.

The waits of AWS's event queue are a minute, two minutes and, when throttled, from a second up to
five minutes, for at most six hours (AWS Lambda developer guide, "How Lambda handles errors and
retries with asynchronous invocation"). Here that queue's clock runs `HINAGATA_LAB_RETRY_SCALE`
times as fast, 60 unless given: attempts at 0, 1 and 3 s, and six hours in six minutes. Functions
take the time they take, and of one function no more events are worked on at once than a queue's
mapping runs batches, for the same reason (see `mapping_concurrency`).
"""

import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hinagata.lab.patches import destinations
from hinagata.lab.patches.destinations import failure_key, hand_over_if_possible
from hinagata.lab.patches.mapping_concurrency import LIMIT_VARIABLE
from hinagata.lab.patches.patch import Patch, emulator_module

SCALE_VARIABLE = "HINAGATA_LAB_RETRY_SCALE"
SCALE = 60.0

# All in AWS's time.
RETRY_SECONDS = (60.0, 120.0)  # after the first failure, after the second
FIRST_THROTTLE_SECONDS = 1.0  # doubled each time
LONGEST_THROTTLE_SECONDS = 300.0
DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 21_600

Result = dict[str, Any]

# The request id of the event whose attempt is being made: the same for each attempt.
_request_id: ContextVar[str | None] = ContextVar("hinagata_request_id", default=None)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a function says about events that it could not process, in AWS's time."""

    retries: int = DEFAULT_RETRIES
    age_seconds: float = DEFAULT_AGE_SECONDS
    on_success: str = ""
    on_failure: str = ""
    dead_letters: str = ""

    @classmethod
    def of(cls, function: dict[str, Any], config: dict[str, Any], qualifier: str) -> "Rules":
        """Read them from the emulator's records.

        Args:
            function: all of a function, with its aliases and versions.
            config: of the version that is invoked.
            qualifier: the alias or version that was asked for; empty for none.
        """
        configured = function.get("event_invoke_configs") or {}
        # "$LATEST" and no qualifier are the same function.
        names = (qualifier,) if qualifier not in ("", "$LATEST") else ("$LATEST", "")
        invoke: dict[str, Any] = next((configured[n] for n in names if n in configured), {})
        chosen = invoke.get("DestinationConfig") or {}
        return cls(
            retries=int(invoke.get("MaximumRetryAttempts", DEFAULT_RETRIES)),
            age_seconds=float(invoke.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS)),
            on_success=(chosen.get("OnSuccess") or {}).get("Destination", ""),
            on_failure=(chosen.get("OnFailure") or {}).get("Destination", ""),
            dead_letters=(config.get("DeadLetterConfig") or {}).get("TargetArn", ""),
        )


@dataclass
class Ended:
    """How an event ended: the condition as a destination record has it, and the last result."""

    condition: str
    invocations: int = 0
    result: Result = field(default_factory=dict)


def process(
    rules: Rules,
    *,
    invoke: Callable[[], Result],
    wait: Callable[[float], None],
    clock: Callable[[], float],
) -> Ended:
    """Invoke until it succeeds, the retries are used up, or the event is too old.

    Being throttled is no attempt: the function has not seen the event.

    Args:
        rules: the function's.
        invoke: make one attempt.
        wait: wait so many seconds of AWS's time.
        clock: now, in seconds of AWS's time.
    """
    started = clock()
    ended = Ended("EventAgeExceeded")
    throttled = 0
    while True:
        result = invoke()
        if result.get("throttle"):
            pause = min(FIRST_THROTTLE_SECONDS * 2**throttled, LONGEST_THROTTLE_SECONDS)
            throttled += 1
        else:
            ended.invocations += 1
            ended.result = result
            if not result.get("error"):
                ended.condition = "Success"
                return ended
            if ended.invocations > rules.retries:
                ended.condition = "RetriesExhausted"
                return ended
            pause = RETRY_SECONDS[min(ended.invocations, len(RETRY_SECONDS)) - 1]
            throttled = 0
        if clock() + pause - started > rules.age_seconds:
            return ended
        wait(pause)


def destination_record(
    event: Any, ended: Ended, *, function_arn: str, request_id: str
) -> dict[str, Any]:
    """Return what AWS sends to a destination.

    Source: AWS Lambda developer guide, "Capturing records of Lambda asynchronous invocations".
    """
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": ended.condition,
            "approximateInvokeCount": ended.invocations,
        },
        "requestPayload": event,
    }
    if ended.invocations:
        record["responseContext"] = {"statusCode": 200, "executedVersion": "$LATEST"}
        if ended.result.get("error"):
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = _plain(ended.result.get("body"))
    return record


def _plain(body: Any) -> Any:
    return body.decode(errors="replace") if isinstance(body, bytes) else body


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    spawn = emulator_module("core.concurrency").spawn_background
    scope = emulator_module("core.responses").request_scope
    new_id = emulator_module("core.responses").new_uuid
    scale = float(os.environ.get(SCALE_VARIABLE) or SCALE)
    limit = int(os.environ.get(LIMIT_VARIABLE) or os.cpu_count() or 1)
    at_once: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(limit))

    def attempt(asked: dict[str, Any], event: Any, request_id: str) -> Result:
        # As the function is now: it may have been updated since, or its concurrency.
        function = functions._functions.get(asked["FunctionName"])
        record, config = functions._effective_func_record_for_qualifier(function, _qualifier(asked))
        if function is None or record is None:
            return {"error": True, "body": {"errorMessage": "the function does not exist"}}
        config = {**config, "FunctionArn": asked["FunctionArn"]}
        current = {**record, "config": config, "concurrency": function.get("concurrency")}
        with at_once[functions._inflight_key(config)]:
            token = _request_id.set(request_id)
            try:
                return functions._execute_function(current, event)  # type: ignore[no-any-return]
            finally:
                _request_id.reset(token)

    def run(asked: dict[str, Any], event: Any) -> None:
        arn = str(asked["FunctionArn"])
        with scope(*functions._account_region_from_function_config(asked)):
            function = functions._functions.get(asked["FunctionName"], {})
            rules = Rules.of(function, asked, _qualifier(asked) or "")
            request_id = new_id()
            ended = process(
                rules,
                invoke=lambda: attempt(asked, event, request_id),
                wait=lambda seconds: time.sleep(seconds / scale),
                clock=lambda: time.monotonic() * scale,
            )
            _report(rules, event, ended, arn, request_id)

    def invoke_async(record: dict[str, Any], event: Any) -> None:
        spawn(run, record["config"], event, thread_name="ministack-async-invoke")

    plain_dispatch = functions._execute_function_dispatch

    def dispatch(function: Any, config: Any, event: Any, request_id: str, started: float) -> Result:
        return plain_dispatch(  # type: ignore[no-any-return]
            function, config, event, _request_id.get() or request_id, started
        )

    def from_rule(arn: str, payload: str) -> None:
        try:
            event = json.loads(payload)
        except (json.JSONDecodeError, TypeError):
            event = {"body": payload}
        _invoke_by_arn(functions, arn, event)

    def from_topic(
        endpoint: str,
        envelope: str,
        topic_arn: str,
        subscription_arn: str,
        message_id: str,
        message: str,
        attributes: Any,
    ) -> None:
        del topic_arn, message_id, message, attributes  # the envelope has them
        notification = {
            "EventVersion": "1.0",
            "EventSubscriptionArn": subscription_arn,
            "EventSource": "aws:sns",
            "Sns": json.loads(envelope),
        }
        _invoke_by_arn(functions, endpoint, {"Records": [notification]})

    def from_iot(account: str, region: str, arn: str, event: Any) -> None:
        with scope(account, region):
            _invoke_by_arn(functions, arn, event)

    _keep_dead_letter_queues(functions)
    functions.invoke_async_with_retry = invoke_async
    functions._execute_function_dispatch = dispatch
    emulator_module("services.eventbridge")._dispatch_to_lambda = from_rule
    emulator_module("services.sns")._deliver_to_lambda = from_topic
    emulator_module("services.iot")._dispatch_rule_to_lambda = from_iot


def _qualifier(config: dict[str, Any]) -> str | None:
    """Return the alias or version that was asked for, None for none."""
    parts = str(config["FunctionArn"]).split(":")
    return parts[7] if len(parts) > 7 else None


def _keep_dead_letter_queues(functions: Any) -> None:
    """Have a template's functions keep their DeadLetterConfig."""
    handlers = emulator_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    resource = handlers["AWS::Lambda::Function"]
    plain_create, plain_update = resource["create"], resource["update"]

    def keep(name: str, properties: Any) -> None:
        config = functions._functions[name]["config"]
        config["DeadLetterConfig"] = properties.get("DeadLetterConfig") or {}

    def create(logical_id: str, properties: Any, stack: str) -> Any:
        name, attributes = plain_create(logical_id, properties, stack)
        keep(name, properties)
        return name, attributes

    def update(name: str, old: Any, new: Any, *args: Any, **kwargs: Any) -> Any:
        name, attributes = plain_update(name, old, new, *args, **kwargs)
        keep(name, new)
        return name, attributes

    resource.update(create=create, update=update)


def _invoke_by_arn(functions: Any, arn: str, event: Any) -> None:
    record, config, _ = functions._get_func_record_for_ref(arn)
    if record and config:
        # As for a direct call: the ARN by which it was asked for, with an alias if there is one.
        invoked = functions._execution_record_for_config(record, {**config, "FunctionArn": arn})
        functions.invoke_async_with_retry(invoked, event)


def _report(rules: Rules, event: Any, ended: Ended, function_arn: str, request_id: str) -> None:
    succeeded = ended.condition == "Success"
    destination = rules.on_success if succeeded else rules.on_failure
    if destination:
        record = destination_record(
            event, ended, function_arn=_qualified(function_arn), request_id=request_id
        )
        outcome = "Success" if succeeded else "Failure"
        detail_type = f"Lambda Function Invocation Result - {outcome}"
        hand_over_if_possible(
            destination,
            json.dumps(record),
            key=failure_key("async", function_arn.split(":")[6]),
            event={"Source": "lambda", "DetailType": detail_type},
        )
    if rules.dead_letters and not succeeded:
        body = ended.result.get("body")
        message = body.get("errorMessage", "") if isinstance(body, dict) else ""
        hand_over_if_possible(
            rules.dead_letters,
            json.dumps(event),
            attributes={
                "RequestID": request_id,
                "ErrorCode": "200" if ended.invocations else "429",
                "ErrorMessage": str(message)[:1024],  # AWS truncates to 1 KB
            },
        )


def _qualified(arn: str) -> str:
    return arn if arn.count(":") > 6 else f"{arn}:$LATEST"


PATCH = Patch(
    name="asynchronous-invocation",
    promise="an event for a function is attempted at 0, 1 and 3 s (AWS: 0, 1 and 3 min), waits "
    "when the function is throttled, and ends at its destination or dead letters, whatever sent it",
    symbols=(
        "ministack.services.lambda_svc:_execute_function",
        "ministack.services.lambda_svc:_execute_function_dispatch",
        "ministack.services.lambda_svc:_account_region_from_function_config",
        "ministack.services.lambda_svc:_functions",
        "ministack.services.lambda_svc:_effective_func_record_for_qualifier",
        "ministack.services.lambda_svc:_inflight_key",
        "ministack.services.eventbridge:_dispatch_to_lambda",
        "ministack.services.sns:_deliver_to_lambda",
        "ministack.services.iot:_dispatch_rule_to_lambda",
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
        "ministack.core.concurrency:spawn_background",
        "ministack.core.responses:request_scope",
        *destinations.SYMBOLS,
    ),
    apply=_apply,
)
