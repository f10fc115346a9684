"""The connected car, simulated and run, at ten rates and service times: do the numbers agree?

`python -m tests.emulator.model_against_observation` writes docs/model_and_observation.md.
"""

import json
import math
import os
import shlex
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hinagata.errors import HinagataError
from hinagata.facts import Facts
from hinagata.lab.accounting import Records
from hinagata.lab.faults.aim import Aim
from hinagata.lab.result import Result
from hinagata.lab.run import Stage, play, stage
from hinagata.lab.steps import Steps
from hinagata.samples import Sample
from hinagata.scenario import Scenario, ServiceTime, as_run, read_scenario
from hinagata.simulator.simulation import Simulation, simulate

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "model_and_observation.md"
# What the embedded endpoint does otherwise than AWS, as far as quotas say it.
EMULATOR = {
    "kinesis_esm": {
        "poll_rate_standard": {
            "value": 20,
            "reason": "the embedded endpoint looks at a stream 50 ms after a record at the latest",
        }
    }
}
SAMPLE = Sample(
    name="connected_car", title="", summary="", talk="", stack="ConnectedCar", scenario=""
)
# The connected car with room for as much at once as a laptop has cores for: two batches of each
# queue. What delivers commands has its two places for itself, so that operators cannot take them.
AT_ONCE = 2
APP = f"""
from aws_cdk import aws_lambda as lambda_
from patterns import App
from stacks.connected_car import ConnectedCar

app = App(failure_modes=False)
car = ConnectedCar(app, "ConnectedCar")
for part in car.node.find_all():
    if isinstance(part, lambda_.CfnEventSourceMapping) and part.scaling_config is not None:
        part.scaling_config = lambda_.CfnEventSourceMapping.ScalingConfigProperty(
            maximum_concurrency={AT_ONCE}
        )
delivery = car.node.find_child("CommandDelivery").function.node.default_child
delivery.reserved_concurrent_executions = {AT_ONCE}
app.synth()
"""
VEHICLES = 1000
DEADLINE_SECONDS = 90
# Who sends later than this is too busy for what is to be seen here.
LATE_SECONDS, TRIES = 0.1, 3
SEEDS = 20
SHARE = 0.15
# Numbers that are next to nothing are held to this: a percentage point, a message, 50 ms.
LEAST = {"throttled": 0.01, "backlog": 1.0, "p50_s": 0.05}


@dataclass(frozen=True, kw_only=True)
class Way:
    """A source and where its messages go.

    Attributes:
        source: Its name.
        entry: Where its requests go.
        path: Of a request.
        event: The name of a request's body.
        reaches: Every hop on its way; the last one is waited for.
        busy: The function whose tries are counted.
        queue: Where messages wait.
        worked_on_at: The station whose messages in flight are out of the queue, and not yet gone
            from it. A queue that is slow to take a message has it from the beginning of its
            sending, and a function that is slow to take a batch does not have it yet.
    """

    source: str
    entry: str
    path: str
    event: str
    reaches: tuple[str, ...]
    busy: str
    queue: str
    worked_on_at: str


OPERATORS = Way(
    source="operators",
    entry="CommandApi",
    path="/vehicles/{vehicle_id}/commands",
    event="command",
    reaches=("CommandApi", "CommandDelivery", "DeviceGateway"),
    busy="CommandApi",
    queue="Commands",
    worked_on_at="CommandDelivery",
)
CARS = Way(
    source="cars",
    entry="DeviceGateway",
    path="/vehicles/{vehicle_id}/telemetry",
    event="telemetry",
    reaches=("DeviceGateway", "Ingest", "HealthCheck", "PartnerFeed"),
    busy="PartnerFeed",
    queue="PartnerUpdates",
    worked_on_at="PartnerUpdates",
)
WAYS = {way.source: way for way in (OPERATORS, CARS)}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is simulated and played.

    Attributes:
        way: Where the messages go.
        rates: Of each source, how many messages a second, and how many in all.
        slow: By how much the calls of a station are answered later, in seconds.
        limit: How many functions the account runs at once, those reserved among them.
    """

    way: Way
    rates: tuple[tuple[float, int], ...]
    slow: Mapping[str, float]
    limit: int


# Every process that is needed is started, one after the other, so that nothing starts cold later.
START = (
    Cell(
        way=OPERATORS,
        rates=((2.6, 26),),
        slow={"Commands": 2.5, "DeviceGateway": 1.5, "HealthCheck": 1.5, "PartnerFeed": 1.5},
        limit=50,
    ),
    Cell(way=CARS, rates=((1.5, 15),), slow={}, limit=50),
)
# At leisure, to learn how long each hop takes.
CALM = (
    Cell(way=OPERATORS, rates=((2.0, 40),), slow={}, limit=50),
    Cell(way=CARS, rates=((2.1, 42),), slow={}, limit=50),
)
# Rates that share no period, so that no pattern repeats itself; the second source of the second
# and third one is a burst of seconds.
CELLS = tuple(
    Cell(way=way, rates=rates, slow=slow, limit=limit)
    for way, rates, slow, limit in (
        (OPERATORS, ((3.0, 75),), {"Commands": 0.5}, 8),
        (OPERATORS, ((2.3, 58), (3.1, 19)), {"Commands": 0.7}, 5),
        (OPERATORS, ((1.7, 43), (5.3, 16)), {"Commands": 0.9, "DeviceGateway": 0.8}, 6),
        (OPERATORS, ((4.3, 108),), {"Commands": 1.2, "DeviceGateway": 0.3}, 6),
        (OPERATORS, ((2.3, 69), (1.7, 51), (1.1, 33)), {"Commands": 0.8, "DeviceGateway": 0.7}, 6),
        (OPERATORS, ((1.9, 57), (1.1, 33)), {"Commands": 1.7, "DeviceGateway": 1.3}, 6),
        (OPERATORS, ((3.0, 75),), {"Commands": 0.3, "DeviceGateway": 1.0}, 8),
        (OPERATORS, ((6.1, 130),), {"Commands": 0.8, "DeviceGateway": 0.9}, 5),
        (CARS, ((6.1, 122),), {"PartnerFeed": 2.0}, 30),
        (CARS, ((7.3, 146),), {"PartnerFeed": 3.5}, 30),
    )
)


def scenario_text(
    cells: Sequence[Cell], *, seed: int, times: Mapping[str, ServiceTime] | None = None
) -> str:
    """The file that both play: the sources of some cells, with the faults of the first."""
    always = {"at": "0s", "for": "10m"}
    slow = [
        {"inject": "slow", "on": station, **always, "rate": 1, "delay": f"{1000 * delay:.0f}ms"}
        for station, delay in cells[0].slow.items()
    ]
    sources = {
        cell.way.source + (f"-{number}" if number else ""): {
            "entry": cell.way.entry,
            "request": {
                "method": "POST",
                "path": cell.way.path,
                "body": f"functions/connected_car/events/{cell.way.event}.json",
            },
            "rate": {"shape": "constant", "rate": f"{rate:g}/s"},
            "keys": {"vehicle_id": {"cardinality": VEHICLES}},
            "reaches": cell.way.reaches,
            "run": {"messages": messages, "rate": f"{rate:g}/s", "keys": VEHICLES},
        }
        for cell in cells
        for number, (rate, messages) in enumerate(cell.rates)
    }
    return json.dumps(
        {
            "name": f"cell-{seed}",
            "seed": seed,
            "duration": "10m",
            "sources": sources,
            "service_times": {
                hop: {"mean": f"{1000 * time.mean_seconds:.1f}ms", "cv": round(time.cv, 2)}
                for hop, time in (times or {}).items()
            },
            "faults": [*slow, {"inject": "concurrency", **always, "limit": cells[0].limit}],
            "run": {"deadline": f"{DEADLINE_SECONDS}s"},
        },
        indent=1,
    )


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What is compared.

    Attributes:
        throttled: The share of the tries at the busy function that were refused.
        backlog: The most messages in the queue, those that are worked on among them.
        p50_s: The median from the sending to the end of the last hop's work.
    """

    throttled: float
    backlog: float
    p50_s: float


def observed(result: Result, way: Way) -> Numbers:
    """What a run came to."""
    assert result.timeline is not None
    (busy,) = (hop for hop in result.hops if hop.hop == way.busy)
    refused = sum(result.timeline.throttled_functions[way.busy])
    tries = refused + busy.deliveries
    paths = {(path.source, path.hop): path.p50_seconds for path in result.paths}
    return Numbers(
        throttled=refused / tries if tries else 0.0,
        backlog=float(result.timeline.backlog(way.queue, at_seconds=None) or 0),
        p50_s=paths[way.source, way.reaches[-1]] or 0.0,
    )


def predicted(simulation: Simulation, way: Way) -> Numbers:
    """What a simulation says."""
    outcome = simulation.outcome
    tries = outcome.total(way.busy, "attempts")
    waiting, worked_on = outcome.stations[way.queue], outcome.stations[way.worked_on_at]
    paths = {(path.source, path.station): path.p50_s for path in outcome.latencies}
    return Numbers(
        throttled=outcome.total(way.busy, "throttled") / tries if tries else 0.0,
        backlog=float(np.max(waiting.queued + worked_on.in_flight)),
        p50_s=paths[way.source, way.reaches[-1]] or 0.0,
    )


def service_times(records: Records, *, entries: Container[str]) -> dict[str, ServiceTime]:
    """How long hops take for a message, as it is seen from outside.

    Args:
        records: What was seen at leisure.
        entries: Hops that take requests: theirs is the time from the sending on.
    """
    sent_at = {sent.id: sent.sent_at for sent in records.sent}
    sources = {sent.id: sent.source for sent in records.sent}
    seconds: dict[str, list[float]] = defaultdict(list)
    for span in records.spans:
        if span.id not in sent_at:
            continue
        if span.hop not in entries:
            seconds[span.hop].append(span.end - span.start)
        elif span.hop == WAYS[sources[span.id]].entry:
            seconds[span.hop].append(span.end - sent_at[span.id])
    return {hop: _time(found) for hop, found in seconds.items()}


def _time(seconds: Sequence[float]) -> ServiceTime:
    # The median, for what another process takes of the laptop meanwhile is no time of the hop's.
    median = statistics.median(seconds)
    middle = [each for each in seconds if each <= 2 * median]
    # A file says no time of nothing.
    mean = max(median, 0.0001)
    return ServiceTime(mean_seconds=mean, cv=statistics.pstdev(middle) / mean)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A cell by the model and by observation.

    Attributes:
        cell: What both played.
        model: What the model says, of each seed.
        seen: What was observed.
        latest_s: The most that a message was sent after its time.
    """

    cell: Cell
    model: Sequence[Numbers]
    seen: Numbers
    latest_s: float

    def said(self, name: str) -> list[float]:
        """What the model says of one of the numbers, smallest first."""
        return sorted(getattr(each, name) for each in self.model)

    def apart(self, name: str) -> float:
        """By how much the model misses what was observed, as a share of that."""
        seen = getattr(self.seen, name)
        missed = statistics.fmean(self.said(name)) - seen
        return missed / seen if seen else math.copysign(math.inf, missed) if missed else 0.0

    def holds(self, name: str) -> bool:
        """Whether the model is near enough."""
        missed = abs(statistics.fmean(self.said(name)) - getattr(self.seen, name))
        return missed <= max(SHARE * getattr(self.seen, name), LEAST[name])

    @property
    def met(self) -> bool:
        """Whether all of it is."""
        return all(map(self.holds, LEAST))


class Bench:
    """The sample, up, and described: what plays scenarios, and what simulates them.

    Attributes:
        up: the sample on the endpoint.
    """

    def __init__(self, up: Stage, folder: Path, steps: Steps) -> None:
        self.up = up
        self._folder = folder
        self._steps = steps

    def scenario(
        self, cells: Sequence[Cell], *, seed: int, times: Mapping[str, ServiceTime] | None = None
    ) -> Scenario:
        """The scenario of some cells, by way of its file."""
        file = self._folder / f"cell_{seed}.yaml"
        file.write_text(scenario_text(cells, seed=seed, times=times))
        return read_scenario(file, project=REPOSITORY)

    def observe(self, scenario: Scenario) -> Result:
        """Play a scenario."""
        up = self.up
        aim = Aim(topology=up.topology, deployment=up.deployment, endpoint=up.endpoint)
        up.faults.turn_to(scenario, aim)
        return play(up, scenario, steps=self._steps, deadline_seconds=scenario.deadline_seconds)

    def learn(self) -> dict[str, ServiceTime]:
        """Start everything up, and measure how long each hop takes at leisure.

        Raises:
            HinagataError: The machine is too busy for that.
        """
        for cells, seed in ((START, 1000), (CALM, 1001)):
            calm = self.observe(self.scenario(cells, seed=seed))
            stuck = sum(source.refused + len(source.lost) for source in calm.sources)
            if stuck:
                raise HinagataError(
                    f"{stuck} messages did not get through, though nothing was in their way: this "
                    "machine is too busy; run it again when nothing else runs"
                )
        return service_times(calm.records, entries={CARS.entry, OPERATORS.entry})

    def predict(self, scenario: Scenario, way: Way) -> list[Numbers]:
        """Simulate a scenario as it is played, once for each seed."""
        played = as_run(scenario)
        return [
            predicted(
                simulate(
                    self.up.topology,
                    played,
                    "event",
                    seed=seed,
                    facts=Facts(EMULATOR),
                    checked=False,
                ),
                way,
            )
            for seed in range(SEEDS)
        ]

    def compare(self, cell: Cell, *, number: int, times: Mapping[str, ServiceTime]) -> Comparison:
        """Simulate and play a cell, again if the machine was too busy to send it in time."""
        for again in range(TRIES):
            scenario = self.scenario([cell], seed=number + again * len(CELLS), times=times)
            result = self.observe(scenario)
            latest = max(source.latest_seconds for source in result.sources)
            if latest <= LATE_SECONDS:
                break
        return Comparison(
            cell=cell,
            model=self.predict(scenario, cell.way),
            seen=observed(result, cell.way),
            latest_s=latest,
        )


@contextmanager
def bench(folder: Path, steps: Steps) -> Iterator[Bench]:
    """Bring the sample up for as long as the block lasts."""
    (folder / "app.py").write_text(APP)
    words = ("env", f"PYTHONPATH={REPOSITORY}", sys.executable, f"{folder / 'app.py'}")
    app = f"cd {shlex.quote(f'{REPOSITORY}')} && {shlex.join(words)}"
    (folder / "cdk.json").write_text(json.dumps({"app": app}))
    file = folder / "stage.yaml"
    file.write_text(scenario_text(START, seed=1000))
    scenario = read_scenario(file, project=REPOSITORY)
    with stage(SAMPLE, scenario, project=folder, endpoint_url=None, steps=steps) as up:
        yield Bench(up, folder, steps)


def compare_all(folder: Path, steps: Steps) -> Iterator[Comparison]:
    """Yield each cell once it is known."""
    with bench(folder, steps) as running:
        times = running.learn()
        for number, cell in enumerate(CELLS, 1):
            yield running.compare(cell, number=number, times=times)


COLUMNS = (
    ("", "--:"),
    ("sent", "---"),
    ("answered late by", "---"),
    ("at once", "--:"),
    *(
        column
        for name in ("throttled", "backlog", "p50")
        for column in ((f"{name}: model", "--:"), ("seen", "--:"), ("apart", "--:"))
    ),
)
HEAD = f"""\
# The model and the observation

<!-- written by `make model-against-observation`; do not edit -->

The connected car, simulated and run: the same file says what `hinagata.simulator.simulate` computes
and what `hinagata.lab.run` sends to handlers on the embedded endpoint, at ten rates and service
times, with the account's concurrency limited.

| {" | ".join(name for name, _ in COLUMNS)} |
|{"|".join(align for _, align in COLUMNS)}|
"""
NOTES = f"""
The model's numbers are means of {SEEDS} seeds, with the smallest and the largest.
*Apart* is by how much the model misses what was seen, as a share of that. It is held to {SHARE:.0%}
(what is beyond is in bold); what is next to nothing is held to a percentage point, a message or
50 ms, and stands as such.

- *Throttled* is the share of the tries at `CommandApi` (commands) or `PartnerFeed` (telemetry) that
  were refused for want of concurrency.
- *Backlog* is the most messages in `Commands` or `PartnerUpdates`, looked at once a second; those
  that are worked on are among them.
- *p50* is the median time from the sending of a message to the end of the last hop's work on it:
  `DeviceGateway` for commands, which go over `CommandApi`, `Commands` and `CommandDelivery`;
  `PartnerFeed` for telemetry.

## What was played

- Rates share no period, so that several sources together come in bunches; the second source of
  rows 2 and 3 is a burst of seconds.
- *Answered late*: a fault `slow` of the scenario, in the run between handlers and endpoint. While
  `Commands` is slow to take a message, `CommandApi` keeps its place of the account's; while
  `DeviceGateway` is slow, `CommandDelivery` keeps its batch. `PartnerFeed` is slow by batch.
- *At once*: a fault `concurrency`, of all functions of the account together; two of these places
  are reserved for `CommandDelivery`.
- A row that could not be sent within {1000 * LATE_SECONDS:.0f} ms of its time was played again.
- Senders try five times, at random times that differ from seed to seed, and from run to run.
- How long hops take at leisure was measured on the same endpoint, just before.

## What is not equal, on purpose

- The architecture is the connected car with room for what a laptop does at once: two batches of
  each queue, and those two reserved for `CommandDelivery`, so that operators cannot take them.
- Processes are started before, so that none starts cold; the model is told that a start takes no
  time.
- Messages come at even distances, as a run sends them, and not by chance, as a scenario's own rate
  has it: the model is given what the run plays (`hinagata.scenario.as_run`).
- A stream is looked at 20 times a second, as the embedded endpoint does, and not once, as AWS does.
- The limit on invocations a second, ten for each place of the account's, is AWS's alone; nothing
  here comes near it.

## How to run it

`make model-against-observation` takes 7 minutes, of which most is waiting: on a laptop that has
something else to do, senders and handlers are late, and what is seen is the laptop.
"""


def _cell(cell: Cell) -> str:
    sent = ", ".join(f"{messages} at {rate:g}/s" for rate, messages in cell.rates)
    what = "commands" if cell.way is OPERATORS else "telemetry"
    slow = ", ".join(f"`{station}` {delay:g} s" for station, delay in cell.slow.items())
    return f"{what}, {sent} | {slow} | {cell.limit}"


FORMS = {"throttled": "{:.1%}", "backlog": "{:.0f}", "p50_s": "{:.2f} s"}


def _numbers(comparison: Comparison, name: str) -> str:
    form = FORMS[name].format
    said, seen = comparison.said(name), getattr(comparison.seen, name)
    model = form(statistics.fmean(said))
    if form(said[0]) != form(said[-1]):
        model += f" ({form(said[0])} to {form(said[-1])})"
    apart = comparison.apart(name)
    missed = f"{apart:+.1%}" if apart else "0"
    if abs(apart) > SHARE and comparison.holds(name):
        # Of next to nothing, no share says much.
        missed = FORMS[name].replace(":", ":+").format(statistics.fmean(said) - seen)
    elif not comparison.holds(name):
        missed = f"**{missed}**"
    if missed in ("+0", "-0", "+0.0%", "-0.0%"):
        missed = "0"
    return f"{model} | {form(seen)} | {missed}"


def row(number: int, comparison: Comparison) -> str:
    """A row of the table."""
    numbers = " | ".join(_numbers(comparison, name) for name in LEAST)
    return f"| {number} | {_cell(comparison.cell)} | {numbers} |\n"


def document(comparisons: Sequence[Comparison], circumstances: str) -> str:
    """The page with the table.

    Args:
        comparisons: Its rows.
        circumstances: When and where it was run.
    """
    rows = (row(number, each) for number, each in enumerate(comparisons, 1))
    return HEAD + "".join(rows) + f"\n{circumstances}\n" + NOTES


def main() -> None:
    """Run all of it, write the page, and fail if the model misses anything."""
    began = datetime.now(UTC)
    loads = [os.getloadavg()[0]]
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for comparison in compare_all(Path(folder), Steps()):
                comparisons.append(comparison)
                loads.append(os.getloadavg()[0])
                print(row(len(comparisons), comparison), end="", file=sys.stderr)  # noqa: T201
        except HinagataError as error:
            print(error, file=sys.stderr)  # noqa: T201
            sys.exit(2)
    latest = max(each.latest_s for each in comparisons)
    circumstances = (
        f"Run on {began:%Y-%m-%d} at {began:%H:%M} UTC on {os.cpu_count()} cores, whose load was "
        f"{min(loads):.1f} to {max(loads):.1f}; no message was sent more than "
        f"{1000 * latest:.0f} ms after its time."
    )
    DOCUMENT.write_text(document(comparisons, circumstances))
    sys.exit(not all(each.met for each in comparisons))


if __name__ == "__main__":
    main()
