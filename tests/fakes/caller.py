"""A client of a service that runs in the same process."""

from typing import Any

import anyio
import httpx
from starlette.applications import Starlette


class Caller:
    """Calls a service in this process, without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Make one request, and return the whole answer."""

        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, **options)

        return anyio.run(call)

    def get(self, path: str) -> httpx.Response:
        """Make a GET request."""
        return self.request("GET", path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Make a POST request."""
        return self.request("POST", path, **options)
