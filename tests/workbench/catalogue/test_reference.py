"""Arguments, defaults and verbs: read from a class without importing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.reference import read_reference

MODULE = '''
from patterns._defaults import MEMORY_MB
from nowhere import Construct

class Bell(Construct):
    """Rings when it is asked to.

    Loudly.

    Args:
        scope: Parent.
        construct_id: Also names the variable.
        tone: How high, in Hz.
        rest: How long it is silent. None: 5 s; more is boring.
        memory_mb: Memory in MB.
        guard: `Off(reason)` for no guard.

    Attributes:
        clapper: What strikes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tone: int,
        rest: cdk.Duration | None = None,
        memory_mb: int = MEMORY_MB,
        guard: Off | None = None,
    ) -> None: ...

    def rings(self, hour: int, *, times: int = 1) -> None:
        """Rings at an hour.

        Args:
            hour: When.
            times: How often.
        """

    def grant_ring(self) -> None:
        """No verb."""
'''


@pytest.fixture
def bell(tmp_path: Path) -> Path:
    """The module of a construct, in a package of patterns."""
    (tmp_path / "_defaults.py").write_text("MEMORY_MB = 512\n")
    file = tmp_path / "bell.py"
    file.write_text(MODULE)
    return file


def test_arguments_are_those_of_signature_and_docstring(bell: Path) -> None:
    """Name, type and literal default are the signature's, what None means is the docstring's."""
    found = read_reference(bell, "Bell")
    arguments = {each.name: each for each in found.arguments}

    assert list(arguments) == ["tone", "rest", "memory_mb", "guard"]
    assert arguments["tone"].required
    assert (arguments["rest"].default, arguments["rest"].is_literal) == (
        "5 s; more is boring",
        False,
    )
    assert arguments["rest"].prose == "How long it is silent."
    assert arguments["memory_mb"].default == "512"
    assert [name for name, each in arguments.items() if each.can_be_off] == ["guard"]
    assert (found.summary, found.text) == ("Rings when it is asked to.", "Loudly.")


def test_verbs_are_methods_that_connect(bell: Path) -> None:
    """A public method is a verb with its arguments, unless it is for other constructs."""
    (verb,) = read_reference(bell, "Bell").verbs

    assert (verb.name, verb.summary) == ("rings", "Rings at an hour.")
    assert [(each.name, each.default) for each in verb.arguments] == [("hour", ""), ("times", "1")]


def test_fails_if_the_docstring_leaves_an_argument_out(bell: Path) -> None:
    """An argument that nobody explains is refused with its file and name."""
    bell.write_text(MODULE.replace("        tone: How high, in Hz.\n", ""))

    with pytest.raises(CatalogueError, match=r"bell\.py: Bell: .*says nothing of.*tone"):
        read_reference(bell, "Bell")


def test_fails_if_there_is_no_such_class(bell: Path) -> None:
    """A card that names a construct which is not there is refused."""
    with pytest.raises(CatalogueError, match="there is no class Gong"):
        read_reference(bell, "Gong")
