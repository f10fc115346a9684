"""A message to a phone's endpoint is delivered to its push service, over HTTP, until it has it.

The emulator takes such messages and delivers none, whoever they are for. Here the push service is
a server of the lab (`HINAGATA_PUSH_PROVIDER`), asked in the words of Firebase or Apple; without
one, nothing is delivered.

As SNS does, what the service throttles or fails at is tried again, up to 50 times: twice after 10
s, ten times after 10 s to 10 minutes, and then each 10 minutes (Amazon SNS developer guide,
"Message delivery retries"). That clock runs `HINAGATA_LAB_RETRY_SCALE` times as fast, 60 unless
given; a Retry-After is waited for in full. An endpoint whose token is dead is disabled, its
application's topics are told, and who publishes to it is told too. What failed for good is logged
where the application says.
"""

import heapq
import http.client
import itertools
import json
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from hinagata.lab.patches.asynchronous_invocation import SCALE, SCALE_VARIABLE
from hinagata.lab.patches.patch import Patch, emulator_module

PROVIDER_VARIABLE = "HINAGATA_PUSH_PROVIDER"
# In AWS's time, after each attempt that failed.
WAITS = (10.0, 10.0, *(10.0 * math.pow(60, step / 9) for step in range(10)), *(600.0,) * 37)
_SENDERS = 8
_ANSWER_SECONDS = 10
_DEAD = (404, 410)
_TOO_MANY = 429


@dataclass
class Delivery:
    """A message on its way to a push service.

    Attributes:
        endpoint: the emulator's record of the endpoint.
        message_id: what its publisher was told.
        payload: the message in the words of its platform.
        attempts: how often it was tried.
    """

    endpoint: dict[str, Any]
    message_id: str
    payload: Mapping[str, Any]
    attempts: int = 0


@dataclass(frozen=True)
class Answer:
    """What a push service said; no status if it could not be reached."""

    status: int
    retry_after: float = 0.0
    body: str = ""

    @property
    def later(self) -> bool:
        """Whether it may take the message later."""
        return self.status in (0, _TOO_MANY) or self.status >= 500


def request_for(arn: str, token: str, payload: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the path and the body of the request that brings a message to its push service.

    Args:
        arn: the endpoint's.
        token: the device's.
        payload: the message in the words of its platform.
    """
    _, platform, name, _ = arn.split("/")
    if platform.startswith("APNS"):
        return f"/3/device/{token}", json.dumps(payload).encode()
    message = payload.get("fcmV1Message", {}).get("message", payload)
    body = json.dumps({"message": {**message, "token": token}}).encode()
    return f"/v1/projects/{name}/messages:send", body


def wait_after(attempts: int, answer: Answer, *, scale: float) -> float | None:
    """Return how many seconds to wait for the next attempt; None if there is none.

    Args:
        attempts: how many there were.
        answer: of the last one.
        scale: how much faster than AWS's the clock runs.
    """
    if not answer.later or attempts > len(WAITS):
        return None
    return max(WAITS[attempts - 1] / scale, answer.retry_after)


def _apply() -> None:
    topics = emulator_module("services.sns")
    provider = os.environ.get(PROVIDER_VARIABLE)
    post = Post(urlsplit(provider)) if provider else None
    plain_create, plain_publish = topics._create_platform_endpoint, topics._publish

    def create(params: Any) -> Any:
        before = set(topics._platform_endpoints)
        status, headers, body = plain_create(params)
        for arn in set(topics._platform_endpoints) - before:
            # arn:aws:sns:region:account:endpoint/GCM/name/id
            record = topics._platform_endpoints.pop(arn)
            record["arn"] = arn.replace(":app/", ":endpoint/")
            topics._platform_endpoints[record["arn"]] = record
            body = body.replace(arn.encode(), record["arn"].encode())
        return status, headers, body

    def publish(params: Any) -> Any:
        arn = topics._p(params, "TargetArn")
        if ":endpoint/" not in arn:
            return plain_publish(params)
        endpoint = topics._platform_endpoints.get(arn)
        if endpoint is None:
            reason = "TargetArn Reason: No endpoint found for the target arn specified"
            return topics._error("InvalidParameter", f"Invalid parameter: {reason}", 400)
        if endpoint["attributes"]["Enabled"] != "true":
            return topics._error("EndpointDisabled", "Endpoint is disabled", 400)
        status, headers, body = plain_publish(params)
        message_id = body.decode().partition("<MessageId>")[2].partition("<")[0]
        if post is not None:
            post.soon(0.0, Delivery(endpoint, message_id, _payload(topics, params, arn)))
        return status, headers, body

    topics._create_platform_endpoint = create
    topics._publish = publish
    if post is not None:
        post.start(_follow_up(topics, post))


def _follow_up(topics: Any, post: "Post") -> Callable[[Delivery, Answer], None]:
    """Return what comes of an attempt."""
    scope = emulator_module("core.responses").request_scope
    scale = float(os.environ.get(SCALE_VARIABLE) or SCALE)

    def follow_up(delivery: Delivery, answer: Answer) -> None:
        pause = wait_after(delivery.attempts, answer, scale=scale)
        if pause is not None:
            post.soon(pause, delivery)
        elif not 200 <= answer.status < 300:
            _, _, _, region, account, _ = delivery.endpoint["arn"].split(":", 5)
            with scope(account, region):
                _give_up(topics, delivery, answer)

    return follow_up


def _payload(topics: Any, params: Any, arn: str) -> Mapping[str, Any]:
    message = topics._p(params, "Message")
    if topics._p(params, "MessageStructure") == "json":
        every = json.loads(message)
        message = every.get(arn.split("/")[1], every["default"])
    try:
        payload = json.loads(message)
    except ValueError:
        payload = None
    return payload if isinstance(payload, dict) else {"notification": {"body": message}}


def _give_up(topics: Any, delivery: Delivery, answer: Answer) -> None:
    """Tell the application's topics, and disable the endpoint if its token is dead."""
    endpoint = delivery.endpoint
    dead = answer.status in _DEAD
    told = {
        "EndpointArn": endpoint["arn"],
        "Resource": endpoint["application_arn"],
        "Service": "SNS",
        "Time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    events = {
        "DeliveryFailure": {
            "DeliveryAttempts": delivery.attempts,
            "FailureMessage": answer.body or "the push service was not reached",
            "FailureType": "InvalidPlatformToken" if dead else "TemporarilyUndeliverable",
            "MessageId": delivery.message_id,
        }
    }
    if dead and endpoint["attributes"]["Enabled"] == "true":
        endpoint["attributes"]["Enabled"] = "false"
        events["EndpointUpdated"] = {}
    application = topics._platform_applications.get(endpoint["application_arn"])
    if application is None:
        return
    if application["attributes"].get("FailureFeedbackRoleArn"):
        _log_failure(delivery, answer)
    for kind, more in events.items():
        topic = application["attributes"].get(f"Event{kind}")
        if topic:
            subject = f"{kind} event for app {application['name']} ({application['platform']})"
            message = json.dumps({**told, "EventType": kind, **more})
            topics.publish_internal(topic, message, subject)


def _log_failure(delivery: Delivery, answer: Answer) -> None:
    """Write what SNS writes (developer guide, "Amazon SNS message delivery status")."""
    logs = emulator_module("services.cloudwatch_logs")
    endpoint = delivery.endpoint
    _, _, _, region, account, resource = endpoint["arn"].split(":", 5)
    _, platform, name, endpoint_id = resource.split("/")
    place = {
        "logGroupName": f"sns/{region}/{account}/app/{platform}/{name}/Failure",
        "logStreamName": endpoint_id,
    }
    line = {
        "notification": {"messageId": delivery.message_id},
        "delivery": {
            "destination": endpoint["arn"],
            "token": endpoint["attributes"]["Token"],
            "providerResponse": answer.body,
            "statusCode": answer.status,
            "attempts": delivery.attempts,
        },
        "status": "FAILURE",
    }
    # What is there already refuses to be made again.
    logs._create_log_group(place)
    logs._create_log_stream(place)
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs._put_log_events({**place, "logEvents": [event]})


class Post:
    """Brings messages to a push service, some at a time, each when it is due.

    Args:
        provider: where the service is.
    """

    def __init__(self, provider: SplitResult) -> None:
        self._provider = provider
        self._due: list[tuple[float, int, Delivery]] = []
        self._turn = itertools.count()
        self._changed = threading.Condition()

    def soon(self, seconds: float, delivery: Delivery) -> None:
        """Take a message, to be tried after so many seconds."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._turn), delivery))
            self._changed.notify()

    def start(self, ended: Callable[[Delivery, Answer], None]) -> None:
        """Start to deliver.

        Args:
            ended: called with each message and what the service said of it.
        """
        for _ in range(_SENDERS):
            threading.Thread(target=self._deliver, args=(ended,), daemon=True).start()

    def _deliver(self, ended: Callable[[Delivery, Answer], None]) -> None:
        connection = http.client.HTTPConnection(
            str(self._provider.hostname), self._provider.port, timeout=_ANSWER_SECONDS
        )
        while True:
            delivery = self._next()
            delivery.attempts += 1
            ended(delivery, self._ask(connection, delivery))

    def _next(self) -> Delivery:
        with self._changed:
            while True:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)

    def _ask(self, connection: http.client.HTTPConnection, delivery: Delivery) -> Answer:
        endpoint = delivery.endpoint
        path, body = request_for(endpoint["arn"], endpoint["attributes"]["Token"], delivery.payload)
        try:
            connection.request(
                "POST", self._provider.path + path, body, {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            return Answer(
                answer.status,
                float(answer.headers.get("Retry-After") or 0),
                answer.read().decode(errors="replace"),
            )
        except (OSError, http.client.HTTPException):
            connection.close()
            return Answer(0)


PATCH = Patch(
    name="mobile-push",
    promise="a message to an endpoint of mobile push is delivered to its push service, tried again "
    "when that throttles or fails, and ends an endpoint whose token is dead",
    symbols=(
        "ministack.services.sns:_create_platform_endpoint",
        "ministack.services.sns:_publish",
        "ministack.services.sns:_platform_applications",
        "ministack.services.sns:_platform_endpoints",
        "ministack.services.sns:_p",
        "ministack.services.sns:_error",
        "ministack.services.sns:publish_internal",
        "ministack.services.cloudwatch_logs:_create_log_group",
        "ministack.services.cloudwatch_logs:_create_log_stream",
        "ministack.services.cloudwatch_logs:_put_log_events",
        "ministack.core.responses:request_scope",
    ),
    apply=_apply,
)
