"""Requests and events at a rate: open loop, so that a slow answer does not slow the senders."""

import contextlib
import hashlib
import http.client
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from urllib.parse import urlsplit

from hinagata.errors import HinagataError
from hinagata.lab.channels import Channel, Putter
from hinagata.lab.messages import Message

# One connection each: 16 answers of 100 ms sustain 160 requests a second.
WORKERS = 16
# Servers drop idle connections, uvicorn after 5 s; a request on a dropped one would be a failure.
IDLE_SECONDS = 3.0
PROGRESS_SECONDS = 0.1

TOO_MANY_REQUESTS = 429
SERVER_ERRORS = 500

Signer = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]
"""Takes method, URL, headers and body, and returns the headers to send."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where the requests of a source go.

    Attributes:
        url: what comes before the path.
        sign: signs each attempt; None if anybody may call.
    """

    url: str
    sign: Signer | None = None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Messages that go to one entry at one rate."""

    entry: Entry | Channel
    messages: Sequence[Message]
    per_second: float


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a sender tries before it gives a message up.

    Attributes:
        attempts: how often a message is sent at most.
        timeout_seconds: how long an attempt waits for its answer.
        backoff_seconds: the longest wait before the second attempt; it doubles with each further
            one. The wait itself is drawn between zero and that (full jitter).
        longest_backoff_seconds: where the doubling ends.
    """

    attempts: int = 5
    timeout_seconds: float = 10.0
    backoff_seconds: float = 0.1
    longest_backoff_seconds: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of one message at its entry; times are seconds since the epoch.

    Attributes:
        source: the name of its source.
        id: the event's id on every hop.
        keys: the value of each key.
        due_at: when the rate wanted it sent.
        sent_at: when it was first sent, which is the time that it carries on every hop.
        attempts: how often it was sent.
        status: the last answer's HTTP status, or what it would be for an event; None if the last
            attempt got no answer.
        accepted_at: when an answer said that it was taken; None if it was refused.
        failure: why the last attempt failed; empty if it did not.
        trace: the root of the trace that began with it.
        throttled_at: when attempts were answered that there are too many requests.
        warm_up: whether it was one of those that start everything up.
    """

    source: str
    id: str
    keys: Mapping[str, str]
    due_at: float
    sent_at: float
    attempts: int
    status: int | None
    accepted_at: float | None
    failure: str
    trace: str = ""
    throttled_at: tuple[float, ...] = ()
    warm_up: bool = False


def trace_root(message: str, sent_at: float) -> str:
    """Return the root of a message's trace, as X-Ray writes it.

    Args:
        message: the message's id.
        sent_at: when it was first sent, in seconds since the epoch.
    """
    digest = hashlib.blake2b(message.encode(), digest_size=12)
    return f"1-{int(sent_at):08x}-{digest.hexdigest()}"


def send(
    streams: Sequence[Stream],
    *,
    patience: Patience | None = None,
    progress: Callable[[int], None] = lambda _: None,
    into: list[Sent] | None = None,
) -> list[Sent]:
    """Send every message of several streams, all at once, and return what became of each.

    Throttling, server errors and failed connections are tried again; other refusals are final.

    Args:
        streams: what to send, where and how fast.
        patience: how long to try. Default: five attempts of 10 s, which a device can afford.
        progress: told from time to time how many messages are done with; what it raises ends it.
        into: what became of each message is put here at once, for one who is interrupted.
    """
    sending = _Sending(patience or Patience(), [] if into is None else into)
    with ThreadPoolExecutor(max_workers=max(1, WORKERS * len(streams))) as pool:
        try:
            futures = [pool.submit(worker) for worker in sending.workers(streams)]
            pending = set(futures)
            while pending:
                done, pending = wait(pending, PROGRESS_SECONDS, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                progress(len(sending.sent))
        finally:
            sending.stop()
    return sorted(sending.sent, key=lambda sent: sent.sent_at)


class _Sending:
    """One call of `send`: what its workers share."""

    def __init__(self, patience: Patience, sent: list[Sent]) -> None:
        self.sent = sent
        self._patience = patience
        self._stopped = threading.Event()
        self._connections: list[http.client.HTTPConnection] = []

    def workers(self, streams: Sequence[Stream]) -> Iterator[Callable[[], None]]:
        """Yield the workers of all streams, whose clock starts now."""
        start = time.monotonic()
        for stream in streams:
            turns = count()
            for _ in range(min(WORKERS, len(stream.messages))):
                yield partial(self.work, stream, turns, start)

    def stop(self) -> None:
        """End every worker soon, also one that waits for an answer."""
        self._stopped.set()
        for connection in self._connections:
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def work(self, stream: Stream, turns: Iterator[int], start: float) -> None:
        """Send the stream's messages, each in its turn at its time."""
        with contextlib.closing(self._caller(stream.entry)) as caller:
            # `next` on a count is atomic, hence no lock.
            for turn in turns:
                if turn >= len(stream.messages):
                    return
                due = start + turn / stream.per_second
                if self._stopped.wait(max(0.0, due - time.monotonic())):
                    return
                late = time.monotonic() - due
                sent = self._deliver(stream.messages[turn], caller, late)
                if sent is None:
                    return
                self.sent.append(sent)

    def _caller(self, entry: Entry | Channel) -> "_Caller | Putter":
        if isinstance(entry, Channel):
            return Putter(entry, trace_root)
        caller = _Caller(entry, self._patience.timeout_seconds, self._stopped)
        self._connections.append(caller.connection)
        return caller

    def _deliver(self, message: Message, caller: "_Caller | Putter", late: float) -> Sent | None:
        """Send one message until it is taken or given up; None if the workers were stopped."""
        patience = self._patience
        sent_at = time.time()
        limit = patience.backoff_seconds
        throttled_at: list[float] = []
        for attempt in range(1, patience.attempts + 1):
            status, failure = caller.call(message, sent_at)
            accepted = not failure
            if status == TOO_MANY_REQUESTS:
                throttled_at.append(time.time())
            final = status is not None and status != TOO_MANY_REQUESTS and status < SERVER_ERRORS
            if accepted or final or attempt == patience.attempts:
                return Sent(
                    source=message.source,
                    id=message.id,
                    keys=message.keys,
                    due_at=sent_at - late,
                    sent_at=sent_at,
                    attempts=attempt,
                    status=status,
                    accepted_at=time.time() if accepted else None,
                    failure=failure,
                    trace=trace_root(message.id, sent_at),
                    throttled_at=tuple(throttled_at),
                    warm_up=message.warm_up,
                )
            backoff = random.uniform(0, limit)  # noqa: S311 - jitter
            limit = min(2 * limit, patience.longest_backoff_seconds)
            if self._stopped.wait(backoff):
                return None
        raise AssertionError("the last attempt is final")


class _Caller:
    """One keep-alive connection to an entry."""

    def __init__(self, entry: Entry, timeout_seconds: float, stopped: threading.Event) -> None:
        address = urlsplit(entry.url)
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise HinagataError(
                f"{entry.url} is no http or https URL: no request can be sent there"
            )
        secure = address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self.connection = kind(address.hostname, address.port, timeout=timeout_seconds)
        self._entry = entry
        self._prefix = address.path.rstrip("/")
        self._stopped = stopped
        self._used_at = 0.0

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def call(self, message: Message, sent_at: float) -> tuple[int | None, str]:
        """Return the status of the answer, if any, and why the attempt failed, if it did."""
        headers: Mapping[str, str] = {
            "Idempotency-Key": message.id,
            "X-Amzn-Trace-Id": f"Root={trace_root(message.id, sent_at)};Sampled=1",
            "X-Sent-At": datetime.fromtimestamp(sent_at, UTC).isoformat(timespec="microseconds"),
            **({"Content-Type": "application/json"} if message.body is not None else {}),
        }
        if self._entry.sign is not None:
            url = self._entry.url.rstrip("/") + message.path
            headers = self._entry.sign(message.method, url, headers, message.body or b"")
        if time.monotonic() - self._used_at > IDLE_SECONDS:
            self.connection.close()
        try:
            if self.connection.sock is None:
                self.connection.connect()
            # Whoever stops the workers cuts the connections that there are, which this may not be.
            if self._stopped.is_set():
                return None, "stopped"
            self.connection.request(
                message.method,
                self._prefix + message.path,
                body=message.body,
                headers=dict(headers),
            )
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return None, f"{type(error).__name__}: {error}"
        self._used_at = time.monotonic()
        if http.client.OK <= response.status < http.client.MULTIPLE_CHOICES:
            return response.status, ""
        return response.status, f"{response.status}: {text[:200].decode(errors='replace')}"
