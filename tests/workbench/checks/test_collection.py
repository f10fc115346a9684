"""Which checks there are."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hinagata.checks.collection import check_ids, load_check, load_checks
from hinagata.errors import UsageError


def test_each_module_is_named_for_its_check() -> None:
    """The file `fm101_....py` makes the check FM101, and no two make the same."""
    checks = load_checks()

    assert tuple(check.id for check in checks) == check_ids()
    assert sorted(set(check_ids())) == list(check_ids())


@pytest.mark.parametrize("id", check_ids())
def test_each_check_says_what_a_person_needs(id: str) -> None:
    """Title, reason, fix, evidence and a page with a section on how to mend it."""
    check = load_check(id)

    assert check.title
    assert check.reason.endswith(".")
    assert check.fix.endswith(".")
    assert all(source.startswith("https://") for source in check.sources)
    assert check.sources
    assert "## How to mend it" in check.page


def test_one_check_is_loaded_alone() -> None:
    """To explain a check, no other is imported."""
    code = (
        "import sys; from hinagata.checks.collection import load_check; load_check('fm101'); "
        "print(*(name for name in sys.modules if 'failure_modes.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["hinagata.checks.failure_modes.fm101_visibility_timeout"]


@pytest.mark.parametrize("id", ["FM101", "fm101", "EFM101", "WFM101"])
def test_a_check_is_found_by_what_a_tool_printed(id: str) -> None:
    """In small letters, and with the letter of its severity that cfn-lint puts before it."""
    assert load_check(id).id == "FM101"


def test_fails_for_a_check_that_does_not_exist() -> None:
    """Those of the same family are named."""
    with pytest.raises(UsageError, match=r"there is no check FM305x; expected one of FM301, "):
        load_checks(["FM101", "FM305x"])
