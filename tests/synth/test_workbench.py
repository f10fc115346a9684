"""The workbench on the samples as they are synthesized: plan, price and simulation answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from hinagata.catalogue.workbench.answer import Samples
from hinagata.catalogue.workbench.fragment import fragment
from hinagata.catalogue.workbench.question import Question, QuestionError
from hinagata.catalogue.workbench.traffic import LEAST, MOST
from tests.recorded_settings import REPOSITORY
from tests.synth.conftest import Synthesized


@pytest.fixture(scope="module")
def samples(synthesized: Synthesized) -> Samples:
    """The samples of this repository."""
    return Samples(REPOSITORY, synthesized.directory)


def asked(sample: str, traffic: Mapping[str, float]) -> Question:
    """A question of some page."""
    return Question(page="a", sample=sample, traffic=traffic)


@pytest.mark.parametrize(
    ("sample", "fits", "breaks"),
    [("order_events", 0.1, 20.0), ("connected_car", 0.001, 1.0), ("resilient_orders", 0.1, 100.0)],
)
def test_plan_price_and_simulation_answer(
    samples: Samples, sample: str, fits: float, breaks: float
) -> None:
    """Little traffic fits, costs less and is done; much of it breaks sizes, and is not."""
    sources = samples.answer(asked(sample, {})).scenario.sources
    little, much = (
        samples.answer(asked(sample, dict.fromkeys(sources, factor))) for factor in (fits, breaks)
    )

    assert (little.plan.fits, much.plan.fits) == (True, False)
    assert little.estimate.total < much.estimate.total
    assert (little.stretch.simulation.met, much.stretch.simulation.met) == (True, False)
    for answer in (little, much):
        html = fragment(answer)
        assert f"{answer.estimate.total:,.2f} USD" in html
        assert html.count("<svg") >= 1
        assert len(html) < 100_000
        assert 'style="' not in html  # the pages' policy would not have it
    assert re.search(r"\d+ sizes? break", fragment(much))


def test_a_source_is_multiplied_alone(samples: Samples) -> None:
    """What is sent of one source is more; the others send what the scenario says."""
    answer = samples.answer(asked("push_jobs", {"producer": 2.0}))
    sources = answer.scenario.sources

    assert sources["producer"].rate.rate_at(0) == pytest.approx(2 * 3700 / 60)
    assert sources["to_the_gone"].rate.rate_at(0) == pytest.approx(1 / 60)


@pytest.mark.parametrize("sample", ["hvac_platform", "order_events"])
def test_the_ends_of_the_sliders_are_answered(samples: Samples, sample: str) -> None:
    """The least and the most that can be asked for are an answer, too, and no error."""
    for factor in (LEAST, MOST):
        names = samples.answer(asked(sample, {})).scenario.sources
        answer = samples.answer(asked(sample, dict.fromkeys(names, factor)))
        assert "USD a month" in fragment(answer)


def test_fails_for_what_is_not_there(samples: Samples) -> None:
    """A sample or a source that does not exist is a sentence with those that do."""
    with pytest.raises(QuestionError, match="there is no sample nothing; expected one of"):
        samples.answer(asked("nothing", {}))
    with pytest.raises(QuestionError, match="busy_hour has no source cars; expected customers"):
        samples.answer(asked("order_events", {"cars": 2.0}))
