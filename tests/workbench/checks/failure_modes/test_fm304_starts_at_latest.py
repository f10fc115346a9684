"""Consumers that miss the beginning."""

from hinagata.checks.failure_modes.fm304_starts_at_latest import starts_at_latest
from tests.workbench.checks.failure_modes import test_fm301_poison_record as stream
from tests.workbench.checks.judgement import changed, findings, unresolved

CLEAN = stream.FOUND
FOUND = changed(CLEAN, Mapping={"StartingPosition": "LATEST"})
UNKNOWN = {
    **changed(CLEAN, Mapping={"StartingPosition": {"Ref": "Position"}}),
    "Parameters": {"Position": {"Type": "String"}},
}


def test_names_the_mapping() -> None:
    """A mapping that starts at the latest record is found."""
    [finding] = findings(starts_at_latest, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Mapping", "StartingPosition")


def test_accepts_the_oldest_record() -> None:
    """TRIM_HORIZON misses nothing."""
    assert findings(starts_at_latest, CLEAN) == []


def test_is_silent_where_it_is_unknown() -> None:
    """A parameter without default is told apart, not judged."""
    assert unresolved(starts_at_latest, UNKNOWN) == [("Mapping", "StartingPosition")]
