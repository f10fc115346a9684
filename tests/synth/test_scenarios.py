"""The scenarios of the samples fit what the samples synthesize."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hinagata.lab.hold import hold
from hinagata.planner.flow_rates import read_flows
from hinagata.planner.naming import Names
from hinagata.scenario import read_scenario
from hinagata.simulator.network import build_network
from hinagata.simulator.visits import visits
from hinagata.topology.node import Role
from hinagata.topology.reading import read_topology
from tests.synth.conftest import Synthesized

REPOSITORY = Path(__file__).parents[2]
FILES = sorted((REPOSITORY / "scenarios").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_scenario_is_called_as_it_is_asked_for(file: Path) -> None:
    """What an answer shows is what a person types."""
    assert read_scenario(file, project=REPOSITORY).name == file.stem


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_scenario_names_what_its_sample_has(file: Path, synthesized: Synthesized) -> None:
    """Entries, hops, tables and targets of faults are those of the stack."""
    hold(
        read_scenario(file, project=REPOSITORY),
        read_topology(synthesized.directory),
        stacks=[_stack(file)],
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_plan_and_simulation_see_the_same_ways(file: Path, synthesized: Synthesized) -> None:
    """Each follows a message by itself, and as many come to each place; tables are asked apart."""
    topology = read_topology(synthesized.directory / f"{_stack(file)}.template.json")
    scenario = read_scenario(file, project=REPOSITORY)
    planned = read_flows(topology, scenario, Names(topology)).visits
    built = build_network(topology, scenario)
    simulated = visits(built.network)
    places = [(node, name) for node, name in built.names.of.items() if node.role is not Role.TABLE]

    assert len(places) >= 3
    for node, name in places:
        assert _some(planned.get(node, {})) == pytest.approx(_some(simulated.get(name, {}))), name


def _some(counts: Mapping[str, float]) -> dict[str, float]:
    return {source: count for source, count in counts.items() if count}


def _stack(file: Path) -> str:
    return "".join(word.capitalize() for word in file.parent.name.split("_"))
