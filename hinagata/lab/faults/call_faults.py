"""Functions, APIs and load balancers that are slow, down, throttled or broken for their callers.

And the account's concurrency, which every function draws on. The SDK-level faults of the other
services stand in front of the endpoint instead (`service_faults`): these here have callers that
are no SDK, such as a queue's mapping or a device.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.lab.patches.patch import emulator_module
from hinagata.scenario.fault import Inject

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Any, Send], Awaitable[None]]

SYMBOLS = (
    "ministack.app:app",
    "ministack.services.lambda_svc:_ACCOUNT_CONCURRENCY_CAP",
    "ministack.services.lambda_svc:_acquire_execution_slot",
    "ministack.services.lambda_svc:_execute_function_warm",
)

_CALLS = (Inject.SLOW, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR)
# Where the emulator serves them; each is followed by the name.
_LOAD_BALANCERS, _APIS = "_alb", "_aws/execute-api"
# What an API's or a load balancer's caller gets.
_STATUS = {
    Inject.DOWN: (503, "Service Unavailable"),
    Inject.THROTTLE: (429, "Too Many Requests"),
    Inject.SERVER_ERROR: (500, "Internal Server Error"),
}


class CallFaults:
    """Strikes calls of functions, APIs and load balancers.

    Args:
        board: what goes wrong.
        account_limit: how many functions the account runs at once, usually.
    """

    def __init__(self, board: Board, account_limit: int) -> None:
        self._board = board
        self._account_limit = account_limit

    def account_limit(self) -> int:
        """Return how many functions the account runs at once now."""
        lowered = self._board.on(Kind.ACCOUNT, "", Inject.CONCURRENCY)
        return min((each.limit or 0 for each in lowered), default=self._account_limit)

    def refuses(self, function: str) -> bool:
        """Return whether an invocation of a function is throttled."""
        return self._strikes(function, Inject.THROTTLE) is not None

    def refused(self) -> None:
        """Write down that an invocation was refused for the account's limit."""
        for injection in self._board.on(Kind.ACCOUNT, "", Inject.CONCURRENCY)[:1]:
            self._board.struck(injection)

    def answer(self, function: str, plain: Callable[[], Any]) -> Any:
        """Answer an invocation: as the function does, late, or not at all."""
        slow = self._strikes(function, Inject.SLOW)
        if slow is not None:
            time.sleep(slow.delay_seconds)
        if self._strikes(function, Inject.DOWN, Inject.SERVER_ERROR) is not None:
            message = "The AWS Lambda service encountered an internal error."
            body = {"errorType": "ServiceException", "errorMessage": message}
            return {"body": body, "error": True, "log": ""}
        return plain()

    def in_front_of(self, application: Application) -> Application:
        """Return an ASGI application that strikes requests to APIs and load balancers."""

        async def struck(scope: Scope, receive: Any, send: Send) -> None:
            drawn = None
            if scope["type"] == "http":
                place = _called(scope["path"])
                drawn = None if place is None else self._board.draw(*place, *_CALLS)
            if drawn is None:
                await application(scope, receive, send)
                return
            fault, _ = drawn
            self._board.struck(fault)
            if fault.inject is Inject.SLOW:
                await asyncio.sleep(fault.delay_seconds)
                await application(scope, receive, send)
                return
            status, message = _STATUS[fault.inject]
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            body = json.dumps({"message": message}).encode()
            await send({"type": "http.response.body", "body": body})

        return struck

    def _strikes(self, function: str, *injects: Inject) -> Injection | None:
        drawn = self._board.draw(Kind.FUNCTION, function, *injects)
        if drawn is None:
            return None
        self._board.struck(drawn[0])
        return drawn[0]


def _called(path: str) -> tuple[Kind, str] | None:
    """Return what a path of the emulator calls, if that is an API or a load balancer."""
    for prefix, kind in ((_LOAD_BALANCERS, Kind.LOAD_BALANCER), (_APIS, Kind.API)):
        before, found, rest = path.partition(f"/{prefix}/")
        if found and not before:
            return kind, rest.split("/", 1)[0]
    return None


def install(board: Board) -> None:
    """Put it in front of the functions, APIs and load balancers of the emulator."""
    service = emulator_module("services.lambda_svc")
    main = emulator_module("app")
    faults = CallFaults(board, service._ACCOUNT_CONCURRENCY_CAP)
    plain_acquire = service._acquire_execution_slot
    plain_execute = service._execute_function_warm

    def acquire(function: Any, config: Any) -> tuple[str | None, str | None]:
        if faults.refuses(config.get("FunctionName", "")):
            return None, "account"
        service._ACCOUNT_CONCURRENCY_CAP = faults.account_limit()
        slot: tuple[str | None, str | None] = plain_acquire(function, config)
        if slot[1] == "account":
            faults.refused()
        return slot

    def execute(function: Any, event: Any, request_id: str) -> Any:
        name = (function.get("config") or function).get("FunctionName", "")
        return faults.answer(name, lambda: plain_execute(function, event, request_id))

    service._acquire_execution_slot = acquire
    service._execute_function_warm = execute
    main.app = faults.in_front_of(main.app)
