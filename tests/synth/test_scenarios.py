"""The scenarios of the samples fit what the samples synthesize."""

from pathlib import Path

import pytest

from hinagata.lab.hold import hold
from hinagata.scenario import read_scenario
from hinagata.topology.reading import read_topology
from tests.synth.conftest import Synthesized

REPOSITORY = Path(__file__).parents[2]
FILES = sorted((REPOSITORY / "scenarios").glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_scenario_names_what_its_sample_has(file: Path, synthesized: Synthesized) -> None:
    """Entries, hops, tables and targets of faults are those of the stack."""
    stack = "".join(word.capitalize() for word in file.parent.name.split("_"))

    hold(
        read_scenario(file, project=REPOSITORY),
        read_topology(synthesized.directory),
        stacks=[stack],
    )
