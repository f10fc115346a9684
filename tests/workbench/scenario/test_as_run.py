"""What a run plays of a scenario, as a scenario of its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from hinagata.lab.messages import messages
from hinagata.scenario import (
    BacklogExpectation,
    Expectations,
    Fault,
    Inject,
    Moment,
    PacedRate,
    as_run,
)
from tests.workbench.scenario.scenario_text import read


def test_its_messages_come_at_the_pace_of_the_run(tmp_path: Path) -> None:
    """All but those that warm up, and of as few keys."""
    scenario = read(tmp_path)
    cars = scenario.sources["cars"]

    played = as_run(scenario).sources["cars"]

    sent = [each for each in messages(cars, seed=7, warm_up=scenario.warm_up) if not each.warm_up]
    assert played.rate == PacedRate(per_second=100.0, messages=len(sent))
    assert played.keys["vehicle_id"].cardinality == cars.run.keys == 10


def test_it_lasts_until_the_deadline_after_the_last_message(tmp_path: Path) -> None:
    """The source that sends longest counts: 48 messages at 100/s, or 3 at 10/s."""
    assert as_run(read(tmp_path)).duration_seconds == pytest.approx(0.48 + 30.0)


def test_faults_and_looks_come_when_the_run_has_them(tmp_path: Path) -> None:
    """What has no time of its own in the run has the scenario's."""
    scenario = read(tmp_path)
    struck = Fault(
        inject=Inject.SLOW, at_seconds=3600.0, for_seconds=600.0, target="Ingest", delay_seconds=1.0
    )
    given = {
        "faults": (replace(struck, run=Moment(at_seconds=5.0, for_seconds=10.0)), struck),
        "expectations": Expectations(
            backlog=(
                BacklogExpectation(node="Ingest", at_most=5, at_seconds=90.0, run_at_seconds=9.0),
                BacklogExpectation(node="Ingest", at_most=5, at_seconds=90.0),
            )
        ),
    }

    played = as_run(replace(scenario, **given))

    assert [(each.at_seconds, each.for_seconds) for each in played.faults] == [
        (5.0, 10.0),
        (3600.0, 600.0),
    ]
    assert [each.at_seconds for each in played.expectations.backlog] == [9.0, 90.0]
