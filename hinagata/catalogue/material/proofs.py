"""The tests that prove what pages say: found by what they name, shown as they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from hinagata.catalogue.error import CatalogueError

FOLDER = Path("tests", "synth")
OF_ALL = "test_the_default_settings_are_those_that_were_looked_at"
_AWS = "AWS::"
# Tests of everything, which come after those of the pattern itself.
_COMMON = ("guard_rails", "off", "judges")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A test.

    Attributes:
        file: From the project's folder.
        name: Of the function.
        promise: Its docstring.
        code: Its source.
        words: The texts and numbers that it names.
    """

    file: Path
    name: str
    promise: str
    code: str
    words: frozenset[str] = field(repr=False)


class Proofs:
    """The tests of the constructs.

    Args:
        tests: All of them, in the order of their files.

    Raises:
        CatalogueError: The test that holds all default settings is not among them.
    """

    def __init__(self, tests: tuple[Proof, ...]) -> None:
        self._tests = tests
        of_all = [test for test in tests if test.name == OF_ALL]
        if not of_all:
            raise CatalogueError(
                f"{FOLDER}: there is no {OF_ALL}, which holds the default settings of all patterns"
            )
        self._of_all = of_all[0]

    def of(self, pattern: str, type: str, named: str, value: str) -> Proof:
        """Returns a test of a setting: one that names all of it, else the one that holds them all.

        Args:
            pattern: Whose own tests come first; then those of everything, then others.
            type: The resource's CloudFormation type.
            named: The property's path; a test names its last part.
            value: The value in words.
        """
        named_by = {type.removeprefix(_AWS), named.rpartition(".")[2], value}
        found = [test for test in self._tests if named_by <= test.words]
        return min(found, key=lambda test: _distance(test, pattern), default=self._of_all)

    def by_file(self) -> Iterator[tuple[Path, tuple[Proof, ...]]]:
        """Yields each file with its tests."""
        for file, tests in groupby(self._tests, key=lambda test: test.file):
            yield file, tuple(tests)

    def of_metric(self, pattern: str, metric: str) -> Proof | None:
        """Returns a test that names a metric."""
        found = [test for test in self._tests if metric in test.words]
        return min(found, key=lambda test: _distance(test, pattern), default=None)


def read_proofs(project: Path) -> Proofs:
    """Returns the tests of the constructs and samples."""
    files = sorted((project / FOLDER).glob("test_*.py"))
    return Proofs(tuple(test for file in files for test in _tests(file, project)))


def _tests(file: Path, project: Path) -> list[Proof]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    return [
        Proof(
            file=file.relative_to(project),
            name=node.name,
            promise=" ".join((ast.get_docstring(node) or "").split()),
            code="\n".join(lines[_first_line(node) - 1 : node.end_lineno]),
            words=frozenset(
                str(each.value).lower() if isinstance(each.value, bool) else str(each.value)
                for each in ast.walk(node)
                if isinstance(each, ast.Constant)
            ),
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _distance(test: Proof, pattern: str) -> int:
    subject = test.file.stem.removeprefix("test_")
    return 0 if subject == pattern else 1 if subject in _COMMON else 2
