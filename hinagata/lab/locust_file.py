"""A Locust file of a scenario: the same requests, from as many machines as it takes.

The file needs nothing but Locust. Shapes of traffic and distributions of keys stand in it as they
stand in `hinagata.scenario`, so that both mean the same.
"""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import NoReturn, cast

from hinagata.scenario import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    Put,
    RampRate,
    Request,
    Scenario,
    ScenarioError,
    Source,
    TraceRate,
    Zipf,
)
from hinagata.scenario import key as keys

# What one process of Locust drives well, as greenlets: more come from more workers.
_MOST_USERS = 20_000

_HEAD = '''\
"""{name}: what a scenario sends, for Locust.

    pip install locust
    {command} locust -f FILE --headless

It ends after SECONDS, or with the scenario. More machines: one with --master, the others with
--worker --master-host (docs.locust.io, "Distributed load generation").

{variables}
"""

import json
import math
import os
import random
import time
import uuid
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import pairwise
from random import Random

from locust import HttpUser, LoadTestShape, constant, events, task

SHARE = float(os.environ.get("SHARE", "1"))
START = float(os.environ.get("START", "0"))
# Locust itself ignores --run-time where a shape says when to end.
END = min({duration!r}, START + float(os.environ.get("SECONDS", "inf")))
DAY_SECONDS = 86400.0
began = time.monotonic()


@events.test_start.add_listener
def begin(**_):
    global began
    began = time.monotonic()


def second():
    """Return the second of the scenario that it is now."""
    return START + time.monotonic() - began


'''

_MIDDLE = '''\
class Sender(HttpUser):
    """Sends the requests of a source, as many users together as its rate says."""

    abstract = True

    def wait_time(self):
        rate = self.rate.rate_at(second()) * SHARE
        if rate <= 0:
            return 1.0
        # So many users, each with its own phase: together they keep the rate.
        pause = self.fixed_count / rate
        now = time.monotonic()
        self.due = max(getattr(self, "due", now - random.random() * pause) + pause, now)
        return self.due - now

    def on_start(self):
        if not isinstance(self.rate, int):
            time.sleep(self.wait_time())

    @task
    def send(self):
        event = str(uuid.uuid4())
        drawn = {{
            name: f"{{name.removesuffix('_id').replace('_', '-')}}-"
            f"{{distribution.draw(random, among=count):0{{len(str(count - 1))}}}}"
            for name, (count, distribution) in self.keys.items()
        }}
        body = None
        if self.body is not None:
            filled = {{name: drawn.get(name, value) for name, value in self.body.items()}}
            body = json.dumps(filled, separators=(",", ":")).encode()
        headers = {{
            "Idempotency-Key": event,
            "X-Amzn-Trace-Id": f"Root=1-{{int(time.time()):08x}}-{{event.replace('-', '')[:24]}}",
            "X-Sent-At": datetime.now(UTC).isoformat(timespec="microseconds"),
        }}
        if body is not None:
            headers["Content-Type"] = "application/json"
        path = self.path.format_map(drawn)
        if self.region:
            headers = self.signed(path, headers, body)
        self.client.request(self.method, path, data=body, headers=headers, name=self.label)

    def signed(self, path, headers, body):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(self.method, self.host.rstrip("/") + path, headers, body or b"")
        SigV4Auth(credentials(), "execute-api", self.region).add_auth(request)
        return dict(request.headers.items())


@cache
def credentials():
    # Looked up once: it is told in the log each time.
    from botocore.session import Session

    return Session().get_credentials()


'''

_USER = """\
class {kind}(Sender):
    fixed_count = max(1, math.ceil({users} * SHARE))
    host = os.environ.get("{url}", "http://127.0.0.1:8080")
    region = os.environ.get("{sign}", "")
    method, path = {method!r}, {path!r}
    label = {label!r}
    body = {body}
    keys = {keys}
{rate}

"""

_TAIL = '''\
class Whole(LoadTestShape):
    """All users, until the scenario is over."""

    def tick(self):
        users = sum(kind.fixed_count for kind in ({kinds},))
        return (users, users) if second() < END else None
'''


def locust_file(scenario: Scenario) -> str:
    """Return a scenario as a Locust file.

    Args:
        scenario: the scenario; of its faults and expectations nothing is in the file.

    Raises:
        ScenarioError: a source sends no requests, but events.
    """
    for name, source in scenario.sources.items():
        if isinstance(source.request, Put):
            _refuse(scenario, name, source)
    kinds = _class_names(scenario)
    urls = {_url(source): source.entry for source in scenario.sources.values()}
    parts = [
        _HEAD.format(
            name=scenario.name,
            command=" ".join(["SECONDS=60", *(f"{name}=https://..." for name in urls)]),
            variables="\n".join(_explained(scenario)),
            duration=scenario.duration_seconds,
        ),
        *(f"{part}\n\n" for part in _parts(scenario)),
        _MIDDLE.format(),
        *(_user(kinds[name], name, source) for name, source in scenario.sources.items()),
        _TAIL.format(kinds=", ".join(kinds.values())),
    ]
    return "".join(parts)


def _refuse(scenario: Scenario, name: str, source: Source) -> NoReturn:
    field = f"sources.{name}.request"
    raise ScenarioError(
        file=scenario.file,
        line=scenario.lines[field],
        field=field,
        found=f"an event, which the sender puts into {source.entry} itself",
        expected="a request over HTTP, which is all that Locust sends",
    )


def _explained(scenario: Scenario) -> list[str]:
    """Return a line for each variable that the file reads."""
    told: dict[str, str] = {}
    for source in scenario.sources.values():
        told[_url(source)] = f"where {source.entry} is, up to the paths of its requests"
        told[_sign(source)] = (
            f"the region, as us-east-1, if {source.entry} asks for IAM; needs botocore, credentials"
        )
    told |= {
        "SHARE": "of the rates and the users; 1 by default",
        "START": "the second of the scenario at which it begins; 0 by default",
        "SECONDS": "how long it lasts; by default until the scenario ends",
    }
    width = max(map(len, told))
    return [f"{name:<{width}}  {meaning}" for name, meaning in told.items()]


def _parts(scenario: Scenario) -> Iterator[str]:
    """Yield the source of each shape and distribution that the scenario has."""
    shapes = {type(source.rate) for source in scenario.sources.values()} - {ClosedLoopRate}
    drawn = {
        type(key.distribution)
        for source in scenario.sources.values()
        for key in source.keys.values()
    }
    for kind in sorted(shapes | drawn, key=lambda kind: kind.__name__):
        yield inspect.getsource(kind)
    if Zipf in drawn:
        yield f"_TERMS = {keys._TERMS}"  # noqa: SLF001 - its own source goes along
        for function in (keys._harmonic, keys._integral, keys._power):  # noqa: SLF001 - as above
            yield inspect.getsource(function)


def _user(kind: str, name: str, source: Source) -> str:
    rate, request = source.rate, cast("Request", source.request)
    if isinstance(rate, ClosedLoopRate):
        users = rate.users
        written = f"    rate = 0\n    wait_time = constant({rate.think_seconds!r})\n"
    else:
        # Each asks once a second at most, so that answers may take a second.
        users = min(_MOST_USERS, math.ceil(_peak(source)))
        written = f"    rate = {rate!r}\n"
    return _USER.format(
        kind=kind,
        users=users,
        url=_url(source),
        sign=_sign(source),
        method=request.method,
        path=request.path,
        label=f"{name}: {request.path}",
        body=_literal(request.body),
        keys="{"
        + ", ".join(f"{n!r}: ({k.cardinality}, {k.distribution!r})" for n, k in source.keys.items())
        + "}",
        rate=written,
    )


def _literal(body: Mapping[str, object] | None) -> str:
    return "None" if body is None else f"json.loads({json.dumps(body)!r})"


def _peak(source: Source) -> float:
    rate = source.rate
    if isinstance(rate, TraceRate):
        return max(rate.per_second)
    match rate:
        case ConstantRate():
            return rate.per_second
        case RampRate():
            return max(rate.from_per_second, rate.to_per_second)
        case BurstRate():
            return max(rate.base_per_second, rate.peak_per_second)
        case DiurnalRate():
            return rate.peak_per_second
    return 0.0


def _url(source: Source) -> str:
    return f"{_variable(source)}_URL"


def _sign(source: Source) -> str:
    return f"{_variable(source)}_SIGN"


def _variable(source: Source) -> str:
    """Return the entry's name as that of a variable: `DEVICE_GATEWAY` for `DeviceGateway`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", source.entry)
    return re.sub(r"\W+", "_", words).upper().strip("_") or "ENTRY"


def _class_names(scenario: Scenario) -> dict[str, str]:
    """Return a class's name for each source, each its own."""
    found: dict[str, str] = {}
    for name in scenario.sources:
        plain = "".join(word.capitalize() for word in re.split(r"\W|_", name)) or "Source"
        plain = plain if plain.isidentifier() else f"Source{plain}"
        while plain in found.values() or plain in ("Sender", "Whole"):
            plain += "_"
        found[name] = plain
    return found
