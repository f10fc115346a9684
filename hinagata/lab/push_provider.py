"""A push service for a laptop: it takes what is for phones, and knows some of them to be gone.

It speaks as Firebase (docs: firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode) and Apple
do. One device in 25 is gone, told by its token: so the same ones each time. Faults of the scenario
make it throttle (429, with a Retry-After) and fail (503); what it has taken is shown.
"""

import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from hinagata.lab.spans import Span, Status, trace_fields
from hinagata.lab.traffic import Sent
from hinagata.scenario.fault import Inject

GONE_ONE_IN = 25
# The key of a source whose messages are for phones: its values are devices' tokens.
TOKEN_KEY = "token"  # noqa: S105 - the name of a field
RETRY_AFTER_SECONDS = 1
_APPLE = re.compile(r"/3/device/(?P<token>[^/]+)$")
_FIREBASE = re.compile(r"/v1/projects/[^/]+/messages:send$")


def is_gone(token: str) -> bool:
    """Return whether the app of a token was deleted."""
    return int.from_bytes(sha256(token.encode()).digest()[:4]) % GONE_ONE_IN == 0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a push service says."""

    status: HTTPStatus
    body: dict[str, Any] = field(default_factory=dict)
    retry_after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Pushed:
    """What became of the messages for phones.

    Attributes:
        accepted: how many were accepted at their entry.
        delivered: how many of them their phones have.
        gone: how many others were for phones that are gone.
        retries: how often the service throttled or failed, so that a message came again.
        again: how often a phone got a message that it had.
    """

    accepted: int
    delivered: int
    gone: int
    retries: int
    again: int


class PushProvider:
    """A push service, and what it has been asked.

    Args:
        name: what the scenario calls it: the hop of its spans.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._spans: list[Span] = []
        self._gone: dict[str, float] = {}
        self._lock = threading.Lock()

    def answer(self, path: str, body: bytes, *, struck: Inject | None) -> Answer:
        """Take a message, or say why not.

        Args:
            path: of the request, below the service's own.
            body: of the request.
            struck: the fault that strikes it.
        """
        started = time.time()
        asked = _read(path, body)
        if asked is None:
            return Answer(
                status=HTTPStatus.BAD_REQUEST, body={"error": {"status": "INVALID_ARGUMENT"}}
            )
        token, data = asked
        apple = _APPLE.search(path) is not None
        answer = _refusal(token, struck, apple=apple) or Answer(
            status=HTTPStatus.OK, body={} if apple else {"name": f"messages/{data.get('id')}"}
        )
        now = time.time()
        with self._lock:
            if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                self._gone.setdefault(token, now)
            else:
                self._spans.append(self._span(data, started, now, answer.status))
        return answer

    def spans(self, sent: Sequence[Sent]) -> list[Span]:
        """Return a span for each time that it was asked, and one for each message to the gone.

        A message for a phone that is gone has come to its end once the service has said so,
        whether or not it was asked about this one too.

        Args:
            sent: the messages that were sent.
        """
        with self._lock:
            spans, gone = list(self._spans), dict(self._gone)
        return spans + [
            Span(
                hop=self.name,
                id=each.id,
                start=max(each.sent_at, gone[token]),
                end=max(each.sent_at, gone[token]),
                status=Status.OK,
            )
            for each in sent
            if each.accepted_at is not None and (token := each.keys.get(TOKEN_KEY, "")) in gone
        ]

    def pushed(self, sent: Sequence[Sent]) -> Pushed:
        """Return what became of the messages that were sent.

        Args:
            sent: the messages.
        """
        with self._lock:
            spans, gone = list(self._spans), dict(self._gone)
        ours = {
            each.id: each.keys[TOKEN_KEY]
            for each in sent
            if TOKEN_KEY in each.keys and each.accepted_at is not None
        }
        taken = [span.id for span in spans if span.handled and span.id in ours]
        delivered = set(taken)
        return Pushed(
            accepted=len(ours),
            delivered=len(delivered),
            gone=sum(token in gone for name, token in ours.items() if name not in delivered),
            retries=sum(not span.handled for span in spans),
            again=len(taken) - len(delivered),
        )

    def _span(self, data: dict[str, Any], started: float, now: float, status: HTTPStatus) -> Span:
        trace = trace_fields(data.get("trace"))
        well = status is HTTPStatus.OK
        return Span(
            hop=self.name,
            id=str(data.get("id", "")),
            start=started,
            end=now,
            status=Status.OK if well else Status.ERROR,
            error="" if well else f"{status.value} {status.phrase}",
            trace=trace.get("Root", ""),
            parent=trace.get("Parent", ""),
        )


def _refusal(token: str, struck: Inject | None, *, apple: bool) -> Answer | None:
    """Return why a message is not taken; None if it is."""
    if struck is Inject.THROTTLE:
        return Answer(
            status=HTTPStatus.TOO_MANY_REQUESTS,
            body=_said("TooManyRequests", "RESOURCE_EXHAUSTED", apple=apple),
            retry_after=RETRY_AFTER_SECONDS,
        )
    if struck is Inject.SERVER_ERROR:
        return Answer(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            body=_said("ServiceUnavailable", "UNAVAILABLE", apple=apple),
        )
    if is_gone(token):
        return Answer(
            status=HTTPStatus.GONE if apple else HTTPStatus.NOT_FOUND,
            body=_said("Unregistered", "UNREGISTERED", apple=apple),
        )
    return None


def _said(by_apple: str, by_firebase: str, *, apple: bool) -> dict[str, Any]:
    return {"reason": by_apple} if apple else {"error": {"status": by_firebase}}


def _read(path: str, body: bytes) -> tuple[str, dict[str, Any]] | None:
    """Return the token and the data of a message; None if it is none."""
    try:
        said = json.loads(body)
        if apple := _APPLE.search(path):
            return apple["token"], said
        message = said["message"]
        token, data = message["token"], message.get("data", {})
    except (ValueError, KeyError, TypeError):
        return None
    return (token, data) if _FIREBASE.search(path) and isinstance(token, str) else None
