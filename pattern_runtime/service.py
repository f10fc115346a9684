"""A container that serves HTTP with the handlers of an API: the same code behind either."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, cast

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pattern_runtime.events import JsonObject

RequestHandler = Callable[[Mapping[str, Any], Any], JsonObject]

# A task has 30 s between SIGTERM and SIGKILL unless its definition says otherwise.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
DRAIN_SECONDS = 25
# Longer than the load balancer keeps a connection idle (60 s): who closes first must be the one who
# sends, or a request that crosses the close is answered 502.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
KEEP_ALIVE_SECONDS = 75
MAX_BODY_BYTES = 64 * 1024


def application(routes: Mapping[str, RequestHandler]) -> Starlette:
    """Return the HTTP application that answers by handlers of `each_request`.

    GET /health answers the load balancer: this process serves. What is behind it is not asked: a
    task that is replaced when AWS throttles helps nobody.

    Args:
        routes: "METHOD /path/{parameter}" to the handler of its requests.
    """

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    served = [Route("/health", health)]
    for key, handler in routes.items():
        method, path = key.split(" ", 1)
        served.append(Route(path, _endpoint(handler), methods=[method]))
    return Starlette(routes=served, max_body_size=MAX_BODY_BYTES)


def serve(served: Mapping[str, RequestHandler] | str) -> None:
    """Serve on $HOST:$PORT until SIGTERM, then finish what was begun, and exit with 0.

    Args:
        served: Routes, as of `application`; or the name of an application, "package.module:name".

    Example:
        serve({"POST /reports": reports.handler})
    """
    # When it has drained, uvicorn raises the signal again; to have been stopped is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        served if isinstance(served, str) else application(served),
        # A container's own network, where only the load balancer gets through.
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104
        port=int(os.environ.get("PORT", "8080")),
        # Every request prints a span, and the load balancer keeps the access log.
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _endpoint(handler: RequestHandler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        # What API Gateway makes of a request, as far as handlers read it.
        asked = {
            "headers": dict(request.headers),
            "pathParameters": request.path_params,
            "queryStringParameters": dict(request.query_params),
            "body": (await request.body()).decode(errors="replace"),
        }
        answer = await run_in_threadpool(handler, asked, None)
        return Response(
            cast("str", answer.get("body", "")), answer["statusCode"], answer.get("headers")
        )

    return endpoint
