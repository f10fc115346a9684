"""Builds a template's mapping from YAML, with CloudFormation's short forms written out.

PyYAML's own composer calls itself for each level and lets aliases multiply: a small file could
end the process or fill the memory. This one reads the parser's events in a loop, and counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from hinagata.topology.template_file import DEEPEST

# A template of 500 resources has some ten thousand values; CloudFormation allows no more resources.
_MOST_VALUES = 400_000
_FUNCTIONS = frozenset(
    {
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "Equals",
        "FindInMap",
        "ForEach",
        "GetAZs",
        "GetAtt",
        "GetStackOutput",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "RefAll",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
        "ValueOf",
        "ValueOfAll",
    }
)
_YAML = "tag:yaml.org,2002:"
_PLAIN_TAGS = frozenset(_YAML + name for name in ("str", "int", "float", "bool", "null"))
_COLLECTION_TAGS = frozenset({None, "!", f"{_YAML}map", f"{_YAML}seq"})
_MERGE = object()
_RESOLVERS = yaml.resolver.Resolver.yaml_implicit_resolvers
_CONSTRUCTOR = yaml.constructor.SafeConstructor()


class YamlError(ValueError):
    """A text that is no YAML, or YAML that no template may have; says where."""


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has begun and not ended."""

    into: dict[str, Any] | list[Any]
    tag: str | None
    anchor: str | None
    line: int
    key: object = None
    merged: list[object] = field(default_factory=list)
    # Values in it once its aliases are written out, and levels below it.
    size: int = 1
    height: int = 0


@dataclass(frozen=True, slots=True)
class _Anchored:
    value: object
    size: int
    height: int


def load(text: str) -> Any:
    """Returns the only document of a text.

    Raises:
        YamlError: It is no YAML, holds a tag that CloudFormation does not know, is nested deeper
            than any template, or grows too large by its aliases.
    """
    document, _ = _build(text, None)
    return document


def lines_below(text: str, section: str) -> dict[str, int]:
    """Returns the line, from 1, of each key in a section at the top.

    Raises:
        YamlError: As for `load`.
    """
    _, lines = _build(text, section)
    return lines


def _build(text: str, section: str | None) -> tuple[Any, dict[str, int]]:
    return _Builder(section).build(text)


class _Builder:
    def __init__(self, section: str | None) -> None:
        self._section = section
        self._lines: dict[str, int] = {}
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._documents: list[object] = []
        self._values = 0

    def build(self, text: str) -> tuple[Any, dict[str, int]]:
        try:
            for event in _events(text):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            raise YamlError(_said(error)) from None
        except yaml.YAMLError as error:
            raise YamlError(str(error).replace("\n", " ")) from None
        if not self._documents:
            return None, {}
        return self._documents[0], self._lines

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._begin({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._begin([], event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            anchored = self._anchors.get(str(event.anchor))
            if anchored is None:
                message = f"the alias *{event.anchor} at {_at(event)} stands for nothing before it"
                raise YamlError(message)
            self._add(anchored.value, anchored.size, anchored.height, event)
        elif isinstance(event, yaml.DocumentStartEvent) and self._documents:
            message = f"a second document begins at {_at(event)}; a template is one"
            raise YamlError(message)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        frame = self._open[-1] if self._open else None
        is_key = frame is not None and isinstance(frame.into, dict) and frame.key is None
        value: object
        if event.tag is not None and event.tag not in _PLAIN_TAGS and event.tag != "!":
            value = _call(event.tag, event.value, _at(event))
        elif is_key:
            merges = event.value == "<<" and event.implicit[0]
            value = _MERGE if merges else event.value
        elif event.implicit[0] or event.tag in _PLAIN_TAGS:
            value = _typed(event)
        else:
            value = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchored(value, 1, 0)
        self._add(value, 1, 0, event)

    def _begin(self, into: dict[str, Any] | list[Any], event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= DEEPEST:
            message = f"it is nested deeper than {DEEPEST} levels at {_at(event)}"
            raise YamlError(message)
        if event.anchor is not None:
            # Until it has ended: an alias inside stands for nothing yet.
            self._anchors.pop(event.anchor, None)
        line = _position(event)[0]
        self._open.append(_Open(into, event.tag, event.anchor, line))

    def _end(self) -> None:
        frame = self._open.pop()
        value: object = frame.into
        if isinstance(frame.into, dict):
            for mapping in frame.merged:
                self._merge(mapping, frame)
        if frame.tag not in _COLLECTION_TAGS:
            value = _call(str(frame.tag), value, f"line {frame.line}")
            frame.height += 1
        if frame.anchor is not None:
            self._anchors[frame.anchor] = _Anchored(value, frame.size, frame.height + 1)
        self._add(value, frame.size, frame.height + 1, None, line=frame.line)

    def _merge(self, mapping: object, frame: _Open) -> None:
        """Adds what `<<` names, without touching what the mapping has itself."""
        for each in mapping if isinstance(mapping, list) else [mapping]:
            if not isinstance(each, dict):
                message = f"`<<` in the mapping at line {frame.line} merges what is no mapping"
                raise YamlError(message)
            self._count(len(each))
            for key, value in each.items():
                frame.into.setdefault(key, value)  # type: ignore[union-attr]

    def _add(
        self, value: object, size: int, height: int, event: yaml.Event | None, line: int = 0
    ) -> None:
        self._count(1)
        if not self._open:
            self._documents.append(value)
            return
        frame = self._open[-1]
        frame.size += size
        frame.height = max(frame.height, height)
        where = _at(event) if event is not None else f"line {line}"
        if frame.size > _MOST_VALUES:
            message = f"its aliases grow to more than {_MOST_VALUES} values at {where}"
            raise YamlError(message)
        if len(self._open) + height > DEEPEST:
            message = f"it is nested deeper than {DEEPEST} levels at {where}"
            raise YamlError(message)
        if isinstance(frame.into, list):
            frame.into.append(value)
        elif frame.key is None:
            self._key(value, frame, where)
        else:
            if frame.key is _MERGE:
                frame.merged.append(value)
            else:
                frame.into[str(frame.key)] = value
            frame.key = None

    def _key(self, value: object, frame: _Open, where: str) -> None:
        if value is not _MERGE and not isinstance(value, str):
            message = f"the key at {where} is no text"
            raise YamlError(message)
        frame.key = value
        if len(self._open) == 2 and self._open[0].key == self._section:
            self._lines[str(value)] = int(where.removeprefix("line ").partition(",")[0])

    def _count(self, values: int) -> None:
        self._values += values
        if self._values > _MOST_VALUES:
            message = f"it holds more than {_MOST_VALUES} values, and no template does"
            raise YamlError(message)


def _events(text: str) -> Iterator[yaml.Event]:
    # libyaml's parser where PyYAML was built with it: five times faster.
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _call(tag: str, value: object, where: str) -> dict[str, Any]:
    name = tag.removeprefix("!")
    if tag.startswith("!"):
        if name in ("Ref", "Condition"):
            return {name: value}
        if name == "GetAtt" and isinstance(value, str):
            return {"Fn::GetAtt": value.split(".", 1)}
        if name in _FUNCTIONS:
            return {f"Fn::{name}": value}
    shown = "!!" + tag.removeprefix(_YAML) if tag.startswith(_YAML) else tag
    message = f"CloudFormation knows no tag {shown}, at {where}"
    raise YamlError(message)


def _typed(event: yaml.ScalarEvent) -> object:
    """Returns what a scalar without quotes or with a tag of YAML's own stands for."""
    text: str = event.value
    tag = event.tag if event.tag in _PLAIN_TAGS else _implied(text)
    try:
        match tag.removeprefix(_YAML):
            case "null":
                return None
            case "bool":
                return _CONSTRUCTOR.bool_values[text.lower()]
            case "int" if not _is_written_out(text):
                return _CONSTRUCTOR.construct_yaml_int(yaml.ScalarNode(tag, text))
            case "float" if ":" not in text:
                return _CONSTRUCTOR.construct_yaml_float(yaml.ScalarNode(tag, text))
    except (ValueError, KeyError):
        pass
    # Dates stay text: a policy's Version is one.
    return text


def _is_written_out(text: str) -> bool:
    """Whether digits are no number to a person: an account with a leading zero, a time of day."""
    return ":" in text or (len(text) > 1 and text[0] == "0" and text.isdecimal())


def _implied(text: str) -> str:
    for tag, expression in _RESOLVERS.get(text[:1], ()):
        if expression.match(text):
            return str(tag)
    return _YAML + "str"


def _at(event: yaml.Event) -> str:
    line, column = _position(event)
    return f"line {line}, column {column}"


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _said(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
    return f"{error.problem or error.context}{place}"
