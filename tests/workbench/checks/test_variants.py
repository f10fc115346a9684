"""What a graph check finds, it finds however the architecture is written."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hinagata.checks.check import Finding
from hinagata.checks.collection import check_ids, load_check
from hinagata.topology.graph import Topology
from tests.workbench.checks import failure_modes
from tests.workbench.checks.variants import VARIANTS, Template, as_it_is, read

# The checks that follow edges; the others look at one resource, or at all of one type.
GRAPH = (
    *("FM101", "FM102", "FM103", "FM104", "FM107", "FM109", "FM110"),
    *("FM201", "FM203", "FM205", "FM207", "FM209", "FM210", "FM305"),
    *("FM401", "FM402", "FM403", "FM404", "FM406", "FM502", "FM503"),
    *("FM603", "FM702", "FM705", "FM801", "FM802", "FM901"),
)
# Where a variant is another architecture, and why.
OTHERWISE: dict[tuple[str, str], str] = {}


# The modules of the checks' tests.
TESTS = {
    module.name.split("_")[1].upper(): f"{failure_modes.__name__}.{module.name}"
    for module in pkgutil.iter_modules(failure_modes.__path__)
    if module.name.startswith("test_")
}


def found_in(check: str) -> Template:
    """The template in which the test of a check finds something."""
    module: Any = import_module(TESTS[check])
    template: Template = module.FOUND
    return template


def findings(check: str, topology: Topology) -> set[str]:
    """The logical ids of what a check finds."""
    answers = load_check(check)(topology)
    return {each.node.logical_id for each in answers if isinstance(each, Finding)}


CASES = [
    pytest.param(check, documents, id=f"{check}-{variant.__name__}")
    for check in GRAPH
    if check in TESTS
    for variant in VARIANTS
    if (check, variant.__name__) not in OTHERWISE
    # Not every architecture can be written in every way.
    if (documents := variant(found_in(check))) is not None
]


def test_every_graph_check_is_tried() -> None:
    """Each that is listed here is a check, and its test has something to find."""
    assert [check for check in GRAPH if check not in check_ids() or check not in TESTS] == []


@pytest.mark.parametrize(("check", "documents"), CASES)
def test_a_finding_stays(check: str, documents: Any, tmp_path: Path) -> None:
    """The same check finds the same resources, whichever way their references go."""
    expected = findings(check, read(as_it_is(found_in(check)), tmp_path))

    assert expected
    assert findings(check, read(documents, tmp_path)) == expected
