"""Services that are slow, down, throttled or broken for the handlers that call them.

Between the handlers' SDK and the endpoint stands microburst, a proxy that fails in the wire format
of each service. Its own idea of a resource is a hint by part of a name, and it has none for a
queue, a stream or a bus; so a rule matches by what the request's body names. It is started only
for a run with such faults, for every call then takes a way of 5 ms more.
"""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hinagata.errors import HinagataError
from hinagata.lab.faults.injection import Injection, Kind
from hinagata.scenario.fault import Inject

START_SECONDS = 30.0
STOP_SECONDS = 5.0
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Service:
    """How a service is called, and how it fails.

    Attributes:
        name: in its requests' signatures.
        matches: a JMESPath expression on a request's body, true if it is about a resource; None
            if its path says so.
        throttled: the error code of a call beyond its limits.
        throttled_status: the HTTP status of that.
        broken: the error code of a call that it fails at.
    """

    name: str
    matches: Callable[[str], str] | None
    throttled: str
    broken: str
    throttled_status: int = 400


# Error codes: each service's API reference, "Common errors" and those of its operations.
SERVICES = {
    Kind.TABLE: Service(
        name="dynamodb",
        matches=lambda table: (
            f"TableName=='{table}' || ends_with(not_null(TableName, ''), ':table/{table}') || "
            f'RequestItems."{table}" || '
            f"TransactItems[?contains(values(@)[].TableName, '{table}')]"
        ),
        throttled="ProvisionedThroughputExceededException",
        broken="InternalServerError",
    ),
    Kind.QUEUE: Service(
        name="sqs",
        matches=lambda queue: f"ends_with(not_null(QueueUrl, ''), '/{queue}')",
        throttled="RequestThrottled",
        throttled_status=403,
        broken="InternalError",
    ),
    Kind.TOPIC: Service(
        name="sns",
        matches=lambda topic: f"TopicArn=='{topic}' || TargetArn=='{topic}'",
        throttled="Throttled",
        throttled_status=429,
        broken="InternalError",
    ),
    Kind.STREAM: Service(
        name="kinesis",
        matches=lambda stream: (
            f"StreamName=='{stream}' || ends_with(not_null(StreamARN, ''), ':stream/{stream}')"
        ),
        throttled="ProvisionedThroughputExceededException",
        broken="InternalFailure",
    ),
    Kind.BUS: Service(
        name="events",
        matches=lambda bus: (
            f"Entries[?not_null(EventBusName, 'default')=='{bus}' || "
            f"ends_with(not_null(EventBusName, ''), ':event-bus/{bus}')]"
        ),
        throttled="ThrottlingException",
        broken="InternalException",
    ),
    Kind.WORKFLOW: Service(
        name="states",
        matches=lambda machine: f"stateMachineArn=='{machine}'",
        throttled="ThrottlingException",
        broken="InternalFailure",
    ),
    Kind.BUCKET: Service(
        name="s3",
        matches=None,
        throttled="SlowDown",
        throttled_status=503,
        broken="InternalError",
    ),
}


def rule_of(injection: Injection) -> dict[str, Any]:
    """Return the proxy's rule for a fault of a service."""
    service = SERVICES[injection.place.kind]
    name = injection.place.name
    rule: dict[str, Any] = {
        "service": service.name,
        "probability": injection.rate,
        "active_at": injection.begin,
        "until": injection.end,
        **({"resource": name} if service.matches is None else {"body": service.matches(name)}),
    }
    match injection.inject:
        case Inject.SLOW:
            milliseconds = injection.delay_seconds * 1000
            rule["latency"] = {"min": milliseconds, "max": milliseconds}
        case Inject.DOWN:
            rule["reset"] = True
        case Inject.THROTTLE:
            rule["error"] = {"code": service.throttled, "status": service.throttled_status}
        case Inject.SERVER_ERROR:
            rule["error"] = {"code": service.broken, "status": 500}
    return rule


class ServiceFaults:
    """The proxy, running while the context lasts.

    Args:
        port: where handlers find it; nobody listens there yet.
        upstream: the URL of the endpoint.
        seed: what its lots derive from.
        log: a file for what it says.
    """

    def __init__(self, port: int, upstream: str, seed: str, log: Path) -> None:
        self._port = port
        self._upstream = upstream
        self._seed = seed
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._rules: dict[int, int] = {}  # of the proxy -> number of the fault

    def __enter__(self) -> Self:
        module = "hinagata.lab.faults.proxy"
        proxy = [sys.executable, "-m", module, f"{self._port}", self._upstream, self._seed]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hinagata.lab.leash", *proxy],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def begin(self, injections: Sequence[Injection]) -> None:
        """Have these faults happen from now on, each at its time."""
        made = self._call("POST", "rules", [rule_of(injection) for injection in injections])
        self._rules = {
            rule["id"]: injection.number for rule, injection in zip(made, injections, strict=True)
        }

    def strikes(self) -> dict[int, int]:
        """Return how often each fault struck, by its number in the scenario."""
        counts = dict.fromkeys(self._rules.values(), 0)
        for rule in self._call("GET", "stats")["by_rule"]:
            if rule["id"] in self._rules:
                counts[self._rules[rule["id"]]] += rule["fired"]
        return counts

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        process = self._process
        while process is not None and process.poll() is None and time.monotonic() < deadline:
            try:
                self._ask("GET", "health")
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
            else:
                return
        raise HinagataError(
            f"the proxy that injects faults into calls did not start: see its log, {self._log}"
        )

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        process.stdin.close()  # its leash then ends the whole group
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            return self._ask(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise HinagataError(
                f"the proxy that injects faults into calls has ended ({error}): see its log, "
                f"{self._log}"
            ) from error

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=START_SECONDS)
        try:
            connection.request(method, f"/_microburst/{path}", json.dumps(body))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
