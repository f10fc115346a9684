"""A YAML document whose every value knows its file, its line and its path.

Values are taken out by what they must be (`text`, `integer`, `fields` ...); what is something else
is a `ScenarioError` that says where. Scalars are read as written, so that neither `on:` nor `08:00`
turns into what YAML 1.1 makes of it.

A scenario is small and says each thing once: a file is bounded in size and depth, and aliases and
tags are refused, with which a small file grows to millions of values, or names a Python object.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from hinagata.errors import HinagataError
from hinagata.scenario.error import ScenarioError
from hinagata.suggestion import suggest

# A hundred times the largest scenario of this repository; read in 3 s on a slow core.
LARGEST_BYTES = 256 * 1024
# The format has six levels.
DEEPEST = 20
LONGEST_TEXT = 1000

_LONGEST_SHOWN = 60
_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
# The core schema of YAML 1.2 (yaml.org/spec/1.2.2, section 10.3.2).
_NO_TEXT = re.compile(
    r"null|Null|NULL|~|true|True|TRUE|false|False|FALSE|[-+]?\d+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Value:
    """One value of a document, and where it stands.

    Attributes:
        node: the value as YAML has it.
        file: the document's file.
        project: the folder that other files are named from.
        path: the names and indexes that lead to it.
        name: the name before its colon, if it has one.
    """

    node: yaml.Node
    file: Path
    project: Path
    path: str = ""
    name: yaml.Node | None = None

    def fail(self, *, expected: str, found: str | None = None) -> NoReturn:
        """Refuse this value.

        Args:
            expected: what may stand here.
            found: what does. Default: the value, described.

        Raises:
            ScenarioError: always.
        """
        self._fail_at(self.node, expected=expected, found=found or self._described())

    def fail_name(self, *, expected: str, found: str) -> NoReturn:
        """Refuse the name of this value: as `fail`, in the line of the name.

        Raises:
            ScenarioError: always.
        """
        self._fail_at(self.name or self.node, expected=expected, found=found)

    def _fail_at(self, node: yaml.Node, *, expected: str, found: str) -> NoReturn:
        raise ScenarioError(
            file=self.file,
            line=node.start_mark.line + 1,
            field=self.path,
            found=found,
            expected=expected,
        )

    def at(self, *steps: str | int) -> "Value":
        """Return a value below this one that is known to be there."""
        value = self
        for step in steps:
            value = value.entries()[step] if isinstance(step, str) else value.elements()[step]
        return value

    def lines(self) -> dict[str, int]:
        """Return the line of each value by its path; a named one stands where its name does."""
        found = {self.path: (self.name or self.node).start_mark.line + 1}
        below: Iterable[Value] = ()
        if isinstance(self.node, yaml.MappingNode):
            below = self.entries().values()
        elif isinstance(self.node, yaml.SequenceNode):
            below = self.elements()
        for value in below:
            found |= value.lines()
        return found

    def entries(self) -> dict[str, "Value"]:
        """Return the values of a mapping by name, whatever the names are."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(expected="a mapping of names to values")
        entries: dict[str, Value] = {}
        for key, node in self.node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fail_at(key, expected="a name before the colon", found=_described(key))
            name = str(key.value)
            shown = name if _is_short(name) else show(name)
            path = f"{self.path}.{shown}" if self.path else shown
            value = Value(node, self.file, self.project, path, key)
            if name in entries:
                value.fail_name(found="a second one", expected="each name once")
            entries[name] = value
        return entries

    def fields(self, *, required: Iterable[str] = (), optional: Iterable[str] = ()) -> "Fields":
        """Return the values of a mapping whose names are known beforehand."""
        required = tuple(required)
        known = (*required, *optional)
        entries = self.entries()
        for name, value in entries.items():
            if name not in known:
                value.fail_name(found="a field that is not known", expected=suggest(name, known))
        missing = [name for name in required if name not in entries]
        if missing:
            self.fail(
                found=f"no {' and no '.join(missing)}", expected=f"the fields {', '.join(required)}"
            )
        return Fields(entries)

    def elements(self) -> list["Value"]:
        """Return the values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            said = self.node.value
            alone = isinstance(said, str) and said.isidentifier()
            self.fail(expected=f"a list, as [{said}]" if alone else "a list")
        return [
            Value(node, self.file, self.project, f"{self.path}[{index}]")
            for index, node in enumerate(self.node.value)
        ]

    def text(self) -> str:
        """Return a text of one line that is not empty.

        What other readers of YAML take for a number, a truth or nothing must stand in quotes.
        """
        node = self._scalar()
        text = str(node.value)
        if not text.isprintable() or len(text) > LONGEST_TEXT:
            self.fail(expected=f"a text of one line, with at most {LONGEST_TEXT} characters")
        if node.style is None and _NO_TEXT.fullmatch(text):
            self.fail(found=f"{text} without quotes", expected=f'a text: "{text}"')
        return text

    def integer(self, *, at_least: int = 0, at_most: int | None = None) -> int:
        """Return a whole number."""
        expected = f"a whole number {_between(at_least, at_most)}"
        number = int(self._plain(_INTEGER, expected))
        if number < at_least or (at_most is not None and number > at_most):
            self.fail(expected=expected)
        return number

    def number(
        self, *, at_least: float = 0, at_most: float | None = None, positive: bool = False
    ) -> float:
        """Return a number; `positive` refuses zero."""
        expected = f"a number {_between(at_least, at_most)}"
        number = float(self._plain(_NUMBER, expected))
        if number < at_least or number > (math.inf if at_most is None else at_most):
            self.fail(expected=expected)
        if math.isinf(number) or (positive and number == 0):
            self.fail(expected="more than zero" if number == 0 else "a number that is finite")
        return number

    def measure(
        self,
        parse: Callable[[str], float],
        *,
        positive: bool = False,
        at_most: tuple[float, str] = (math.inf, ""),
    ) -> float:
        """Return a number with a unit.

        Args:
            parse: reads the text; its ValueError says what is expected.
            positive: whether zero is refused.
            at_most: the largest one that makes sense, and how a person writes it.
        """
        text = str(self._scalar().value)
        try:
            value = parse(text)
        except ValueError as error:
            self.fail(expected=str(error))
        if positive and value == 0:
            self.fail(expected="more than zero")
        largest, shown = at_most
        if value > largest:
            self.fail(expected=f"at most {shown}")
        return value

    def one_of(self, names: Iterable[str], *, kind: str) -> str:
        """Return a name that must be one of those given; `kind` says what they are."""
        text = str(self._scalar().value)
        known = tuple(names)
        if text not in known:
            self.fail(expected=f"the name of a {kind}: {suggest(text, known)}")
        return text

    def _scalar(self) -> yaml.ScalarNode:
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            self.fail(expected="a text")
        return self.node

    def _plain(self, pattern: re.Pattern[str], expected: str) -> str:
        """Return a scalar without quotes that looks as a number does."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or not pattern.fullmatch(node.value):
            self.fail(expected=expected)
        if node.style is not None:
            self.fail(found=f"{self._described()} in quotes", expected=expected)
        return str(node.value)

    def _described(self) -> str:
        return _described(self.node)


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


def show(text: str) -> str:
    """Return a text in quotes, on one line and not too long, whatever is in it."""
    cut = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return f'"{cut}"' if cut.isprintable() else json.dumps(cut)


def read_document(file: Path, *, project: Path) -> Value:
    """Return the one document of a YAML file.

    Args:
        file: the file.
        project: the folder that the document names other files from.

    Raises:
        HinagataError: the file cannot be read.
        ScenarioError: it is not YAML, is empty, or is more than a scenario can need.
    """
    return parse_document(_read(file), file=file, project=project)


def parse_document(content: str, *, file: Path, project: Path) -> Value:
    """Return the one document of a YAML text.

    Args:
        content: the text.
        file: what to call it.
        project: the folder that the document names other files from.

    Raises:
        ScenarioError: it is not YAML, is empty, or is more than a scenario can need.
    """

    def refuse(line: int, found: str, expected: str = "one YAML document") -> NoReturn:
        raise ScenarioError(file=file, line=line, field="", found=found, expected=expected)

    try:
        loader = _Loader(content)
        node = loader.get_single_node()
    except _Refusal as refusal:
        refuse(refusal.line, refusal.found, refusal.expected)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        if mark and mark.buffer and mark.buffer[mark.pointer] == "\t":
            refuse(line, "a tab", "spaces, for YAML indents with nothing else")
        refuse(line, f"text that is not YAML ({error.problem})")
    except yaml.reader.ReaderError as error:
        line = content.count("\n", 0, error.position) + 1
        refuse(line, f"the character U+{ord(content[error.position]):04X}")
    except (ValueError, OverflowError):
        # PyYAML lets through what `chr` and `int` make of an escape or a directive out of range.
        refuse(loader.line + 1, "text that is not YAML (an escape or a version that is none)")
    if node is None:
        refuse(1, "an empty file")
    return Value(node, file, project)


def _read(file: Path) -> str:
    try:
        if file.exists() and not file.is_file():
            raise HinagataError(f"{file}: this is no file; expected a scenario")
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise HinagataError(f"{file}: there is no such scenario file") from None
    except (OSError, ValueError) as error:
        raise HinagataError(f"{file}: the scenario file cannot be read: {error}") from None
    if len(content) > LARGEST_BYTES:
        raise ScenarioError(
            file=file,
            line=content.count(b"\n", 0, LARGEST_BYTES) + 1,
            field="",
            found=f"more than {LARGEST_BYTES // 1024} KiB",
            expected="a scenario, which is smaller",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
            field="",
            found=f"the byte 0x{content[error.start]:02X}, which is no UTF-8",
            expected="one YAML document in UTF-8",
        ) from None


class _Refusal(Exception):  # noqa: N818 - never leaves this module
    """Something that YAML has and a scenario has not."""

    def __init__(self, event: yaml.Event, found: str, expected: str) -> None:
        super().__init__(found)
        self.line = event.start_mark.line + 1 if event.start_mark else 1
        self.found = found
        self.expected = expected


class _Loader(yaml.SafeLoader):
    """Composes nodes, and refuses what a scenario has no use for as soon as it is met."""

    def __init__(self, content: str) -> None:
        super().__init__(content)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node."""
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _Refusal(event, f"the alias *{event.anchor}", "the value itself")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise _Refusal(event, f"the tag {show(tag)}", "the value without a tag")
        if self._depth == DEEPEST:
            raise _Refusal(event, f"more than {DEEPEST} levels", f"at most {DEEPEST}")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _described(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return show(str(node.value)) if node.value else "nothing"


def _is_short(name: str) -> bool:
    return name.isprintable() and len(name) <= _LONGEST_SHOWN


def _between(at_least: float, at_most: float | None) -> str:
    if at_most is None:
        return f"of at least {_shown_number(at_least)}"
    return f"from {_shown_number(at_least)} to {_shown_number(at_most)}"


def _shown_number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
