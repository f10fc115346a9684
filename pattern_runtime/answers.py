"""Asking a service for an answer, and waiting for it: a function, or what speaks HTTP."""

import json
from typing import TYPE_CHECKING, cast

import boto3
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from pattern_runtime import aws
from pattern_runtime.events import ID_HEADER, TIME_HEADER, Event, JsonObject
from pattern_runtime.trace import HTTP_HEADER, onward_trace

if TYPE_CHECKING:
    from botocore.credentials import Credentials

# Less than any worker's own timeout, so that a slow service is an error with a name.
_POOL = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=5), retries=False)


class NoAnswerError(Exception):
    """Who was asked failed, or said no; it may be well later."""


def ask(function_name: str, event: Event) -> JsonObject:
    """Invoke a function with the event, and return what it answers.

    Args:
        function_name: The function's name or ARN.
        event: Its envelope becomes the payload.

    Raises:
        NoAnswerError: The function failed, or nobody answered.
    """
    try:
        answer = aws.client("lambda").invoke(
            FunctionName=function_name, Payload=event.to_json().encode()
        )
    except (BotoCoreError, ClientError) as error:
        raise NoAnswerError(f"no answer: {type(error).__name__}") from error
    said = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise NoAnswerError(f"the function failed: {said.get('errorType', 'unknown')}")
    return said if isinstance(said, dict) else {}


def post(url: str, event: Event, *, signed: bool = False) -> JsonObject:
    """Post the event's data, under its own id, time and trace, and return the answer's body.

    A service of this house reads the same event out of it (`Event.from_http`).

    Args:
        url: Where to.
        event: What to post.
        signed: Sign the request for API Gateway, with the credentials that this code runs with.

    Raises:
        NoAnswerError: The answer was not a yes, or there was none.
    """
    headers = {
        "Content-Type": "application/json",
        ID_HEADER: event.id,
        TIME_HEADER: event.time_text,
        HTTP_HEADER: onward_trace(event.trace),
    }
    request = AWSRequest("POST", url, headers=headers, data=event.data_text.encode())
    if signed:
        session = boto3.Session()
        # Where there are none, it says so itself.
        credentials = cast("Credentials", session.get_credentials())
        SigV4Auth(credentials, "execute-api", session.region_name).add_auth(request)
    try:
        answer = _POOL.request("POST", url, body=request.data, headers=dict(request.headers))
    except urllib3.exceptions.HTTPError as error:
        raise NoAnswerError(f"no answer: {type(error).__name__}") from error
    if not 200 <= answer.status < 300:
        raise NoAnswerError(f"the answer was {answer.status}")
    try:
        said = json.loads(answer.data or b"null")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
