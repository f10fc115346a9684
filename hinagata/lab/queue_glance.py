"""A look into a queue of the embedded endpoint that touches nothing."""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator

from hinagata.lab.endpoint import Endpoint

_SECONDS = 10.0


def glance(endpoint: Endpoint, queue_url: str) -> Iterator[tuple[str, str]]:
    """Yield the id and the body of each message in a queue, hidden ones too.

    Of a FIFO queue's group a receive brings ten messages at most, and more only when those are
    gone; so nobody can read a longer group without taking from it.

    Args:
        endpoint: the embedded one.
        queue_url: of the queue.
    """
    asked = urllib.parse.urlencode({"QueueUrl": queue_url})
    # The user's HTTP proxy must not be asked for a loopback address.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{endpoint.url}/_ministack/sqs/messages?{asked}", timeout=_SECONDS) as answer:
        accounts = json.load(answer)["messages"]
    for regions in accounts.values():
        for queues in regions.values():
            for messages in queues.values():
                for message in messages:
                    yield message["MessageId"], message["Body"]
