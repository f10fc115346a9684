"""The device gateway as a process: the container's contract."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.fakes.http_peer import HttpPeer
from tests.functions.conftest import lambda_event
from tests.functions.connected_car.conftest import ENVIRONMENT
from tests.polling import eventually

ROOT = Path(__file__).parents[3]
DEADLINE = 30.0


class Gateway:
    """A gateway that runs as a process of its own, on a port that the system chose."""

    def __init__(self, aws_url: str) -> None:
        environment = ENVIRONMENT | {
            "AWS_ENDPOINT_URL": aws_url,
            "HOST": "127.0.0.1",
            "PATH": os.environ["PATH"],
            "PORT": "0",
            "POWERTOOLS_SERVICE_NAME": "DeviceGateway",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "functions"), str(ROOT)]),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "connected_car.gateway"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        # Ends by itself if the process does; pytest's own timeout is the deadline otherwise.
        for line in self.process.stderr:
            if found := re.search(r"running on (http://[\d.]+:\d+)", line):
                self.url = found[1]
                return
        pytest.fail("the gateway ended before it listened")

    def refuses(self) -> bool:
        """Say whether nobody listens any more."""
        address = urlsplit(self.url)
        assert address.hostname is not None
        assert address.port is not None
        try:
            socket.create_connection((address.hostname, address.port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        return False


@pytest.fixture
def kinesis(peer: HttpPeer) -> HttpPeer:
    """Return a stream that takes everything."""
    peer.status = 200
    peer.answer = b'{"ShardId": "shardId-000000000000", "SequenceNumber": "1"}'
    peer.headers = {"Content-Type": "application/x-amz-json-1.1"}
    return peer


@pytest.fixture
def gateway(kinesis: HttpPeer) -> Iterator[Gateway]:
    """Start a gateway, and end it whatever happens."""
    running = Gateway(kinesis.url)
    yield running
    running.process.kill()
    running.process.communicate(timeout=DEADLINE)


def test_a_request_is_finished_when_the_container_is_stopped(
    gateway: Gateway, kinesis: HttpPeer
) -> None:
    """On SIGTERM the gateway takes nothing new, finishes what it has, and exits 0."""
    arrived, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        go_on.wait(DEADLINE)

    kinesis.before_answer = hold
    http = urllib3.PoolManager(retries=False)
    assert http.request("GET", f"{gateway.url}/health").status == 200

    with ThreadPoolExecutor() as pool:
        request = pool.submit(
            http.request,
            "POST",
            f"{gateway.url}/vehicles/car-7/telemetry",
            json=lambda_event("telemetry", sample="connected_car"),
            headers={"Idempotency-Key": "last"},
        )
        assert arrived.wait(DEADLINE)
        gateway.process.send_signal(signal.SIGTERM)
        eventually(gateway.refuses, within=DEADLINE)
        assert not request.done()
        go_on.set()
        answer = request.result(DEADLINE)

    output, _ = gateway.process.communicate(timeout=DEADLINE)
    assert answer.status == 202
    assert gateway.process.returncode == 0
    (span,) = [json.loads(line) for line in output.splitlines()]
    assert (span["span"], span["id"], span["status"]) == ("DeviceGateway", "last", "ok")


def test_fails_to_start_without_its_environment() -> None:
    """A gateway that is not told what it works with ends at once, and names a variable."""
    ended = subprocess.run(
        [sys.executable, "-c", "import connected_car.gateway.app"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )

    assert ended.returncode == 1
    assert re.search("environment variable [A-Z_]+ is not set", ended.stderr)


def test_the_container_needs_no_powertools() -> None:
    """The image carries what the gateway imports and nothing that only Lambda handlers use."""
    code = (
        "import connected_car.gateway.app, sys;"
        "sys.exit(any(name.startswith('aws_lambda_powertools') for name in sys.modules))"
    )
    environment = ENVIRONMENT | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
    }

    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, timeout=DEADLINE, check=False
    )

    assert ended.returncode == 0
