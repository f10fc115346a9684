"""The answer to a question: plan, price and simulation of a sample under its traffic."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.material.architecture import read_architecture
from hinagata.catalogue.material.cards import read_sample_cards
from hinagata.catalogue.workbench.question import Question, QuestionError, shown
from hinagata.catalogue.workbench.traffic import Change, changes, multiplied
from hinagata.facts import Facts
from hinagata.planner.deriving.estimate import price_scenario
from hinagata.planner.pricing.estimate import Estimate
from hinagata.planner.sizes.plan import Plan, plan
from hinagata.samples import SCENARIOS
from hinagata.scenario import Scenario, read_scenario
from hinagata.simulator.stretch import Stretch, simulate_stretch
from hinagata.suggestion import suggest
from hinagata.topology.graph import Topology


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What becomes of a sample.

    Attributes:
        sample: The sample's name.
        scenario: The scenario, under the traffic that was asked for.
        changes: What is other traffic than the scenario's own.
        plan: Its sizes against their limits.
        estimate: What a month costs.
        stretch: Its busiest stretch, simulated.
        seconds: How long all of it took.
    """

    sample: str
    scenario: Scenario
    changes: tuple[Change, ...]
    plan: Plan
    estimate: Estimate
    stretch: Stretch
    seconds: float


class Samples:
    """The samples of a project, each read once: their architectures and their own scenarios.

    Args:
        project: The folder of the project.
        assembly: The folder that its app was synthesized into.
    """

    def __init__(self, project: Path, assembly: Path) -> None:
        self._project, self._assembly = project, assembly
        self._cards = {card.name: card for card in read_sample_cards(project)}
        self._read: dict[str, tuple[Topology, Scenario]] = {}
        self._facts = Facts()

    def answer(self, question: Question) -> Answer:
        """Returns the answer to a question.

        Raises:
            QuestionError: There is no such sample, or it has no such source.
            HinagataError: It cannot be reckoned.
        """
        began = time.perf_counter()
        topology, scenario = self._sample(question.sample)
        _check(question.traffic, scenario)
        wanted = multiplied(scenario, question.traffic)
        estimate, _ = price_scenario(topology, wanted, facts=self._facts)
        return Answer(
            sample=question.sample,
            scenario=wanted,
            changes=changes(scenario, question.traffic),
            plan=plan(topology, wanted, facts=self._facts),
            estimate=estimate,
            stretch=simulate_stretch(topology, wanted, facts=self._facts),
            seconds=time.perf_counter() - began,
        )

    def _sample(self, name: str) -> tuple[Topology, Scenario]:
        if name not in self._cards:
            raise QuestionError(
                f"there is no sample {shown(name)}; expected {suggest(name, self._cards)}"
            )
        if name not in self._read:
            card = self._cards[name]
            file = self._project / SCENARIOS / name / f"{card.scenario}.yaml"
            self._read[name] = (
                read_architecture(card, self._assembly),
                read_scenario(file, project=self._project),
            )
        return self._read[name]


def _check(traffic: Mapping[str, float], scenario: Scenario) -> None:
    for source in traffic:
        if source not in scenario.sources:
            raise QuestionError(
                f"{scenario.name} has no source {shown(source)}; "
                f"expected {suggest(source, scenario.sources)}"
            )
