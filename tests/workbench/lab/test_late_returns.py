"""Before a run it is told what comes back later than the run waits."""

from pathlib import Path

import pytest

from hinagata.lab.late_returns import late_returns
from hinagata.topology.reading import topology_of
from tests.workbench.scenario.scenario_text import SCENARIO, read

TOPOLOGY = topology_of(
    Shop={
        "Resources": {
            "Orders": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "VisibilityTimeout": 180,
                    "RedrivePolicy": {
                        "deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]},
                        "maxReceiveCount": 5,
                    },
                },
            },
            "Dead": {"Type": "AWS::SQS::Queue"},
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Ingest"}}},
            },
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
                    "FunctionName": {"Ref": "Function"},
                },
            },
        }
    }
)


def told(tmp_path: Path, fault: str, deadline_seconds: float) -> list[str]:
    """What is said of a fault."""
    scenario = read(tmp_path, f"{SCENARIO}faults:\n  - {{{fault}}}\n")
    return list(late_returns(scenario, TOPOLOGY, deadline_seconds=deadline_seconds))


def test_what_fails_comes_back_after_the_visibility_timeout(tmp_path: Path) -> None:
    """Which is minutes, where it is what it should be."""
    (sentence,) = told(tmp_path, "inject: raise, on: Ingest, at: 1h, for: 5m, rate: 0.5", 60)

    assert sentence == (
        "raise on Ingest: what it strikes comes out of Orders again after 180 s, the queue's "
        "visibility timeout, and this run waits 60 s: give --deadline 180 or more"
    )


def test_what_is_poisoned_dies_after_all_its_receives(tmp_path: Path) -> None:
    """Each of them hides it for as long."""
    (sentence,) = told(tmp_path, "inject: poison, on: Ingest, at: 1h, for: 5m, rate: 0.5", 240)

    assert "visibility timeout, 5 times until it is dead, and this run waits 240 s" in sentence
    assert sentence.endswith("give --deadline 900 or more")


@pytest.mark.parametrize(
    ("fault", "deadline_seconds"),
    [
        ("inject: raise, on: Ingest, at: 1h, for: 5m, rate: 0.5", 180),
        ("inject: raise, on: Gateway, at: 1h, for: 5m, rate: 0.5", 60),
        ("inject: slow, on: Ingest, at: 1h, for: 5m, rate: 0.5, delay: 1s", 60),
    ],
    ids=["waited for", "of no queue", "slow"],
)
def test_what_is_there_in_time_is_not_told(
    fault: str, deadline_seconds: float, tmp_path: Path
) -> None:
    """A sentence is for what a person should do something about."""
    assert told(tmp_path, fault, deadline_seconds) == []
