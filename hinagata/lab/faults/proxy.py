"""microburst between handlers and endpoint: `python -m hinagata.lab.faults.proxy PORT URL SEED`.

It passes on the host and the path that a request was signed for. microburst's own command puts the
endpoint's host in its place, and its client writes the %3A of an ARN as a colon; an endpoint that
verifies signatures, as the embedded one does, refuses such calls.

And it asks no host for a service: that of an endpoint on this machine names none, and to find that
out microburst reads what botocore has of every service, which takes 6 s and 370 MB.
"""

import random
import sys
from typing import Any

from aiohttp import web
from microburst import detection
from microburst.app import make_app
from microburst.core.pipeline import Microburst
from yarl import URL


def main() -> None:
    """Serve until the process is ended."""
    port, url, seed = sys.argv[1:]
    random.seed(seed)  # what microburst draws its lots from
    detection.parse_host = lambda _: (None, None, None)
    proxy = Microburst(url, resign=False)
    _keep_host(proxy.upstream)
    proxy.upstream.base_url = ExactUrl(proxy.upstream.base_url)
    web.run_app(make_app(proxy), host="127.0.0.1", port=int(port), print=None)


def _keep_host(upstream: Any) -> None:
    plain_headers = upstream._outbound_headers

    def headers(request: web.Request) -> dict[str, str]:
        return {**plain_headers(request), "host": request.host}

    upstream._outbound_headers = headers


class ExactUrl(str):
    """A URL that is joined with a path as it is written, with its escapes."""

    __slots__ = ()

    def __add__(self, path: str) -> Any:
        return URL(f"{self}{path}", encoded=True)


if __name__ == "__main__":
    main()
