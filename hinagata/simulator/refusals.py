"""What no simulation can be made of: one sentence says what, where, and what is expected."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hinagata.errors import HinagataError
from hinagata.scenario import ScenarioError
from hinagata.scenario.model import Scenario
from hinagata.simulator.names import Names
from hinagata.simulator.routes import RUNS_CODE
from hinagata.suggestion import suggest
from hinagata.topology.node import Role

LONGEST_S = 366 * 86_400.0


def check_names(scenario: Scenario, names: Names) -> None:
    """Refuses a scenario that names what the architecture does not have.

    Args:
        scenario: Its hops and expectations are looked at.
        names: What the stations are called.

    Raises:
        ScenarioError: With the line of the first name that is none, and what it may mean.
    """
    hops = {names.hop(node): None for node in names.of if node.type in RUNS_CODE}
    stations = {node: name for node, name in names.of.items() if node.type in RUNS_CODE}
    known = set(hops) | set(stations.values())
    for name, source in scenario.sources.items():
        for index, hop in enumerate(source.reaches):
            if hop not in known:
                raise unknown(scenario, f"sources.{name}.reaches[{index}]", hop, "hop", hops)
    for hop in scenario.service_times:
        if hop not in known:
            raise unknown(scenario, f"service_times.{hop}", hop, "hop", hops)
    _check_expectations(scenario, names)


def _check_expectations(scenario: Scenario, names: Names) -> None:
    for index, expectation in enumerate(scenario.expectations.stored):
        if not any(node.role is Role.TABLE for node in names.called(expectation.table)):
            tables = [name for node, name in names.of.items() if node.role is Role.TABLE]
            path = f"expect.stored[{index}].table"
            raise unknown(scenario, path, expectation.table, "table", tables)
    for field in ("processed", "duplicates", "dead_letters", "throttled", "backlog"):
        for index, counted in enumerate(getattr(scenario.expectations, field)):
            if not names.called(counted.node):
                path = f"expect.{field}[{index}]"
                raise unknown(scenario, path, counted.node, "hop or queue", names.of.values())


def check_numbers(scenario: Scenario, duration: float) -> None:
    """Refuses what a file could not say, but a program can.

    Args:
        scenario: Its rates and service times are looked at.
        duration: How long it is to be watched, in seconds.

    Raises:
        HinagataError: A number cannot be.
    """
    if not 0 < duration <= LONGEST_S:
        raise HinagataError(
            f"a duration of {duration:g} s cannot be simulated; give more than 0 s and at most "
            "366 days"
        )
    for name, source in scenario.sources.items():
        # Ends of shapes, and enough between them for every shape that a file can have.
        rates = [source.rate.rate_at(duration * step / 288) for step in range(289)]
        count = source.rate.count(0.0, duration)
        for rate in (*rates, count):
            if not (math.isfinite(rate) and rate >= 0):
                raise HinagataError(
                    f"sources.{name}.rate: found {rate:g}/s; expected a finite rate, from 0 up"
                )
    for hop, time in scenario.service_times.items():
        for what, number in (
            ("mean", time.mean_seconds),
            ("cv", time.cv),
            ("cold_start", time.cold_start_seconds),
        ):
            if not (math.isfinite(number) and number >= 0):
                raise HinagataError(
                    f"service_times.{hop}.{what}: found {number:g}; expected a finite number, "
                    "from 0 up"
                )


def unknown(
    scenario: Scenario, path: str, name: str, kind: str, known: Iterable[str]
) -> ScenarioError:
    """Returns the error of a name that means nothing.

    Args:
        scenario: Where it stands.
        path: At which path.
        name: The name.
        kind: What it should be the name of.
        known: The names that are.
    """
    return ScenarioError(
        file=scenario.file,
        line=scenario.lines.get(path, 1),
        field=path,
        found=f'"{name}", which the architecture does not have',
        expected=f"the name of a {kind}: {suggest(name, dict.fromkeys(known))}",
    )
