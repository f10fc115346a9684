"""A container with the handlers of an API: they cannot tell who called them."""

import json
from typing import Any

from pattern_runtime import Event, JsonObject, each_request, parse_json
from pattern_runtime.api import Request, body_of, headers_of, in_path, path_of
from pattern_runtime.service import application
from tests.fakes.caller import Caller


def _order(request: Request) -> Event:
    data: Any = parse_json(body_of(request))
    source = f"/shops/{in_path(request, 'shop')}"
    return Event.from_http(headers_of(request), type="order.placed", source=source, data=data)


def _take(event: Event) -> JsonObject:
    return {"id": event.id, "source": event.source, "data": event.data}


_handler = each_request(_order, _take, status=202, unavailable="not now")
_client = Caller(application({"POST /shops/{shop}/orders": _handler}))


def test_a_request_reaches_the_handler_of_its_route() -> None:
    """With path, headers and body; and the handler's answer comes back."""
    answer = _client.post(
        "/shops/kyoto/orders", json={"item": "tea"}, headers={"Idempotency-Key": "order-1"}
    )

    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"id": "order-1", "source": "/shops/kyoto", "data": {"item": "tea"}}


def test_what_the_handler_refuses_is_refused() -> None:
    """400 and the reason."""
    answer = _client.post("/shops/kyoto/orders", content=b"no json")

    assert answer.status_code == 400
    assert "not JSON" in json.loads(answer.text)["error"]


def test_what_the_work_finds_wrong_with_a_request_is_refused() -> None:
    """A field without which nothing can be kept is the caller's to mend, not ours."""

    def look(request: Request) -> Event:
        return Event.from_http({}, type="order.asked", source="/", data=path_of(request))

    def show(event: Event) -> JsonObject:
        return {"shop": event.text("shop"), "order": event.text("order")}

    handler = each_request(look, show, status=200, unavailable="not now")

    answer = Caller(application({"GET /shops/{shop}": handler})).get("/shops/kyoto")

    assert answer.status_code == 400
    assert answer.json() == {"error": "order has to be a text or a whole number, not None"}


def test_the_load_balancer_hears_that_it_serves() -> None:
    """And whoever asks for what is not there, that it is not."""
    assert _client.get("/health").status_code == 200
    assert _client.get("/shops/kyoto/orders").status_code == 405
    assert _client.post("/elsewhere").status_code == 404


def test_a_large_body_is_refused_before_it_is_read() -> None:
    """Nobody fills the memory of a task."""
    assert _client.post("/shops/kyoto/orders", content=b"x" * 70_000).status_code == 413
