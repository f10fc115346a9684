"""The partner who wants to hear of every event, and is not always there."""

import os

import urllib3

from connected_car.outgoing import post_json
from pattern_runtime import Event
from pattern_runtime.events import ID_HEADER
from pattern_runtime.trace import HTTP_HEADER, onward_trace

# Without a partner a stand-in of our own accepts everything.
PARTNER_URL = os.environ.get("PARTNER_URL", "")

_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


class PartnerUnavailableError(Exception):
    """The partner did not take the event now, but may later."""


class PartnerRefusedError(Exception):
    """The partner will not take this event, now or later."""


def tell_partner(event: Event) -> None:
    """Give the partner the event.

    Args:
        event: Its id goes along, so that the partner can recognise a repeat.

    Raises:
        PartnerUnavailableError: No answer, or one that asks to come back.
        PartnerRefusedError: Any other answer than yes.
    """
    if not PARTNER_URL:
        return
    headers = {ID_HEADER: event.id, HTTP_HEADER: onward_trace(event.trace)}
    try:
        status = post_json(PARTNER_URL, event.to_json(), headers)
    except urllib3.exceptions.HTTPError as error:
        raise PartnerUnavailableError(f"no answer: {type(error).__name__}") from error
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        raise PartnerUnavailableError(f"the partner answered {status}")
    if not 200 <= status < 300:
        raise PartnerRefusedError(f"the partner answered {status}")
