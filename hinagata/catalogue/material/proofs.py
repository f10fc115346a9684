"""The tests that prove what pages say: found by what they name, shown as they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TypeGuard

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import Told

FOLDER = Path("tests", "synth")
RUNS_FOLDER = Path("tests", "emulator")
FAULT_RUNS = Path(__file__).parents[1] / "data" / "fault_runs.toml"
# What the rows of the fault matrix are held by.
MATRIX = "matrix"
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
        is_long: Whether it takes minutes, and is run by a command of its own.
    """

    file: Path
    name: str
    promise: str
    code: str
    words: frozenset[str] = field(repr=False)
    is_long: bool

    @property
    def id(self) -> str:
        """What pytest calls it."""
        return f"{self.file.as_posix()}::{self.name}"

    @property
    def page(self) -> str:
        """Where the site shows it: each file of tests has a page."""
        return self.file.with_suffix(".html").as_posix()

    @property
    def command(self) -> str:
        """What runs it."""
        return "make prove" if self.is_long else "make test"


class Proofs:
    """The tests of the constructs, and those that run faults.

    Args:
        tests: Those of the constructs, in the order of their files.
        runs: Those that run faults, by their patterns.

    Raises:
        CatalogueError: The test that holds all default settings is not among them.
    """

    def __init__(
        self, tests: tuple[Proof, ...], runs: Mapping[str, tuple[Proof, ...]] | None = None
    ) -> None:
        self._tests = tests
        self._runs = runs or {}
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
        """Yields each file with its tests; of those that run faults, the ones that a page names."""
        runs = {run.id: run for runs in self._runs.values() for run in runs}
        by_id = sorted(runs.values(), key=lambda run: run.id)
        for file, tests in groupby([*self._tests, *by_id], key=lambda test: test.file):
            yield file, tuple(tests)

    def of_faults(self, pattern: str, *, in_matrix: bool) -> tuple[Proof, ...]:
        """Returns the tests that run a pattern's faults on the embedded endpoint.

        Args:
            pattern: Whose.
            in_matrix: Whether it has rows in the fault matrix, which are runs as well.

        Raises:
            CatalogueError: There is none.
        """
        matrix = self._runs.get(MATRIX, ()) if in_matrix else ()
        runs = (*matrix, *self._runs.get(pattern, ()))
        if not runs:
            raise CatalogueError(
                f"{FAULT_RUNS}: {pattern} is missing, which has no row in the fault matrix; "
                f"expected {pattern} = a list of tests that run its faults"
            )
        return runs

    def of_metric(self, pattern: str, metric: str) -> Proof | None:
        """Returns a test that names a metric."""
        found = [test for test in self._tests if metric in test.words]
        return min(found, key=lambda test: _distance(test, pattern), default=None)


def read_proofs(project: Path) -> Proofs:
    """Returns the tests of the constructs and samples, and those that run faults.

    Raises:
        CatalogueError: There is no such test as a pattern's faults are said to be run by.
    """
    files = sorted((project / FOLDER).glob("test_*.py"))
    return Proofs(
        tuple(test for file in files for test in _tests(file, project)), _fault_runs(project)
    )


def _fault_runs(project: Path) -> dict[str, tuple[Proof, ...]]:
    told = Told.read(FAULT_RUNS)
    found: dict[Path, dict[str, Proof]] = {}
    runs = {}
    for pattern in told.fields:
        named = []
        for each in told.texts(pattern):
            name, _, test = each.partition("::")
            file = project / RUNS_FOLDER / name
            if file not in found:
                tests = _tests(file, project) if file.is_file() else []
                found[file] = {test.name: test for test in tests}
            if test not in found[file]:
                raise CatalogueError(
                    f"{FAULT_RUNS}: {pattern} names {each}, and {RUNS_FOLDER} has no such test; "
                    "expected FILE.py::TEST"
                )
            named.append(found[file][test])
        runs[pattern] = tuple(named)
    return runs


def _tests(file: Path, project: Path) -> list[Proof]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    module = ast.parse(text).body
    marks = [each.value for each in module if _sets_marks(each)]
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
            is_long=any(_is_long(each) for each in (*marks, *node.decorator_list)),
        )
        for node in module
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def _sets_marks(node: ast.stmt) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _is_long(marks: ast.expr) -> bool:
    return any(
        ast.unparse(each) == "pytest.mark.long"
        for each in (marks.elts if isinstance(marks, ast.List) else [marks])
    )


def _first_line(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _distance(test: Proof, pattern: str) -> int:
    subject = test.file.stem.removeprefix("test_")
    return 0 if subject == pattern else 1 if subject in _COMMON else 2
