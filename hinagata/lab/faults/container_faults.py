"""Containers that raise, crash, hang, cannot process some requests, or lose a task.

A container gets its work from a load balancer, so the fault stands there: what a caller sees of a
failing container, whatever is in it.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from hinagata.lab.faults.board import Board
from hinagata.lab.faults.identity import identity_of_request
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.lab.patches.patch import emulator_module
from hinagata.lab.tasks import PROCESSES
from hinagata.scenario.fault import Inject

Response = tuple[int, dict[str, str], bytes]
Forward = Callable[[], Awaitable[Any]]

SYMBOLS = ("ministack.services.alb:_proxy_http_target",)

# A load balancer's own idle timeout (docs.aws.amazon.com/elasticloadbalancing/latest/application/
# edit-load-balancer-attributes.html).
IDLE_SECONDS = 60.0
# Long enough for a request to be in the task's hands, short enough for it to be still at work.
LONGEST_WORK_SECONDS = 0.05
_FAILS = (Inject.RAISE, Inject.CRASH, Inject.HANG, Inject.KILL_TASK)


class ContainerFaults:
    """Strikes the requests that load balancers forward to containers.

    Args:
        board: what goes wrong.
        tasks: a file by the name of each port, with the id of the process that listens there.
    """

    def __init__(self, board: Board, tasks: Path) -> None:
        self._board = board
        self._tasks = tasks

    async def forward(
        self, group: str, port: int, headers: Mapping[str, str], plain: Forward
    ) -> Any:
        """Answer a request to a task: as the task does, unless a fault strikes it.

        Args:
            group: the ARN of the target group.
            port: of the task.
            headers: of the request.
            plain: forwards it.
        """
        message = identity_of_request(headers)
        drawn = self._board.draw(Kind.CONTAINER, group, *_FAILS)
        if drawn is not None:
            return await self._fail(*drawn, message, port, plain)
        poison = self._board.chosen(Kind.CONTAINER, group, message, Inject.POISON)
        if poison is not None and message:
            self._board.struck(poison, message)
            return _answer(500, "the container was made to fail at this message")
        return await plain()

    async def _fail(
        self, fault: Injection, chance: float, message: str, port: int, plain: Forward
    ) -> Response:
        self._board.struck(fault, *filter(None, [message]))
        if fault.inject is Inject.RAISE:
            return _answer(500, "the container was made to fail")
        if fault.inject is Inject.HANG:
            await asyncio.sleep(IDLE_SECONDS)
            return _answer(504, "the container was made to hang")
        at_work = asyncio.ensure_future(plain())
        await asyncio.sleep(chance * LONGEST_WORK_SECONDS)
        self._kill(port)
        # What the task may have answered before is of no more use to the caller: it got no end.
        with contextlib.suppress(OSError):
            await at_work
        return _answer(502, "the container's process was killed")

    def _kill(self, port: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.killpg(int((self._tasks / str(port)).read_text()), signal.SIGKILL)


def _answer(status: int, message: str) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": message}).encode()


def install(board: Board) -> None:
    """Put it in front of the containers of the emulator in this process."""
    balancers = emulator_module("services.alb")
    faults = ContainerFaults(board, board.path.parent / PROCESSES)
    plain_forward = balancers._proxy_http_target

    async def forward(
        target: Any, group: Any, method: str, path: str, headers: Any, *rest: Any, **more: Any
    ) -> Any:
        def plain() -> Awaitable[Any]:
            answer: Awaitable[Any] = plain_forward(
                target, group, method, path, headers, *rest, **more
            )
            return answer

        port = int(target.get("Port") or group.get("Port") or 80)
        return await faults.forward(group["TargetGroupArn"], port, headers or {}, plain)

    balancers._proxy_http_target = forward
