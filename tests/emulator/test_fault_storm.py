"""The retry storm of the connected car: what the cap on retries is for."""

from pathlib import Path

import pytest

from hinagata.lab.result import Result
from hinagata.lab.run import run
from hinagata.samples import find_sample
from hinagata.scenario import find_scenario, read_scenario

PROJECT = Path(__file__).parents[2]


def played(name: str) -> Result:
    """Run a scenario of the connected car."""
    sample = find_sample("connected_car", project=PROJECT)
    file = find_scenario(name, sample=sample.name, project=PROJECT)
    results: list[Result] = []
    run(sample, read_scenario(file, project=PROJECT), project=PROJECT, show=results.append)
    return results[0]


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "held"), [("retry_storm", True), ("retry_storm_uncapped", False)])
def test_only_the_cap_on_retries_keeps_the_api_from_being_throttled(name: str, held: bool) -> None:
    """Operators get through a partner's outage with the cap, and are turned away without it."""
    result = played(name)
    held_at_api = {verdict.about: verdict.met for verdict in result.verdicts}

    assert held_at_api["throttled at CommandApi"] is held
    assert all(fault.began is not None for fault in result.faults)
    assert bool(result.faults[2].struck) is not held
