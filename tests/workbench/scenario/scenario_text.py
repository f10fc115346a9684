"""A small scenario that is right, to be made wrong one line at a time."""

from pathlib import Path

from hinagata.scenario import Scenario, read_scenario

SCENARIO = """\
name: small
seed: 7
duration: 24h
sources:
  cars:
    entry: Gateway
    request: {method: POST, path: "/vehicles/{vehicle_id}", body: telemetry.json}
    rate: {shape: diurnal, peak: 6000/min, peak_over_trough: 12, peak_at: 08:00}
    keys: {vehicle_id: {cardinality: 1000, distribution: uniform}}
    reaches: [Gateway, Ingest]
    run: {messages: 50, rate: 100/s, keys: 10}
  operators:
    entry: Api
    request: {method: GET, path: /health}
    rate: {shape: constant, rate: 1/s}
    reaches: [Api]
    run: {messages: 5, rate: 10/s}
service_times:
  Ingest: {mean: 40ms, cv: 0.5, cold_start: 350ms}
expect:
  lost: 0
  dead_lettered: 0
  p99: [{from: cars, to: Ingest, at_most: 5s}]
  stored:
    - {table: State, key: vehicle_id, newest_from: [cars], id: event_id}
    - {table: Mailbox, every: operators, id: command_id}
run: {deadline: 30s, warm_up: 2}
"""


def write(folder: Path, text: str = SCENARIO) -> Path:
    """Write a scenario, and the body it names, into a folder; return the scenario's file."""
    (folder / "telemetry.json").write_text('{"vehicle_id": "?", "speed": 48}')
    (folder / "list.json").write_text("[]")
    (folder / "broken.json").write_text("?")
    file = folder / "small.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def read(folder: Path, text: str = SCENARIO) -> Scenario:
    """Return the scenario of a text."""
    return read_scenario(write(folder, text), project=folder)
