"""What a run plays of a scenario, as a scenario of its own, so that a model can play the same."""

from dataclasses import replace

from hinagata.scenario.fault import Fault, Moment
from hinagata.scenario.model import BacklogExpectation, Scenario, Source
from hinagata.scenario.rate import PacedRate


def as_run(scenario: Scenario) -> Scenario:
    """Return a scenario as `hinagata run` plays it: its messages, its pace, its times.

    Whoever warms up sends fewer. It lasts from the first message until the deadline after the last.

    Args:
        scenario: what a file says.
    """
    sources = {name: _paced(source, scenario.warm_up) for name, source in scenario.sources.items()}
    longest = max(
        (source.run.messages - scenario.warm_up) / source.run.per_second
        for source in scenario.sources.values()
    )
    expected = scenario.expectations
    return replace(
        scenario,
        sources=sources,
        duration_seconds=longest + scenario.deadline_seconds,
        faults=tuple(_in_run(fault) for fault in scenario.faults),
        expectations=replace(expected, backlog=tuple(_look(each) for each in expected.backlog)),
    )


def _paced(source: Source, warm_up: int) -> Source:
    run = source.run
    return replace(
        source,
        rate=PacedRate(per_second=run.per_second, messages=run.messages - warm_up),
        keys={
            name: replace(key, cardinality=min(key.cardinality, run.keys))
            for name, key in source.keys.items()
        },
    )


def _in_run(fault: Fault) -> Fault:
    moment = fault.run or Moment(at_seconds=fault.at_seconds, for_seconds=fault.for_seconds)
    return replace(fault, at_seconds=moment.at_seconds, for_seconds=moment.for_seconds, run=None)


def _look(expectation: BacklogExpectation) -> BacklogExpectation:
    at = expectation.run_at_seconds
    return expectation if at is None else replace(expectation, at_seconds=at)
