"""What the launcher refuses, and what the patches say about themselves."""

import re

import pytest

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.launcher import MINISTACK_VERSION, refuse_other_version
from hinagata.lab.patches import PATCHES, apply_patches, refuse_missing_symbols
from hinagata.lab.patches.patch import Patch


def test_fails_for_another_version_of_the_emulator() -> None:
    """The sentence says which is wanted, which is there, and how to get it."""
    refuse_other_version(MINISTACK_VERSION)

    with pytest.raises(HinagataError, match=r"1\.5\.33 and 9\.9\.9 is installed: pip install"):
        refuse_other_version("9.9.9")


def test_fails_when_the_emulator_lacks_what_a_patch_replaces() -> None:
    """Noticed at the start, and not in a wrong result."""
    patch = Patch(
        name="example",
        promise="nothing",
        symbols=("ministack.core.arn:parse_arn", "ministack.core.arn:no_such_function"),
        apply=lambda: None,
    )

    with pytest.raises(HinagataError, match=r"example replaces .*:no_such_function"):
        refuse_missing_symbols(patch)


def test_fails_for_a_name_that_no_patch_has() -> None:
    """A misspelt name would otherwise leave the patch in."""
    with pytest.raises(UsageError, match="did you mean warm-invoke"):
        apply_patches({"warm-invok"})


def test_patches_have_names_promises_and_symbols() -> None:
    """Each can be left out by its own name, and a report can say what it does."""
    names = [patch.name for patch in PATCHES]

    assert len(set(names)) == len(names)
    for patch in PATCHES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", patch.name)
        assert not patch.promise.endswith(".")
        assert patch.symbols
