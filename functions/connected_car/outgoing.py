"""HTTP requests to others, with short timeouts; who wants a retry has a queue for it."""

from collections.abc import Mapping

import urllib3

# Less than any worker's own timeout, so that a slow peer is an error with a name.
_POOL = urllib3.PoolManager(
    timeout=urllib3.Timeout(connect=2, read=5),
    retries=False,
)


def post_json(url: str, body: str, headers: Mapping[str, str]) -> int:
    """Post the JSON text and return the status of the answer.

    Args:
        url: Where to.
        body: The text.
        headers: Besides the content type.

    Raises:
        urllib3.exceptions.HTTPError: There was no answer.
    """
    response = _POOL.request(
        "POST", url, body=body.encode(), headers={"Content-Type": "application/json", **headers}
    )
    return response.status
