"""What a task prints reaches its log group, and an endpoint that is gone holds nobody up."""

import io
import threading
from typing import Any, cast

import pytest
from botocore.exceptions import ReadTimeoutError

from hinagata.lab import log_shipping
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.log_shipping import LogShipper

CONTAINER = {"name": "Gateway", "logConfiguration": {"options": {"awslogs-group": "gateway"}}}


class Logs:
    """Stands in for CloudWatch Logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.answers = threading.Event()
        self.answers.set()
        self.fails = False

    def client(self, _: str) -> "Logs":
        """Return itself, as an endpoint does its clients."""
        return self

    def create_log_stream(self, **_: str) -> None:
        """Take the name of a stream."""

    def put_log_events(self, logEvents: list[dict[str, Any]], **_: str) -> None:  # noqa: N803
        """Keep the lines, fail, or answer late."""
        if self.fails:
            raise ReadTimeoutError(endpoint_url="http://127.0.0.1")
        self.answers.wait(10)
        self.lines += [event["message"] for event in logEvents]


def shipper(logs: Logs) -> LogShipper:
    """Return a shipper of two lines."""
    return LogShipper(io.BytesIO(b"one\n\ntwo\n"), cast("Endpoint", logs), CONTAINER, "task-1")


def test_every_line_is_shipped_before_it_closes() -> None:
    """In their order, and without the empty ones."""
    logs = Logs()

    shipper(logs).close()

    assert logs.lines == ["one", "two"]


def test_lines_that_cannot_be_logged_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """The run goes on: whoever waits for what they told of says that it is lost."""
    logs = Logs()
    logs.fails = True

    shipper(logs).close()

    assert "2 lines of ecs/Gateway/task-1 were not logged" in capsys.readouterr().err


def test_an_endpoint_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An interrupted run ends, whatever state the endpoint is in."""
    monkeypatch.setattr(log_shipping, "CLOSE_SECONDS", 0.1)
    logs = Logs()
    logs.answers.clear()

    shipper(logs).close()

    assert logs.lines == []
    logs.answers.set()
