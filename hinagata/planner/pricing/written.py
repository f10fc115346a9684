"""A usage, or assumptions, as written: a tree of texts whose every value knows its place.

A file and a mapping make the same tree, so both are checked alike. Scalars are read as written:
`on` and `1_000` stay what they are until a field says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import yaml

from hinagata.errors import HinagataError
from hinagata.suggestion import suggest

# A service, its resources, their fields, a list: the format is no deeper.
_DEEPEST = 5
# Beyond this nothing is read, so that a short file of brackets costs no time; below it, what is too
# deep is told with its place.
_ENDLESS = 100
# Aliases would let a small file grow without end.
_MOST_VALUES = 100_000
# Some thousand resources; read in 3 s on a slow core.
_LARGEST_BYTES = 256 * 1024
_LONGEST_SHOWN = 60
# What a file of each kind is expected to be.
_A = {"usage": "a usage", "assumption": "assumptions"}


class UsageFileError(HinagataError):
    """A place in a usage, what was found there, and what is expected instead."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One value, and where it stands.

    Attributes:
        content: A text, a list, or values by their names.
        file: The file, or what a mapping is.
        line: The line, from 1; None for a mapping.
        path: The names that lead to it.
    """

    content: str | list[Written] | dict[str, Written]
    file: str = ""
    line: int | None = None
    path: str = ""

    def fail(self, *, expected: str, found: str | None = None) -> NoReturn:
        """Refuses this value.

        Args:
            expected: What may stand here.
            found: What does. Default: the value, described.

        Raises:
            UsageFileError: Always.
        """
        where = f"{self.file}:{self.line}" if self.line else self.file
        path = f"{self.path}: " if self.path else ""
        raise UsageFileError(
            f"{where}: {path}found {found or self._described()}; expected {expected}"
        )

    def entries(self) -> dict[str, Written]:
        """Returns values by name."""
        if not isinstance(self.content, dict):
            self.fail(expected="a mapping of names to values")
        return self.content

    def known(self, names: Iterable[str], *, kind: str) -> dict[str, Written]:
        """Returns values whose names are known beforehand; `kind` says what they name."""
        known = tuple(names)
        for name, value in self.entries().items():
            if name not in known:
                value.fail(found=f"a {kind} that is not known", expected=suggest(name, known))
        return self.entries()

    def text(self) -> str:
        """Returns a text that is not empty."""
        if not isinstance(self.content, str) or not self.content:
            self.fail(expected="a text")
        return self.content

    def one_of(self, names: Iterable[str]) -> str:
        """Returns one of some words."""
        words = tuple(names)
        text = self.text()
        if text not in words:
            self.fail(expected=suggest(text, words))
        return text

    def some_of(self, names: Iterable[str]) -> frozenset[str]:
        """Returns words of a list."""
        if not isinstance(self.content, list):
            self.fail(expected="a list")
        words = tuple(names)
        return frozenset(element.one_of(words) for element in self.content)

    def _described(self) -> str:
        if isinstance(self.content, dict):
            return "a mapping"
        if isinstance(self.content, list):
            return "a list"
        text = self.content
        if len(text) > _LONGEST_SHOWN:
            text = f"{text[:_LONGEST_SHOWN]}..."
        return f'"{text}"' if text else "nothing"


def written_in(file: Path, *, kind: str = "usage") -> Written:
    """Returns what a YAML file says.

    Args:
        file: The file.
        kind: What it is, for messages.

    Raises:
        HinagataError: It cannot be read, or is not YAML.
    """
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise UsageFileError(
                f"{file}: found {file.stat().st_size} bytes; expected at most {_LARGEST_BYTES}"
            )
        content = file.read_text(encoding="utf-8")
        node = yaml.compose(content, Loader=_Loader)
    except FileNotFoundError:
        raise HinagataError(f"{file}: there is no such {kind} file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HinagataError(f"{file}: the {kind} file cannot be read: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UsageFileError(
            f"{file}:{line}: found text that is not YAML ({error.problem}); expected {_A[kind]}"
        ) from None
    except _EndlessError:
        raise UsageFileError(
            f"{file}: found values nested without end; expected {_A[kind]}"
        ) from None
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise UsageFileError(f"{file}: found text that is not YAML ({reason})") from None
    if node is None:
        raise UsageFileError(f"{file}:1: found an empty file; expected {_A[kind]}")
    return _of_node(node, str(file), 1, "", iter(range(_MOST_VALUES)), depth=0)


def written_as(mapping: Mapping[str, object], *, kind: str = "usage") -> Written:
    """Returns what a mapping says, of texts, numbers, flags, lists and mappings.

    Args:
        mapping: The mapping.
        kind: What it is, for messages.

    Raises:
        UsageFileError: It holds something else.
    """
    return _of_object(mapping, kind, "", depth=0)


class _EndlessError(Exception):
    """Values nested deeper than anybody writes them; never leaves this module."""


class _Loader(yaml.SafeLoader):
    """Composes nodes as long as they are nested within reason."""

    def __init__(self, content: str) -> None:
        super().__init__(content)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Composes the next node."""
        if self._depth == _ENDLESS:
            raise _EndlessError
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _of_node(
    node: yaml.Node, file: str, line: int, path: str, values: Iterator[int], *, depth: int
) -> Written:
    """Reads a value whose name stands in the given line."""

    def below(node: yaml.Node, line: int, path: str) -> Written:
        return _of_node(node, file, line, path, values, depth=depth + 1)

    here = Written(content="", file=file, line=line, path=path)
    if depth > _DEEPEST or next(values, None) is None:
        here.fail(found="a deeper or larger document", expected="services, resources, fields")
    if isinstance(node, yaml.SequenceNode):
        elements = [below(each, each.start_mark.line + 1, path) for each in node.value]
        return replace(here, content=elements)
    if not isinstance(node, yaml.MappingNode):
        return replace(here, content=str(node.value))
    entries: dict[str, Written] = {}
    for key, value in node.value:
        at = replace(here, line=key.start_mark.line + 1)
        if not isinstance(key, yaml.ScalarNode):
            at.fail(expected="a name before each colon", found="something else")
        name = str(key.value)
        inner = f"{path}.{name}" if path else name
        if name in entries:
            replace(at, path=inner).fail(found="a second one", expected="each name once")
        entries[name] = below(value, key.start_mark.line + 1, inner)
    return replace(here, content=entries)


def _of_object(value: object, kind: str, path: str, *, depth: int) -> Written:
    here = Written(content="", file=kind, path=path)
    if depth > _DEEPEST:
        here.fail(found="a deeper mapping", expected="a field")
    if isinstance(value, Mapping):
        entries = {
            str(name): _of_object(
                below, kind, f"{path}.{name}" if path else str(name), depth=depth + 1
            )
            for name, below in value.items()
        }
        return replace(here, content=entries)
    if isinstance(value, list | tuple | set | frozenset):
        elements = [_of_object(each, kind, path, depth=depth + 1) for each in value]
        return replace(here, content=elements)
    if isinstance(value, bool):
        return replace(here, content=str(value).lower())
    return replace(here, content="" if value is None else str(value))
