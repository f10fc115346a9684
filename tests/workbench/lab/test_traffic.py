"""Requests at a rate, to a service that accepts, fails and hangs."""

import re
import signal
import socket
import threading
import time
from collections.abc import Mapping
from datetime import datetime

import pytest

from hinagata.errors import HinagataError
from hinagata.lab.messages import Message
from hinagata.lab.traffic import Entry, Patience, Signer, Stream, send
from tests.polling import eventually
from tests.workbench.lab.service import serving

HASTY = Patience(attempts=3, timeout_seconds=5, backoff_seconds=0.01)


def stream(
    url: str,
    count: int = 1,
    *,
    per_second: float = 1000,
    source: str = "cars",
    sign: Signer | None = None,
) -> Stream:
    """Return messages to a service."""
    return Stream(
        entry=Entry(url=url, sign=sign),
        messages=[
            Message(
                source=source,
                id=f"{source}-{number}",
                keys={"vehicle_id": f"v-{number}"},
                method="POST",
                path=f"/v-{number}",
                body=b"{}",
            )
            for number in range(count)
        ],
        per_second=per_second,
    )


def test_every_message_is_sent_once_and_accepted() -> None:
    """A service that answers 202 gets each message, with its id, its time and its body."""
    with serving(lambda _: 202) as service:
        sent = send([stream(f"{service.url}/stage/", 30)])

    first = next(request for request in service.received if request.path == "/stage/v-0")
    record = next(record for record in sent if record.id == "cars-0")
    assert len(service.received) == len(sent) == 30
    assert first.headers["Idempotency-Key"] == "cars-0"
    assert first.headers["Content-Type"] == "application/json"
    assert first.body == b"{}"
    assert datetime.fromisoformat(first.headers["X-Sent-At"]).timestamp() == pytest.approx(
        record.sent_at, abs=1e-6
    )
    assert (record.source, record.keys) == ("cars", {"vehicle_id": "v-0"})
    assert first.headers["X-Amzn-Trace-Id"] == f"Root={record.trace};Sampled=1"
    assert re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", record.trace)
    assert len({record.trace for record in sent}) == 30
    assert (record.status, record.attempts, record.failure) == (202, 1, "")
    assert record.accepted_at is not None
    assert record.accepted_at >= record.sent_at


def test_the_rate_is_kept() -> None:
    """Twenty messages at a hundred a second take at least the nineteen gaps between them."""
    with serving(lambda _: 202) as service:
        sent = send([stream(service.url, 20, per_second=100)])

    due = [record.due_at for record in sent]
    assert sent[-1].sent_at - sent[0].sent_at >= 0.18
    assert max(due) - min(due) == pytest.approx(0.19, abs=0.01)


def test_a_slow_answer_does_not_hold_the_others_up() -> None:
    """While one request hangs, the rest of the stream is sent and accepted."""
    with serving(lambda number: None if number == 0 else 202) as service:
        patience = Patience(attempts=1, timeout_seconds=0.5)
        sent = send([stream(service.url, 20)], patience=patience)

    refused = [record for record in sent if record.accepted_at is None]
    assert [record.status for record in refused] == [None]
    assert "timed out" in refused[0].failure
    assert len(sent) == 20


def test_streams_are_sent_at_the_same_time() -> None:
    """The second stream does not wait for the end of the first."""
    with serving(lambda _: 202) as service:
        sent = send(
            [
                stream(service.url, 20, per_second=100),
                stream(service.url, 20, per_second=100, source="alarms"),
            ]
        )

    first_alarm = min(record.sent_at for record in sent if record.source == "alarms")
    last_car = max(record.sent_at for record in sent if record.source == "cars")
    assert first_alarm < last_car


@pytest.mark.parametrize("status", [429, 500, 503])
def test_throttling_and_server_errors_are_tried_again(status: int) -> None:
    """The same id and the same time are sent until the service accepts."""
    with serving(lambda number: status if number < 2 else 202) as service:
        (record,) = send([stream(service.url)], patience=HASTY)

    assert (record.status, record.attempts) == (202, 3)
    assert record.accepted_at is not None
    for header in ("Idempotency-Key", "X-Sent-At"):
        assert len({request.headers[header] for request in service.received}) == 1
    refusals = 2 if status == 429 else 0
    assert len(record.throttled_at) == refusals
    assert all(record.sent_at <= at <= time.time() for at in record.throttled_at)


def test_a_message_that_is_never_accepted_is_refused() -> None:
    """After its last attempt a message is given up, with the reason."""
    with serving(lambda _: 503) as service:
        (record,) = send([stream(service.url)], patience=HASTY)

    assert (record.status, record.attempts, record.accepted_at) == (503, 3, None)
    assert record.failure == "503: text"
    assert len(service.received) == 3


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404])
def test_any_other_refusal_is_final(status: int) -> None:
    """What the service will never accept is sent once."""
    with serving(lambda _: status) as service:
        (record,) = send([stream(service.url)], patience=HASTY)

    assert (record.status, record.attempts, record.accepted_at) == (status, 1, None)
    assert len(service.received) == 1


def test_a_connection_that_is_refused_is_tried_again() -> None:
    """Nobody listens: every attempt is made, and the message is refused."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        (record,) = send([stream(url)], patience=HASTY)

    assert (record.status, record.attempts, record.accepted_at) == (None, 3, None)
    assert record.failure.startswith("ConnectionRefusedError: ")


def test_connections_are_kept() -> None:
    """A hundred messages do not open a hundred connections."""
    with serving(lambda _: 202) as service:
        send([stream(service.url, 100)])

    assert len(service.connections) <= 16


def test_every_attempt_is_signed_anew() -> None:
    """A signature grows old, so a second attempt does not reuse the first one."""
    calls: list[tuple[str, str, bytes]] = []

    def sign(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        calls.append((method, url, body))
        return {**headers, "Authorization": f"signature {len(calls)}"}

    with serving(lambda number: 503 if number == 0 else 202) as service:
        url = f"{service.url}/stage"
        send([stream(url, sign=sign)], patience=HASTY)

    assert calls == [("POST", f"{url}/v-0", b"{}")] * 2
    assert [request.headers["Authorization"] for request in service.received] == [
        "signature 1",
        "signature 2",
    ]


def test_fails_where_no_request_can_be_sent() -> None:
    """An entry that is not a URL is said to be none."""
    with pytest.raises(HinagataError, match="ftp://host is no http or https URL"):
        send([stream("ftp://host")])


def test_progress_is_told() -> None:
    """Whoever watches hears of every message in the end."""
    told: list[int] = []
    with serving(lambda _: 202) as service:
        send([stream(service.url, 5)], progress=told.append)

    assert told[-1] == 5


def test_an_interrupt_ends_it_at_once() -> None:
    """Ctrl-C does not wait for answers that do not come, and leaves no thread behind."""
    before = threading.active_count()
    with serving(lambda _: None) as service:
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            send([stream(service.url, 50)], patience=Patience(timeout_seconds=60))
        elapsed = time.monotonic() - started

    assert elapsed < 5
    eventually(lambda: threading.active_count() <= before + 1)
