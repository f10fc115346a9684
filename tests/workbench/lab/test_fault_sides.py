"""What callers of containers, APIs and the outside meet while a fault is on."""

import asyncio
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from hinagata.lab.faults import container_faults
from hinagata.lab.faults.board import Board, read_strikes
from hinagata.lab.faults.call_faults import CallFaults
from hinagata.lab.faults.container_faults import ContainerFaults
from hinagata.lab.faults.handler_faults import HandlerFaults
from hinagata.lab.faults.injection import Kind, Place
from hinagata.lab.outside import Outside
from hinagata.scenario.fault import Inject
from tests.workbench.lab.test_fault_board import board, injection

GROUP = "arn:aws:elasticloadbalancing:us-east-1:0:targetgroup/t/1"


def container(inject: Inject, folder: Path, **more: Any) -> ContainerFaults:
    """Return the faults of a container, with this one on."""
    place = Place(kind=Kind.CONTAINER, name=GROUP)
    running = board(folder, injection(inject=inject, place=place, **more))
    return ContainerFaults(running, folder)


def forwarded(
    faults: ContainerFaults, *, headers: dict[str, str] | None = None, port: int = 1
) -> int:
    """Return the status that the caller of a container gets, which itself answers 200."""

    async def plain() -> tuple[int, dict[str, str], bytes]:
        await asyncio.sleep(0.02)
        return 200, {}, b""

    return int(_run(faults.forward(GROUP, port, headers or {}, plain))[0])


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def test_a_container_raises(tmp_path: Path) -> None:
    """For every request that the fault strikes, which is told."""
    faults = container(Inject.RAISE, tmp_path)
    assert forwarded(faults, headers={"Idempotency-Key": "m1"}) == 500
    assert [strike.messages for strike in read_strikes(tmp_path / "faults.json")] == [("m1",)]
    assert forwarded(container(Inject.RAISE, tmp_path, rate=0.0)) == 200


@pytest.mark.parametrize("inject", [Inject.RAISE, Inject.CRASH])
def test_what_a_failed_invocation_was_about_is_told(inject: Inject, tmp_path: Path) -> None:
    """A handler that was struck before it began says nothing; so the fault names its batch."""
    faults = HandlerFaults(board(tmp_path, injection(inject=inject)), service=None)
    worker = SimpleNamespace(func_name="f", config={}, _proc=None)
    envelopes = [{"specversion": "1.0", "id": f"m{number}"} for number in range(2)]
    batch = [
        {"eventSource": "aws:sqs", "messageId": "q", "body": json.dumps(envelope)}
        for envelope in envelopes
    ]
    for event in ({"Records": batch}, envelopes[0], {"no": "id"}):
        answer = faults.invoke(worker, event, lambda _: {"status": "ok", "log": ""})
        assert answer["status"] == "error"

    struck = [strike.messages for strike in read_strikes(tmp_path / "faults.json")]
    assert struck == [("m0", "m1"), ("m0",), ()]


def test_a_container_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its load balancer's patience ends."""
    monkeypatch.setattr(container_faults, "IDLE_SECONDS", 0.1)
    started = time.monotonic()

    assert forwarded(container(Inject.HANG, tmp_path)) == 504
    assert time.monotonic() - started >= 0.1


def test_a_container_cannot_process_some_requests(tmp_path: Path) -> None:
    """The same ones at each try; a request without an id is none of them."""
    faults = container(Inject.POISON, tmp_path, rate=0.5)
    ids = [f"m{number}" for number in range(20)]
    tries = [
        [forwarded(faults, headers={"Idempotency-Key": each}) for each in ids] for _ in range(2)
    ]

    assert tries[0] == tries[1]
    assert set(tries[0]) == {200, 500}
    assert forwarded(faults) == 200


@pytest.mark.parametrize(
    ("inject", "end", "then"), [(Inject.KILL_TASK, None, 200), (Inject.CRASH, 1e12, 502)]
)
def test_a_task_is_killed_in_the_middle_of_a_request(
    tmp_path: Path, inject: Inject, end: float | None, then: int
) -> None:
    """Its caller gets no answer of it; a task is killed once, a crash can come again."""
    task = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    (tmp_path / "1").write_text(str(task.pid))
    faults = container(inject, tmp_path, end=end)

    assert forwarded(faults) == 502
    assert task.wait(5) != 0
    assert forwarded(faults) == then


def called(path: str, inject: Inject, folder: Path, place: Place, **more: Any) -> int:
    """Return the status that a request to the endpoint gets, which usually is 200."""
    answers: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    running = board(folder, injection(inject=inject, place=place, **more))
    front = CallFaults(running, 1000).in_front_of(application)
    _run(front({"type": "http", "path": path}, None, send))
    return int(answers[0]["status"])


API = Place(kind=Kind.API, name="a1b2")
BALANCER = Place(kind=Kind.LOAD_BALANCER, name="Gateway-1")


@pytest.mark.parametrize(
    ("path", "place"),
    [("/_aws/execute-api/a1b2/prod/orders", API), ("/_alb/Gateway-1/vehicles", BALANCER)],
)
@pytest.mark.parametrize(
    ("inject", "status"),
    [(Inject.DOWN, 503), (Inject.THROTTLE, 429), (Inject.SERVER_ERROR, 500), (Inject.SLOW, 200)],
)
def test_a_door_fails_its_callers(
    path: str, place: Place, inject: Inject, status: int, tmp_path: Path
) -> None:
    """An API and a load balancer, each in words of HTTP."""
    assert called(path, inject, tmp_path, place, delay_seconds=0.01) == status


@pytest.mark.parametrize("path", ["/", "/_aws/execute-api/other/prod", "/_alb/Gateway-2/x", "/x"])
def test_other_doors_stay_open(path: str, tmp_path: Path) -> None:
    """A fault is on one of them."""
    assert called(path, Inject.DOWN, tmp_path, API) == 200


@pytest.mark.parametrize(
    ("inject", "status"),
    [(Inject.THROTTLE, 429), (Inject.SERVER_ERROR, 503), (Inject.SLOW, 200)],
)
def test_what_is_outside_fails_as_others_do(inject: Inject, status: int, tmp_path: Path) -> None:
    """By the name that the scenario has for it; others outside are well."""
    place = Place(kind=Kind.OUTSIDE, name="Partner")
    running = board(tmp_path, injection(inject=inject, place=place, delay_seconds=0.05))
    with Outside(["Partner", "Bank"], running) as outside:
        assert posted(outside.url("Partner")) == status
        assert posted(outside.url("Bank")) == 200

    assert len(list(read_strikes(tmp_path / "faults.json"))) == 1


def test_what_is_outside_can_be_down(tmp_path: Path) -> None:
    """Then there is no answer at all."""
    place = Place(kind=Kind.OUTSIDE, name="Partner")
    with (
        Outside(["Partner"], board(tmp_path, injection(inject=Inject.DOWN, place=place))) as up,
        pytest.raises((OSError, http.client.HTTPException)),
    ):
        posted(up.url("Partner"))


def posted(url: str) -> int:
    """Return the status of the answer to a request."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
    try:
        connection.request("POST", address.path, body=b"{}")
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_account_has_the_least_of_its_limits(tmp_path: Path) -> None:
    """And its own again when none is on."""
    place = Place(kind=Kind.ACCOUNT)
    faults = [
        injection(inject=Inject.CONCURRENCY, place=place, limit=limit, number=limit)
        for limit in (10, 3)
    ]

    assert CallFaults(board(tmp_path, *faults), 1000).account_limit() == 3
    assert CallFaults(Board(tmp_path / "none.json"), 1000).account_limit() == 1000
