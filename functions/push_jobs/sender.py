"""Sender: brings each job to its phone."""

from pattern_runtime import Event, MalformedEventError, each_event
from pattern_runtime.push import PushGateway

_FIELDS = ("token", "title", "body")
phones = PushGateway("PHONES")


def handle(event: Event) -> None:
    """Push a job's message to its device, unless that is gone.

    Raises:
        MalformedEventError: It is no job.
    """
    token, title, body = (_text(event, name) for name in _FIELDS)
    phones.push(event, token=token, title=title, body=body)


def _text(event: Event, name: str) -> str:
    value = event.data.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedEventError(f"a job needs {name}, which is a text")
    return value


handler = each_event(handle)
