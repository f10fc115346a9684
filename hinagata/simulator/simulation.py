"""A scenario played on an architecture that does not exist yet."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hinagata.errors import HinagataError, UsageError
from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.assumptions import Given
from hinagata.scenario.model import Scenario
from hinagata.simulator.choice import (
    Choice,
    Engine,
    choose_again,
    choose_engine,
    expected_events,
)
from hinagata.simulator.cost import Cost, costs
from hinagata.simulator.engines import engine as shipped
from hinagata.simulator.model import Function, Network
from hinagata.simulator.network import build_network
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.self_check import TICKS, Difference, Run, check
from hinagata.simulator.verdicts import Verdict, judge
from hinagata.suggestion import suggest
from hinagata.topology.graph import Topology

EngineChoice = Literal["auto", "tick", "event"]

# Seen between 5 and 7 minutes, and not the same over the years (docs/simulation.md).
KEEP_ALIVES_S = (300.0, 360.0, 420.0)


@dataclass(frozen=True, kw_only=True)
class Warmth:
    """What comes of another time for which an idle environment is kept.

    Attributes:
        keep_alive_s: That time.
        cold_starts: How many environments start.
        share: Of the invocations.
    """

    keep_alive_s: float
    cold_starts: float
    share: float


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What a simulation says.

    Attributes:
        scenario: What was played.
        network: What it was played on.
        choice: Which engine computed it, and why.
        outcome: What happened.
        verdicts: Of the scenario's expectations.
        differences: From closed forms and from the other engine.
        costs: Of each station.
        doubts: What was assumed, and where bounds are missed.
        warmth: What other keep-alive times change; empty if nobody asked.
        seconds: How long it took.
    """

    scenario: Scenario
    network: Network
    choice: Choice
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    differences: tuple[Difference, ...]
    costs: tuple[Cost, ...]
    doubts: tuple[str, ...]
    warmth: tuple[Warmth, ...]
    seconds: float

    @property
    def met(self) -> bool:
        """Whether every expectation that a simulation can tell of holds."""
        return all(verdict.met is not False for verdict in self.verdicts)


def simulate(
    topology: Topology,
    scenario: Scenario,
    engine: EngineChoice = "auto",
    *,
    seed: int | None = None,
    duration_s: float | None = None,
    facts: Facts | None = None,
    assumptions: Given = None,
    region: str = DEFAULT_REGION,
    checked: bool = True,
    sensitivity: bool = False,
    engines: Callable[[Engine], Run] = shipped,
    tell: Callable[[str], None] = lambda _: None,
) -> Simulation:
    """Plays a scenario on an architecture.

    Args:
        topology: The architecture.
        scenario: What is sent to it, how its hops behave, what goes wrong, and what must hold.
        engine: `tick` computes expected values a second, `event` follows each message; `auto`
            follows each message where that is affordable.
        seed: What every random draw derives from. Default: the scenario's.
        duration_s: How long it is watched, in seconds. Default: as the scenario says.
        facts: Quotas and prices. Default: those that ship.
        assumptions: What neither templates nor scenario say, as `hinagata.planner.price_scenario`
            takes it. Default: what stands in `assumed.yml` beside the scenario.
        region: Where it runs, for the prices. Default: us-east-1.
        checked: Whether the outcome is held against closed forms and the other engine, which takes
            about as long again.
        sensitivity: Whether to try other keep-alive times, which takes as long for each.
        engines: What computes. Default: the engines that ship.
        tell: Told what is computed next, in a few words. Default: nobody.

    Raises:
        ScenarioError: The scenario names what the architecture does not have.
        HinagataError: A number cannot be, or there is no such engine.
    """
    if engine not in ("auto", "tick", "event"):
        raise UsageError(
            f"there is no engine {engine}; expected {suggest(engine, ('auto', 'tick', 'event'))}"
        )
    began = time.perf_counter()
    engines = _telling(engines, tell)
    facts = facts or Facts()
    built = build_network(
        topology,
        scenario,
        facts=facts,
        assumptions=assumptions,
        duration_s=duration_s,
        seed=seed,
    )
    network = built.network
    first = _choice(network, engine)
    choice, outcome = _run(network, first, engines, fixed=engine != "auto")
    differences = _differences(network, outcome, engines) if checked else ()
    # Who could not follow the messages before cannot do it now.
    if engine == "auto" and first.engine == "tick":
        choice, outcome, differences = _again(network, choice, outcome, differences, engines)
    warmth = _warmth(network, outcome, engines(choice.engine)) if sensitivity else ()
    # What the choice tells of is not told again.
    apart = (
        _doubt(each, outcome)
        for each in differences
        if not each.met and _apart(each) not in choice.doubt
    )
    doubts = (*built.doubts, choice.doubt, *outcome.doubts, *apart)
    return Simulation(
        scenario=scenario,
        network=network,
        choice=choice,
        outcome=outcome,
        verdicts=judge(
            scenario.expectations,
            network,
            outcome,
            called=built.called,
            deadline_s=scenario.deadline_seconds,
        ),
        differences=differences,
        costs=costs(network, outcome, facts=facts, region=region),
        doubts=tuple(doubt for doubt in doubts if doubt),
        warmth=warmth,
        seconds=time.perf_counter() - began,
    )


def _telling(
    engines: Callable[[Engine], Run], tell: Callable[[str], None]
) -> Callable[[Engine], Run]:
    """Returns the engines, each of which says what it does before it begins."""

    def telling(engine: Engine) -> Run:
        run = engines(engine)

        def told(network: Network) -> Outcome:
            what = "each message" if engine == "event" else "what is expected each second"
            tell(f"simulate {what} ({engine} engine)")
            return run(network)

        return told

    return telling


def _choice(network: Network, engine: EngineChoice) -> Choice:
    if engine == "auto":
        return choose_engine(network)
    return Choice(engine=engine, events=expected_events(network), reason="it was asked for")


def _run(
    network: Network, choice: Choice, engines: Callable[[Engine], Run], *, fixed: bool
) -> tuple[Choice, Outcome]:
    try:
        return choice, engines(choice.engine)(network)
    except HinagataError as error:
        if fixed or choice.engine == "tick":
            raise
        # Retries can make more events of a few messages than anybody expects.
        choice = replace(choice, engine="tick", doubt=f"no message could be followed: {error}")
        return choice, engines("tick")(network)


def _differences(
    network: Network, outcome: Outcome, engines: Callable[[Engine], Run]
) -> tuple[Difference, ...]:
    other: Engine = "event" if outcome.engine == "tick" else "tick"
    return check(network, outcome, this=engines(outcome.engine), other=engines(other))


def _again(
    network: Network,
    choice: Choice,
    outcome: Outcome,
    differences: tuple[Difference, ...],
    engines: Callable[[Engine], Run],
) -> tuple[Choice, Outcome, tuple[Difference, ...]]:
    """Follows each message after all, where ticks miss a bound and that is affordable."""
    missed = [each for each in differences if not each.met]
    if not missed:
        return choice, outcome, differences
    worst = max(missed, key=lambda each: each.share - each.bound)
    choice = choose_again(choice, outcome, worst.about, _apart(worst))
    if choice.engine == "tick":
        return choice, outcome, differences
    choice, exact = _run(network, choice, engines, fixed=False)
    if exact.engine == "tick":
        return choice, outcome, differences
    ticks = outcome
    return choice, exact, check(network, exact, this=engines("event"), other=lambda _: ticks)


def _apart(difference: Difference) -> str:
    return (
        f"{difference.about}: {difference.here:.4g}, but {difference.there:.4g} by "
        f"{difference.against}, {difference.share:.1%} apart, where {difference.bound:.1%} is the "
        "bound"
    )


def _doubt(difference: Difference, outcome: Outcome) -> str:
    if outcome.engine == "event" and difference.against == TICKS:
        return f"expected values miss a bound here, messages were followed: {_apart(difference)}"
    return _apart(difference)


def _warmth(network: Network, outcome: Outcome, run: Run) -> tuple[Warmth, ...]:
    found = []
    for keep_alive in KEEP_ALIVES_S:
        stations = {
            name: replace(station, keep_alive_s=keep_alive)
            if isinstance(station, Function)
            else station
            for name, station in network.stations.items()
        }
        same = stations == network.stations
        varied = outcome if same else run(replace(network, stations=stations))
        functions = [name for name, each in stations.items() if isinstance(each, Function)]
        tried = sum(
            float(np.sum(varied.stations[name].attempts - varied.stations[name].throttled))
            for name in functions
        )
        starts = math.fsum(varied.total(name, "cold_starts") for name in functions)
        found.append(
            Warmth(
                keep_alive_s=keep_alive,
                cold_starts=starts,
                share=starts / tried if tried else 0.0,
            )
        )
    return tuple(found)
