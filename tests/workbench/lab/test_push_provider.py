"""The push service of a laptop: what it says, whom it knows to be gone, what it has seen."""

import http.client
import json
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hinagata.lab.faults.injection import Kind, Place
from hinagata.lab.judgement import judge_pushed
from hinagata.lab.outside import Outside
from hinagata.lab.patches.mobile_push import WAITS, Answer, request_for, wait_after
from hinagata.lab.push_provider import Pushed, PushProvider, is_gone
from hinagata.lab.spans import Status
from hinagata.lab.traffic import Sent
from hinagata.scenario.fault import Inject
from tests.workbench.lab.test_fault_board import board, injection

GONE = next(f"token-{number}" for number in range(1000) if is_gone(f"token-{number}"))
LIVE = next(f"token-{number}" for number in range(1000) if not is_gone(f"token-{number}"))
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def asked(
    service: PushProvider,
    token: str,
    *,
    id: str = "job-1",
    platform: str = "GCM",
    struck: Inject | None = None,
) -> HTTPStatus:
    """What the service says to a message, sent as mobile push sends it."""
    data = {"id": id, "trace": TRACE}
    payload = data if platform == "APNS" else {"fcmV1Message": {"message": {"data": data}}}
    path, body = request_for(f"arn:aws:sns:r:1:endpoint/{platform}/phones/1", token, payload)
    return service.answer(f"/Phones{path}", body, struck=struck).status


def sent(id: str, token: str, *, accepted: bool = True) -> Sent:
    """A message that the lab has sent."""
    return Sent(
        source="producer",
        id=id,
        keys={"token": token},
        due_at=1.0,
        sent_at=1.0,
        attempts=1,
        status=200 if accepted else 503,
        accepted_at=1.1 if accepted else None,
        failure="",
    )


def test_one_phone_in_25_is_gone_and_stays_so() -> None:
    """It is told by the token alone, so that each run knows the same ones."""
    gone = sum(is_gone(f"token-{number:06}") for number in range(10_000))

    assert gone == pytest.approx(400, rel=0.15)
    assert is_gone(GONE)


@pytest.mark.parametrize(
    ("platform", "struck", "token", "status"),
    [
        ("GCM", None, LIVE, HTTPStatus.OK),
        ("APNS", None, LIVE, HTTPStatus.OK),
        ("GCM", None, GONE, HTTPStatus.NOT_FOUND),
        ("APNS", None, GONE, HTTPStatus.GONE),
        ("GCM", Inject.THROTTLE, LIVE, HTTPStatus.TOO_MANY_REQUESTS),
        ("APNS", Inject.SERVER_ERROR, LIVE, HTTPStatus.SERVICE_UNAVAILABLE),
        # It does not look at the token before it has time for it.
        ("GCM", Inject.THROTTLE, GONE, HTTPStatus.TOO_MANY_REQUESTS),
    ],
)
def test_it_says_what_firebase_and_apple_say(
    platform: str, struck: Inject | None, token: str, status: HTTPStatus
) -> None:
    """By the status of each: taken, gone, too many, not now."""
    assert asked(PushProvider("Phones"), token, platform=platform, struck=struck) is status


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"message": {"token": 7}}'])
def test_it_refuses_what_is_no_message(body: bytes) -> None:
    """Whoever sent it would send it again in vain."""
    answer = PushProvider("Phones").answer("/Phones/v1/projects/p/messages:send", body, struck=None)

    assert answer.status is HTTPStatus.BAD_REQUEST


def test_it_says_when_to_come_back() -> None:
    """A throttled sender is told how long to wait."""
    answer = PushProvider("Phones").answer("/3/device/t", b"{}", struck=Inject.THROTTLE)

    assert answer.retry_after == 1
    assert json.dumps(answer.body) == '{"reason": "TooManyRequests"}'


def test_each_message_ends_at_its_phone_or_with_it() -> None:
    """What was delivered, what was for the gone, and each time that it came again."""
    service = PushProvider("Phones")
    asked(service, LIVE, id="a", struck=Inject.SERVER_ERROR)
    asked(service, LIVE, id="a")
    asked(service, GONE, id="b")
    asked(service, LIVE, id="a")
    jobs = [sent("a", LIVE), sent("b", GONE), sent("c", GONE), sent("d", LIVE, accepted=False)]

    assert service.pushed(jobs) == Pushed(accepted=3, delivered=1, gone=2, retries=1, again=1)
    ended = {span.id for span in service.spans(jobs) if span.handled}
    assert ended == {"a", "b", "c"}


def test_a_message_on_its_way_has_not_ended() -> None:
    """Nobody has said yet that its phone is gone, though it is."""
    service = PushProvider("Phones")
    asked(service, LIVE, id="a", struck=Inject.THROTTLE)
    spans = service.spans([sent("a", LIVE), sent("b", GONE)])

    assert [(span.id, span.status, span.error) for span in spans] == [
        ("a", Status.ERROR, "429 Too Many Requests")
    ]
    assert service.pushed([sent("a", LIVE), sent("b", GONE)]).delivered == 0


@pytest.mark.parametrize(("delivered", "gone", "met"), [(8, 2, True), (8, 1, False), (8, 3, False)])
def test_each_message_has_one_end(delivered: int, gone: int, met: bool) -> None:
    """Delivered and gone together are all that were accepted, or the run has not met it."""
    pushed = Pushed(accepted=10, delivered=delivered, gone=gone, retries=3, again=1)
    verdict = judge_pushed("Phones", pushed)

    assert verdict.met is met
    assert verdict.observed == f"{delivered}, {gone} gone, 3 retries, 1 again"


@pytest.mark.parametrize(
    ("inject", "status", "retry_after"), [(None, 200, None), (Inject.THROTTLE, 429, "1")]
)
def test_it_is_a_server(
    tmp_path: Path, inject: Inject | None, status: int, retry_after: str | None
) -> None:
    """It stands outside with others, under a path of its own, and faults strike it by its name."""
    place = Place(kind=Kind.OUTSIDE, name="Phones")
    faults = [] if inject is None else [injection(inject=inject, place=place)]
    service = PushProvider("Phones")
    path, body = request_for("arn:aws:sns:r:1:endpoint/GCM/p/1", LIVE, {"data": {"id": "a"}})
    with Outside(["Phones"], board(tmp_path, *faults), push=service) as outside:
        address = urlsplit(outside.url("Phones"))
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=5)
        connection.request("POST", address.path + path, body)
        answer = connection.getresponse()
        connection.close()

    assert (answer.status, answer.headers["Retry-After"]) == (status, retry_after)
    assert [span.id for span in service.spans([])] == ["a"]


def test_its_spans_go_on_with_the_trace() -> None:
    """A message brings its trace along, to its phone."""
    service = PushProvider("Phones")
    asked(service, LIVE)
    (span,) = service.spans([])

    assert (span.hop, span.trace, span.parent) == (
        "Phones",
        "1-5759e988-bd862e3fe1be46a994272793",
        "53995c3f42cd8ad8",
    )


def test_mobile_push_tries_for_six_hours() -> None:
    """50 times in all, as the table of SNS's developer guide says, on a faster clock."""
    failed = Answer(503)
    waits = [wait_after(attempt, failed, scale=1.0) for attempt in range(1, 51)]

    assert waits[:3] == [10.0, 10.0, 10.0]
    assert waits[11] == pytest.approx(600.0)
    assert waits[-1] is None
    assert 6 * 3600 < sum(WAITS) < 8 * 3600
    assert wait_after(1, failed, scale=60.0) == pytest.approx(1 / 6)


def test_mobile_push_waits_as_long_as_it_is_told() -> None:
    """However fast its clock runs; and what is no use to try again is not."""
    assert wait_after(1, Answer(429, retry_after=3.0), scale=60.0) == 3.0
    for status in (200, 400, 404, 410):
        assert wait_after(1, Answer(status), scale=60.0) is None
    assert wait_after(1, Answer(0), scale=60.0) is not None
