"""Small scenarios that are right, to be made wrong one line at a time."""

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

# All that the format has: each shape, each distribution, each fault, each expectation.
WHOLE = """\
name: whole
sources:
  ramp:
    entry: Api
    request: {method: GET, path: /health}
    rate: {shape: ramp, from: 0/s, to: 100/s, over: 10m, start: 1h}
    reaches: [Api]
    run: {messages: 5, rate: 10/s}
  burst:
    entry: Api
    request: {method: GET, path: "/cars/{car}/{user}"}
    rate: {shape: burst, base: 1/s, peak: 100/s, at: 10m, for: 30s, every: 1h}
    keys:
      car: {cardinality: 1000, distribution: zipf, skew: 1.1}
      user: {cardinality: 50, distribution: hot_key, hot_share: 0.5}
    reaches: [Api]
    run: {messages: 5, rate: 10/s}
  trace:
    entry: Api
    request: {method: GET, path: /health}
    rate: {shape: trace, file: trace.csv}
    reaches: [Api]
    run: {messages: 5, rate: 10/s}
  users:
    entry: Api
    request: {method: GET, path: "/cars/{car}"}
    rate: {shape: users, users: 500, think_time: 10s}
    keys: {car: {cardinality: 1000}}
    reaches: [Api]
    run: {messages: 5, rate: 10/s}
faults:
  - {inject: raise, on: Ingest, at: 10m, for: 5m, rate: 0.2}
  - {inject: crash, on: Ingest, at: 10m, for: 5m}
  - {inject: hang, on: Ingest, at: 10m, for: 5m, rate: 0.01}
  - {inject: poison, on: Ingest, at: 10m, for: 5m, rate: 0.001}
  - {inject: slow, on: State, at: 10m, for: 5m, rate: 0.5, delay: 3s}
  - {inject: down, on: State, at: 10m, for: 5m, run: {at: 5s, for: 10s}}
  - {inject: throttle, on: State, at: 10m, for: 5m, rate: 0.3}
  - {inject: server_error, on: State, at: 10m, for: 5m, rate: 0.3}
  - {inject: duplicate, on: Queue, at: 10m, for: 5m, rate: 0.1}
  - {inject: reorder, on: Queue, at: 10m, for: 5m, rate: 0.1}
  - {inject: concurrency, at: 10m, for: 5m, limit: 10}
  - {inject: kill_task, on: Gateway, at: 10m, run: {at: 5s}}
  - {inject: update, on: Ingest, at: 10m}
expect:
  p50: [{from: ramp, to: Api, at_most: 100ms}]
  p95: [{from: ramp, to: Api, at_most: 1s}]
  throttled: [{node: Api, at_most: 0}]
  processed: [{hop: Api, at_least: 5}]
  duplicates: [{hop: Api, at_most: 3}]
  dead_letters: [{hop: Ingest, at_least: 1, at_most: 2}]
  backlog:
    - {node: Ingest, at_most: 100}
    - {node: Queue, at_most: 0, at: 20m, run: {at: 40s}}
  traced: [{from: ramp, to: Api}]
outside: {Partner: PARTNER_URL}
run: {uncapped: [Ingest]}
"""


def write(folder: Path, text: str = SCENARIO) -> Path:
    """Write a scenario, and the files it names, into a folder; return the scenario's file."""
    (folder / "telemetry.json").write_text('{"vehicle_id": "?", "speed": 48}')
    (folder / "list.json").write_text("[]")
    (folder / "broken.json").write_text("?")
    (folder / "nan.json").write_text('{"speed": NaN}')
    (folder / "deep.json").write_text("[" * 100_000)
    (folder / "trace.csv").write_text("seconds,per_second\n0,10\n60,50.5\n\n120,0\n")
    file = folder / "small.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def read(folder: Path, text: str = SCENARIO) -> Scenario:
    """Return the scenario of a text."""
    return read_scenario(write(folder, text), project=folder)
