"""Asking a service: the event goes along, and a no is an error with a name."""

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pattern_runtime import Event, NoAnswerError, ask, post
from tests.fakes.aws import FakeAws
from tests.functions.conftest import lambda_event


@pytest.fixture
def event() -> Event:
    """Return the event that is asked about."""
    return Event.from_object(lambda_event("direct", sample="connected_car"))


def test_a_function_is_asked_with_the_event(fake_aws: FakeAws, event: Event) -> None:
    """What it returns is the answer."""

    def price(payload: bytes) -> dict[str, object]:
        asked = Event.from_json(payload)
        return {"Payload": io.BytesIO(json.dumps({"id": asked.id}).encode())}

    fake_aws.functions["price"] = price

    assert ask("price", event) == {"id": event.id}


def test_a_function_that_fails_gives_no_answer(fake_aws: FakeAws, event: Event) -> None:
    """The error names what the function raised."""
    fake_aws.functions["price"] = lambda _: {
        "Payload": io.BytesIO(b'{"errorType": "OutageError"}'),
        "FunctionError": "Unhandled",
    }

    with pytest.raises(NoAnswerError, match="OutageError"):
        ask("price", event)


class _Service(BaseHTTPRequestHandler):
    seen: list[tuple[dict[str, str], bytes]]
    status = 202

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(b'{"taken": true}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[tuple[str, type[_Service]]]:
    """Serve HTTP on this machine, and yield the URL and what it has seen."""
    handler = type("Service", (_Service,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/orders", handler
        server.shutdown()
        thread.join()


def test_a_posted_event_is_the_same_event_there(
    service: tuple[str, type[_Service]], event: Event
) -> None:
    """Its id, time, trace and data go along, as `Event.from_http` reads them."""
    url, handler = service

    assert post(url, event) == {"taken": True}

    ((headers, body),) = handler.seen
    there = Event.from_http(headers, type=event.type, source=event.source, data=json.loads(body))
    assert (there.id, there.time, there.data) == (event.id, event.time, event.data)
    assert there.trace.partition(";")[0] == event.trace.partition(";")[0]
    assert "Authorization" not in headers


def test_a_signed_post_is_signed_for_api_gateway(
    service: tuple[str, type[_Service]], event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the credentials and the region that the code runs with."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    url, handler = service

    post(url, event, signed=True)

    ((headers, _),) = handler.seen
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/" in headers["Authorization"]


def test_a_no_is_no_answer(service: tuple[str, type[_Service]], event: Event) -> None:
    """Whoever asked decides what follows."""
    url, handler = service
    handler.status = 503

    with pytest.raises(NoAnswerError, match="503"):
        post(url, event)


def test_nobody_there_is_no_answer(event: Event) -> None:
    """The error says what happened, whatever the HTTP library calls it."""
    with pytest.raises(NoAnswerError, match="NewConnectionError"):
        post("http://127.0.0.1:9/orders", event)
