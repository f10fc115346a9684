"""A YAML document whose every value knows its file, its line and its path.

Values are taken out by what they must be (`text`, `integer`, `fields` ...); what is something else
is a `ScenarioError` that says where. Scalars are read as written, so that neither `on:` nor `08:00`
turns into what YAML 1.1 makes of it.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from hinagata.errors import HinagataError
from hinagata.scenario.error import ScenarioError
from hinagata.suggestion import suggest

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Value:
    """One value of a document, and where it stands."""

    node: yaml.Node
    file: Path
    path: str = ""

    def fail(self, *, expected: str, found: str | None = None) -> NoReturn:
        """Refuse this value.

        Args:
            expected: what may stand here.
            found: what does. Default: the value, described.

        Raises:
            ScenarioError: always.
        """
        raise ScenarioError(
            file=self.file,
            line=self.node.start_mark.line + 1,
            field=self.path,
            found=found or self._described(),
            expected=expected,
        )

    def entries(self) -> dict[str, "Value"]:
        """Return the values of a mapping by name, whatever the names are."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(expected="a mapping of names to values")
        entries: dict[str, Value] = {}
        for key, node in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                Value(key, self.file, self.path).fail(expected="a name before the colon")
            path = f"{self.path}.{key.value}" if self.path else key.value
            if key.value in entries:
                Value(key, self.file, path).fail(found="a second one", expected="each name once")
            entries[key.value] = Value(node, self.file, path)
        return entries

    def fields(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> "Fields":
        """Return the values of a mapping whose names are known beforehand."""
        required = tuple(required)
        known = (*required, *optional)
        entries = self.entries()
        for name, value in entries.items():
            if name not in known:
                value.fail(found="a field that is not known", expected=suggest(name, known))
        missing = [name for name in required if name not in entries]
        if missing:
            self.fail(
                found=f"no {' and no '.join(missing)}", expected=f"the fields {', '.join(required)}"
            )
        return Fields(entries)

    def elements(self) -> list["Value"]:
        """Return the values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(expected="a list")
        return [
            Value(node, self.file, f"{self.path}[{index}]")
            for index, node in enumerate(self.node.value)
        ]

    def text(self) -> str:
        """Return a text that is not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            self.fail(expected="a text")
        return str(self.node.value)

    def integer(self, *, at_least: int = 0) -> int:
        """Return a whole number."""
        expected = f"a whole number of at least {at_least}"
        if not isinstance(self.node, yaml.ScalarNode) or not _INTEGER.fullmatch(self.node.value):
            self.fail(expected=expected)
        number = int(self.node.value)
        if number < at_least:
            self.fail(expected=expected)
        return number

    def number(self, *, at_least: float = 0) -> float:
        """Return a number."""
        expected = f"a number of at least {at_least:g}"
        if not isinstance(self.node, yaml.ScalarNode) or not _NUMBER.fullmatch(self.node.value):
            self.fail(expected=expected)
        number = float(self.node.value)
        if number < at_least:
            self.fail(expected=expected)
        return number

    def measure(self, parse: Callable[[str], float], *, positive: bool = False) -> float:
        """Return a number with a unit.

        Args:
            parse: reads the text; its ValueError says what is expected.
            positive: whether zero is refused.
        """
        text = self.text()
        try:
            value = parse(text)
        except ValueError as error:
            self.fail(expected=str(error))
        if positive and value == 0:
            self.fail(expected="more than zero")
        return value

    def one_of(self, names: Iterable[str], *, kind: str) -> str:
        """Return a name that must be one of those given; `kind` says what they are."""
        text = self.text()
        known = tuple(names)
        if text not in known:
            self.fail(expected=f"the name of a {kind}: {suggest(text, known)}")
        return text

    def names(self, names: Iterable[str] | None = None, *, kind: str) -> tuple[str, ...]:
        """Return a list of different names, at least one, of those given if any are."""
        known = None if names is None else tuple(names)
        found: list[str] = []
        for element in self.elements():
            name = element.text() if known is None else element.one_of(known, kind=kind)
            if name in found:
                element.fail(found=f'"{name}" a second time', expected=f"each {kind} once")
            found.append(name)
        if not found:
            self.fail(found="an empty list", expected=f"at least one {kind}")
        return tuple(found)

    def _described(self) -> str:
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return f'"{self.node.value}"' if self.node.value else "nothing"


@dataclass(frozen=True)
class Fields:
    """The fields of one mapping, each of which is known by name."""

    entries: dict[str, Value]

    def __getitem__(self, name: str) -> Value:
        """Return a field that is required."""
        return self.entries[name]

    def get(self, name: str) -> Value | None:
        """Return a field that is optional, or None."""
        return self.entries.get(name)


def read_document(file: Path) -> Value:
    """Return the one document of a YAML file.

    Raises:
        HinagataError: the file cannot be read.
        ScenarioError: it is not YAML, or is empty.
    """
    try:
        content = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise HinagataError(f"{file}: there is no such scenario file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HinagataError(f"{file}: the scenario file cannot be read: {error}") from None
    try:
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ScenarioError(
            file=file,
            line=mark.line + 1 if mark else 1,
            field="",
            found=f"text that is not YAML ({error.problem})",
            expected="one YAML document",
        ) from None
    except yaml.reader.ReaderError as error:
        raise ScenarioError(
            file=file,
            line=content.count("\n", 0, error.position) + 1,
            field="",
            found=f"the character U+{ord(content[error.position]):04X}",
            expected="one YAML document",
        ) from None
    if node is None:
        raise ScenarioError(
            file=file, line=1, field="", found="an empty file", expected="one YAML document"
        )
    return Value(node, file)
