"""More reserved than there is."""

import json
from pathlib import Path

from hinagata.checks.check import Finding
from hinagata.checks.failure_modes.fm105_reserved_sum import reserved_sum
from hinagata.topology.reading import read_topology
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

FOUND = {
    "Resources": {
        "Api": resource("AWS::Lambda::Function", ReservedConcurrentExecutions=600),
        "Worker": resource("AWS::Lambda::Function", ReservedConcurrentExecutions=301),
    }
}
CLEAN = changed(FOUND, Worker={"ReservedConcurrentExecutions": 300})
UNKNOWN = {
    **changed(CLEAN, Worker={"ReservedConcurrentExecutions": {"Ref": "Reserved"}}),
    "Parameters": {"Reserved": {"Type": "Number"}},
}


def test_names_the_largest_reservation() -> None:
    """901 of 1,000 leave less than the 100 that Lambda keeps."""
    [finding] = findings(reserved_sum, FOUND)

    assert finding.node.logical_id == "Api"
    assert "2 functions reserve 901" in finding.says
    assert [node.logical_id for node in finding.related] == ["Worker"]


def test_accepts_all_but_a_hundred() -> None:
    """Nine hundred of a thousand may be reserved."""
    assert findings(reserved_sum, CLEAN) == []


def test_is_silent_where_a_reservation_is_unknown() -> None:
    """A reservation of unknown size is told apart, not guessed."""
    assert unresolved(reserved_sum, UNKNOWN) == [("Worker", "ReservedConcurrentExecutions")]


def test_takes_the_quota_from_the_configuration() -> None:
    """Who raised the quota sets the threshold."""
    assert findings(reserved_sum, FOUND, account_concurrency=5000) == []


def test_does_not_sum_over_environments(tmp_path: Path) -> None:
    """Two stages of one app, in folders of their own, may go to two accounts."""
    files = []
    for stage in ("Test", "Live"):
        files.append(tmp_path / stage / "shop.template.json")
        files[-1].parent.mkdir()
        files[-1].write_text(json.dumps(CLEAN))

    assert list(reserved_sum(read_topology(*files))) == []


def test_sums_over_the_stacks_of_an_environment(tmp_path: Path) -> None:
    """Two stacks side by side share the account."""
    files = [tmp_path / f"{name}.template.json" for name in ("Orders", "Payments")]
    for file in files:
        file.write_text(json.dumps(CLEAN))

    [finding] = reserved_sum(read_topology(*files))

    assert isinstance(finding, Finding)
    assert "4 functions reserve 1800" in finding.says
