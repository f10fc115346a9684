"""Functions that raise, crash, hang, or cannot process some messages.

The fault stands between the service and the handler's process, so the handler stays as it is and
may be of any language. What a failing handler has done before is left to the lot: nothing, a part
of its batch, or all of it without being able to say so, which is what makes duplicates.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.identity import identity_of_event, identity_of_record, item_identifier
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.lab.patches.patch import emulator_module
from hinagata.scenario.fault import Inject

Answer = dict[str, Any]
Handle = Callable[[Any], Answer]

SYMBOLS = (
    "ministack.core.lambda_runtime:Worker.invoke",
    "ministack.services.lambda_svc:_execute_function_warm",
    "ministack.services.lambda_svc:_iter_all_esms",
)

# What Lambda says of each (docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html).
_ERRORS = {
    Inject.RAISE: ("InjectedFault", "the handler was made to raise an error"),
    Inject.POISON: ("InjectedFault", "the handler was made to fail at this message"),
    Inject.CRASH: ("Runtime.ExitError", "Runtime exited with error: signal: killed"),
}
_BATCHES = ("aws:sqs", "aws:kinesis", "aws:dynamodb")

_struck: ContextVar[dict[str, str] | None] = ContextVar("hinagata_struck", default=None)


class HandlerFaults:
    """Strikes the invocations of functions.

    Args:
        board: what goes wrong.
        service: the emulator's Lambda.
    """

    def __init__(self, board: Board, service: Any) -> None:
        self._board = board
        self._service = service

    def invoke(self, worker: Any, event: Any, handle: Handle) -> Answer:
        """Answer an invocation: as the handler does, unless a fault strikes it.

        Args:
            worker: the process of the function, kept for this invocation.
            event: what it is invoked with.
            handle: has the handler answer an event.
        """
        drawn = self._board.draw(
            Kind.FUNCTION, worker.func_name, Inject.RAISE, Inject.CRASH, Inject.HANG
        )
        if drawn is not None:
            return self._fail(worker, event, handle, *drawn)
        if self._board.on(Kind.FUNCTION, worker.func_name, Inject.POISON):
            return self._with_poison(worker, event, handle)
        return handle(event)

    def _fail(
        self, worker: Any, event: Any, handle: Handle, fault: Injection, chance: float
    ) -> Answer:
        started = time.monotonic()
        self._board.struck(fault, *filter(None, _identities(event)))
        part = part_of(event, chance)
        log = "" if part is None else str(handle(part).get("log", ""))
        if fault.inject is Inject.HANG:
            timeout = worker.config.get("Timeout", 3)
            time.sleep(max(0.0, timeout - (time.monotonic() - started)))
            kill(worker)
            return _failed("Sandbox.Timedout", f"Task timed out after {timeout}.00 seconds", log)
        if fault.inject is Inject.CRASH:
            kill(worker)
        return _failed(*_ERRORS[fault.inject], log)

    def _with_poison(self, worker: Any, event: Any, handle: Handle) -> Answer:
        records = _batch(event)
        name = worker.func_name
        # What has no id is the same at each try by what it says.
        identities = [each or json.dumps(event, sort_keys=True) for each in _identities(event)]
        poisoned = dict(self._poisoned(name, identities))
        if not poisoned:
            return handle(event)
        if records is None or not self._reports_items(name, records[0]):
            return _failed(*_ERRORS[Inject.POISON])
        return self._around(records, poisoned, event, handle)

    def _around(
        self,
        records: Sequence[Mapping[str, Any]],
        poisoned: Mapping[int, str],
        event: Mapping[str, Any],
        handle: Handle,
    ) -> Answer:
        """Have the handler do what it can of a batch, and report the rest as failed."""
        first = min(poisoned)
        if _in_order(records[0]):
            # Nothing runs ahead of a failed message where order counts.
            good = list(records[:first])
            # A stream takes the first failed record for the point to go on from.
            behind = len(records) if records[0]["eventSource"] == "aws:sqs" else first + 1
            failed = list(records[first:behind])
        else:
            good = [each for index, each in enumerate(records) if index not in poisoned]
            failed = [records[index] for index in poisoned]
        answer: Answer = {"status": "ok", "result": None, "log": "", "cold_start": False}
        if good:
            answer = handle({**event, "Records": good})
        if answer["status"] != "ok":
            return answer
        result = answer.get("result")
        reported = result.get("batchItemFailures") if isinstance(result, dict) else None
        failures = [*(reported or ()), *({"itemIdentifier": item_identifier(r)} for r in failed)]
        kind, text = _ERRORS[Inject.POISON]
        lines = [f"[ERROR] {kind}: {text}: {message}" for message in poisoned.values()]
        return {
            **answer,
            "result": {"batchItemFailures": failures},
            "log": "\n".join(filter(None, [answer.get("log", ""), *lines])),
        }

    def _poisoned(self, name: str, identities: Sequence[str]) -> Iterator[tuple[int, str]]:
        for index, message in enumerate(identities):
            fault = self._board.chosen(Kind.FUNCTION, name, message, Inject.POISON)
            if fault is not None:
                self._board.struck(fault, message)
                yield index, message

    def _reports_items(self, name: str, record: Mapping[str, Any]) -> bool:
        return any(
            "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or ())
            for _, _, mapping in self._service._iter_all_esms()
            if mapping.get("EventSourceArn") == record["eventSourceARN"]
            and name in str(mapping["FunctionName"]).split(":")
        )


def part_of(event: Any, chance: float) -> Any:
    """Return what of an event its handler gets done before it fails; None for nothing.

    Args:
        event: a batch, of which it may be a part, or anything else, which is done or not.
        chance: from 0 up to 1.
    """
    records = _batch(event)
    if records is None:
        return None if chance < 0.5 else event
    done = int(chance * (len(records) + 1))
    return {**event, "Records": list(records[:done])} if done else None


def kill(worker: Any) -> None:
    """End a function's process at once; its next invocation starts another."""
    process, worker._proc = worker._proc, None
    if process is not None:
        process.kill()
        process.wait()


def _batch(event: Any) -> Sequence[Mapping[str, Any]] | None:
    records = event.get("Records") if isinstance(event, dict) else None
    if records and records[0].get("eventSource") in _BATCHES:
        return list(records)
    return None


def _identities(event: Any) -> list[str]:
    records = _batch(event)
    if records is None:
        return [identity_of_event(event)]
    return [identity_of_record(each) for each in records]


def _in_order(record: Mapping[str, Any]) -> bool:
    return record["eventSource"] != "aws:sqs" or str(record["eventSourceARN"]).endswith(".fifo")


def _failed(error_type: str, message: str, log: str = "") -> Answer:
    _struck.set({"errorType": error_type, "errorMessage": message})
    return {
        "status": "error",
        "error": message,
        "cold_start": False,
        "log": "\n".join(filter(None, [log, f"[ERROR] {error_type}: {message}"])),
    }


def install(board: Board) -> None:
    """Put it in front of the handlers of the emulator in this process."""
    runtime = emulator_module("core.lambda_runtime")
    service = emulator_module("services.lambda_svc")
    faults = HandlerFaults(board, service)
    plain_invoke = runtime.Worker.invoke
    plain_execute = service._execute_function_warm

    def invoke(worker: Any, event: Any, request_id: str, **more: Any) -> Answer:
        def handle(given: Any) -> Answer:
            answer: Answer = plain_invoke(worker, given, request_id, **more)
            return answer

        return faults.invoke(worker, event, handle)

    def execute(function: Any, event: Any, request_id: str) -> Answer:
        _struck.set(None)
        outcome: Answer = plain_execute(function, event, request_id)
        error = _struck.get()
        if error is not None and outcome.get("error"):
            outcome["body"] = error
        return outcome

    runtime.Worker.invoke = invoke
    service._execute_function_warm = execute
