"""What a task prints goes to the log group that its task definition names."""

import sys
import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from hinagata.lab.endpoint import Endpoint

BATCH_SECONDS = 0.2
BATCH_LINES = 500  # far below the 10,000 of one PutLogEvents
# A batch takes milliseconds; the SDK alone would try for minutes.
CLOSE_SECONDS = 10.0


class LogShipper:
    """Reads a stream of lines to its end and ships them in batches, as the awslogs driver does.

    Args:
        lines: standard output of the task.
        endpoint: with CloudWatch Logs.
        container: its definition; one without the awslogs driver is read and dropped.
        task_id: part of the log stream's name.
    """

    def __init__(
        self, lines: IO[bytes], endpoint: Endpoint, container: Mapping[str, Any], task_id: str
    ) -> None:
        self.last_line = "nothing"
        self._lines = lines
        self._logs = endpoint.client("logs")
        options = (container.get("logConfiguration") or {}).get("options", {})
        self._group: str | None = options.get("awslogs-group")
        prefix = options.get("awslogs-stream-prefix", "ecs")
        self._stream = f"{prefix}/{container['name']}/{task_id}"
        self._events: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        if self._group is not None:
            self._logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._read, self._ship)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Wait until the last line is shipped; the process must have ended.

        An endpoint that no longer answers is not waited for: a run must end that is interrupted.
        """
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        if not any(thread.is_alive() for thread in self._threads):
            self._lines.close()

    def _read(self) -> None:
        for line in self._lines:
            message = line.decode(errors="replace").rstrip("\r\n")
            if message:  # CloudWatch Logs takes no empty event
                self.last_line = message
                self._events.put({"timestamp": int(time.time() * 1000), "message": message})
        self._events.put(None)

    def _ship(self) -> None:
        ended = False
        while not ended:
            batch: list[dict[str, Any]] = []
            deadline = time.monotonic() + BATCH_SECONDS
            while len(batch) < BATCH_LINES:
                try:
                    event = self._events.get(timeout=max(deadline - time.monotonic(), 0))
                except Empty:
                    break
                if event is None:
                    ended = True
                    break
                batch.append(event)
            if batch and self._group is not None:
                try:
                    self._logs.put_log_events(
                        logGroupName=self._group, logStreamName=self._stream, logEvents=batch
                    )
                except (BotoCoreError, ClientError) as error:
                    # Whoever waits for a message that these lines tell of says that it is lost.
                    print(
                        f"hinagata: {len(batch)} lines of {self._stream} were not logged: {error}",
                        file=sys.stderr,
                    )
