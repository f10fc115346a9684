"""A scenario as a file for Locust: executed by it, against a service that listens."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from hinagata.cli import main
from hinagata.lab.locust_file import locust_file
from hinagata.scenario import ScenarioError
from tests.workbench.lab.service import serving
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, read, write

FAST = """\
name: fast
duration: 1h
sources:
  cars:
    entry: DeviceGateway
    request: {method: POST, path: "/vehicles/{vehicle_id}", body: telemetry.json}
    rate: {shape: constant, rate: 20/s}
    keys: {vehicle_id: {cardinality: 1000, distribution: zipf, skew: 1.0}}
    reaches: [Gateway]
    run: {messages: 5, rate: 10/s}
  people:
    entry: CommandApi
    request: {method: POST, path: /commands, body: telemetry.json}
    rate: {shape: users, users: 2, think_time: 500ms}
    reaches: [Gateway]
    run: {messages: 5, rate: 10/s}
"""


@pytest.mark.timeout(120)
def test_locust_sends_what_the_scenario_says(tmp_path: Path) -> None:
    """As often, to each entry, with keys, ids, times and traces; signed where asked; to the end."""
    file = tmp_path / "fast.py"
    file.write_text(locust_file(read(tmp_path, FAST)))
    with serving(lambda _: 202) as service:
        done = subprocess.run(
            [sys.executable, "-m", "locust", "-f", file, "--headless", "--only-summary"],
            env={
                **os.environ,
                "SECONDS": "3",
                "DEVICE_GATEWAY_URL": service.url,
                "COMMAND_API_URL": service.url,
                "COMMAND_API_SIGN": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Found credentials") == 1
    signed = {request.path for request in service.received if "Authorization" in request.headers}
    assert signed == {"/commands"}
    kinds = Counter(request.path.split("/")[1] for request in service.received)
    cars = [request for request in service.received if request.path.startswith("/vehicles/")]
    # On a busy machine its end comes late, and what was late at its begin is caught up with.
    sent = sorted(datetime.fromisoformat(request.headers["X-Sent-At"]) for request in cars)
    seconds = max((sent[-1] - sent[0]).total_seconds(), 3)
    assert 40 <= kinds["vehicles"] <= 20 * seconds + 10
    assert 4 <= kinds["commands"] <= 4 * seconds + 4
    for request in cars:
        (key,) = re.findall(r"/vehicles/(vehicle-\d{3})$", request.path)
        assert json.loads(request.body) == {"vehicle_id": key, "speed": 48}
        assert request.headers["Content-Type"] == "application/json"
        assert re.fullmatch("Root=1-[0-9a-f]{8}-[0-9a-f]{24}", request.headers["X-Amzn-Trace-Id"])
        assert request.headers["X-Sent-At"].endswith("+00:00")
    assert len({request.headers["Idempotency-Key"] for request in cars}) == len(cars)
    # The first of a thousand values has an eighth of the messages at skew 1.
    assert Counter(request.path for request in cars).most_common(1)[0][1] > 1


@pytest.mark.parametrize("text", [SCENARIO, WHOLE], ids=["small", "whole"])
def test_any_scenario_is_a_file_that_python_reads(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every shape and every distribution stands in it, and nothing of Hinagata is imported."""
    scenario = read(tmp_path, text)
    written = locust_file(scenario)
    # The real one changes the sockets of the process that imports it.
    stand_in = ModuleType("locust")
    for name in ("HttpUser", "LoadTestShape"):
        setattr(stand_in, name, object)
    vars(stand_in).update(
        constant=lambda _: None,
        task=lambda method: method,
        events=SimpleNamespace(test_start=SimpleNamespace(add_listener=lambda method: method)),
    )
    monkeypatch.setitem(sys.modules, "locust", stand_in)
    module = ModuleType("scenario_for_locust")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(written, "scenario.py", "exec"), vars(module))

    kinds = [each for each in vars(module).values() if getattr(each, "fixed_count", None)]
    assert len(kinds) == len(scenario.sources)
    for kind, source in zip(kinds, scenario.sources.values(), strict=True):
        assert kind.path == source.request.path
        if kind.rate != 0:
            assert kind.rate.rate_at(3600.0) == source.rate.rate_at(3600.0)
        for name, (count, distribution) in kind.keys.items():
            assert distribution.draw(random.Random(1), among=count) == source.keys[
                name
            ].distribution.draw(random.Random(1), among=count)
    assert "hinagata" not in written


def test_the_command_prints_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For a file of the user's choice."""
    file = write(tmp_path)
    monkeypatch.chdir(tmp_path)

    assert main(["scenario", "locust", str(file)]) == 0
    assert capsys.readouterr().out == locust_file(read(tmp_path))


def test_the_command_takes_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `hinagata run --scenario` does."""
    folder = tmp_path / "scenarios" / "car"
    folder.mkdir(parents=True)
    write(tmp_path).rename(folder / "small.yaml")
    monkeypatch.chdir(tmp_path)

    assert main(["scenario", "locust", "small"]) == 0
    assert capsys.readouterr().out.startswith('"""small: what a scenario sends')


def test_fails_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """One scenario is one file."""
    assert main(["scenario", "locust"]) == 2
    assert capsys.readouterr().err == "hinagata: locust takes one scenario; found 0\n"


def test_fails_for_events_that_their_senders_put_themselves(tmp_path: Path) -> None:
    """Locust sends requests; the source that does not is named with its line."""
    request = "request: {method: GET, path: /health}"
    event = "request: {event: up, source: /health, body: telemetry.json}"

    with pytest.raises(ScenarioError) as failure:
        locust_file(read(tmp_path, SCENARIO.replace(request, event)))
    assert str(failure.value) == (
        f"{tmp_path}/small.yaml:14: sources.operators.request: found an event, which the sender "
        "puts into Api itself; expected a request over HTTP, which is all that Locust sends"
    )


def test_the_head_tells_each_variable(tmp_path: Path) -> None:
    """By its own name, and no option that Locust ignores."""
    head = locust_file(read(tmp_path)).split('"""')[1]

    assert "SECONDS=60 GATEWAY_URL=https://... API_URL=https://... locust -f FILE" in head
    assert "--run-time" not in head
    written = set(re.findall(r"environ\.get\(\"(\w+)\"", locust_file(read(tmp_path))))
    assert written == set(re.findall(r"^([A-Z_]+)  ", head, re.MULTILINE))
