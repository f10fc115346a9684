"""Batches that go down with one record."""

import pytest

from hinagata.checks.failure_modes.fm302_no_bisect import no_bisect
from tests.workbench.checks.failure_modes import test_fm301_poison_record as stream
from tests.workbench.checks.judgement import changed, findings, unresolved

FOUND = stream.FOUND
CLEAN = changed(FOUND, Mapping={"BisectBatchOnFunctionError": True})
UNKNOWN = {
    **changed(FOUND, Mapping={"BisectBatchOnFunctionError": {"Ref": "Bisect"}}),
    "Parameters": {"Bisect": {"Type": "String"}},
}


def test_names_the_mapping_and_what_is_at_stake() -> None:
    """A mapping that does not bisect risks its whole batch, a hundred by default."""
    [finding] = findings(no_bisect, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Mapping", "BisectBatchOnFunctionError")
    assert "up to 100 " in finding.says


@pytest.mark.parametrize(
    "cure",
    [
        {"BisectBatchOnFunctionError": True},
        {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
        {"BatchSize": 1},
    ],
)
def test_accepts_each_cure(cure: dict[str, object]) -> None:
    """Bisecting, naming what failed, and batches of one all spare the good records."""
    assert findings(no_bisect, changed(FOUND, Mapping=cure)) == []


def test_is_silent_where_it_is_unknown() -> None:
    """A parameter without default is told apart, not judged."""
    assert unresolved(no_bisect, UNKNOWN) == [("Mapping", "BisectBatchOnFunctionError")]


def test_leaves_pipes_alone() -> None:
    """A pipe takes the names of failed records from any target."""
    assert findings(no_bisect, stream.PIPE) == []
