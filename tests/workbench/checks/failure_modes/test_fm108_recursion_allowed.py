"""Recursion that nobody stops."""

from hinagata.checks.failure_modes.fm108_recursion_allowed import recursion_allowed
from tests.workbench.checks.judgement import changed, findings, resource, unresolved

FOUND = {"Resources": {"Worker": resource("AWS::Lambda::Function", RecursiveLoop="Allow")}}
CLEAN = changed(FOUND, Worker={"RecursiveLoop": "Terminate"})
UNKNOWN = {
    **changed(FOUND, Worker={"RecursiveLoop": {"Ref": "Loop"}}),
    "Parameters": {"Loop": {"Type": "String"}},
}


def test_names_the_function() -> None:
    """A function with its protection switched off is found."""
    [finding] = findings(recursion_allowed, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Worker", "RecursiveLoop")


def test_accepts_the_protection() -> None:
    """The protection is on by default, and may be said to be."""
    assert findings(recursion_allowed, CLEAN) == []
    assert findings(recursion_allowed, changed(FOUND, Worker={"RecursiveLoop": None})) == []


def test_is_silent_where_it_is_unknown() -> None:
    """A parameter without default is told apart, not judged."""
    assert unresolved(recursion_allowed, UNKNOWN) == [("Worker", "RecursiveLoop")]
