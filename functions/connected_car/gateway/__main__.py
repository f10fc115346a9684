"""`python -m connected_car.gateway`: serve on $HOST:$PORT until SIGTERM, then finish and exit 0."""

import os
import signal
import sys

import uvicorn

# A task has 30 s between SIGTERM and SIGKILL unless its definition says otherwise.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
DRAIN_SECONDS = 25
# Longer than the load balancer keeps a connection idle (60 s): who closes first must be the one who
# sends, or a request that crosses the close is answered 502.
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Serve until told to stop."""
    # When it has drained, uvicorn raises the signal again; to have been stopped is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "connected_car.gateway.app:app",
        # A container's own network, where only the load balancer gets through.
        host=os.environ.get("HOST", "0.0.0.0"),
        port=int(os.environ.get("PORT", "8080")),
        # Every request prints a span, and the load balancer keeps the access log.
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()
