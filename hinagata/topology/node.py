"""A resource of the topology, and what can be known of its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from hinagata.topology.value import (
    UNKNOWN,
    OneOf,
    Reference,
    Text,
    Unknown,
    Value,
    alternatives,
    number,
    referenced,
)


class Role(StrEnum):
    """What a resource does in an architecture."""

    COMPUTE = "compute"
    QUEUE = "queue"
    TOPIC = "topic"
    BUS = "bus"
    STREAM = "stream"
    TABLE = "table"
    BUCKET = "bucket"
    API = "api"
    LOAD_BALANCER = "load_balancer"
    DISTRIBUTION = "distribution"
    WORKFLOW = "workflow"
    ROLE = "role"
    ALARM = "alarm"
    LOG = "log"
    NETWORK = "network"
    INTERNET = "internet"
    SCHEDULE = "schedule"
    EXTERNAL = "external"  # lives outside what was read: an imported ARN
    OTHER = "other"


class SourceLine(NamedTuple):
    """Where a resource is written down.

    Attributes:
        file: The user's source file, or the template where no source line was recorded.
        line: Line in it, from 1.
    """

    file: Path
    line: int


class Acknowledgement(NamedTuple):
    """A finding that somebody has looked at and accepts.

    Attributes:
        rule: The rule's id without its tool's name, e.g. "FM101".
        reason: Why; empty where none was given.
        channel: Where it was found: "cdk", "cfn-lint" or "checkov".
        path: Construct path that it was made at; it counts for all below.
    """

    rule: str
    reason: str
    channel: str
    path: str


class Template(Protocol):
    """The template that a node stands in: what a node needs of it.

    Attributes:
        name: Name of its stack, or of its file.
        file: The template's file; None for one that was given as a mapping.
        region: Region it is deployed to; None where it is not known.
        account: Account it is deployed to; None where it is not known.
    """

    name: str
    file: Path | None
    region: str | None
    account: str | None

    def resolve(self, raw: object) -> Value:
        """Resolves the intrinsic functions in a value of this template, at every depth."""
        ...

    def construct_path(self, logical_id: str) -> str:
        """Where in the construct tree a resource comes from; its logical id if that is unknown."""
        ...

    def source(self, logical_id: str) -> SourceLine | None:
        """Where a resource is written down, if that is known."""
        ...

    def acknowledgements(self, logical_id: str) -> tuple[Acknowledgement, ...]:
        """What was acknowledged at a resource, or above it in the construct tree."""
        ...


@dataclass(slots=False, eq=False, repr=False)
class Node:
    """A resource, or one of the pseudo nodes: the internet, a schedule, something imported.

    Properties are resolved when they are asked for, not before: few of them ever are.

    Attributes:
        key: Unique in the topology: the stack's name and the logical id.
        type: CloudFormation type, e.g. "AWS::SQS::Queue"; of pseudo nodes "Hinagata::Internet",
            "Hinagata::Schedule", "Hinagata::External".
        logical_id: Logical id in its template.
        role: What it does.
        template: The template it stands in.
        raw: The resource as the template has it: Type, Properties, Metadata ...
        conditional: Whether a condition decides that nobody can know whether it is there.
    """

    key: str
    type: str
    logical_id: str
    role: Role
    template: Template
    raw: Mapping[str, Any] = field(default_factory=dict)
    conditional: bool = False

    def __repr__(self) -> str:
        return f"<{self.key} {self.type}>"

    @cached_property
    def construct_path(self) -> str:
        """Path in the construct tree, e.g. "Shop/Orders/Queue/Resource"; else the logical id."""
        return self.template.construct_path(self.logical_id)

    @cached_property
    def name(self) -> str:
        """What a person calls it: the construct path without stack and `Resource`."""
        parts = self.construct_path.split("/")
        if len(parts) > 1 and parts[-1] in ("Resource", "Default"):
            parts.pop()
        return "/".join(parts[1:] or parts)

    @property
    def source(self) -> SourceLine | None:
        """The user's line that made it, or its line in the template."""
        return self.template.source(self.logical_id)

    @property
    def acknowledgements(self) -> tuple[Acknowledgement, ...]:
        """What was acknowledged at it, or above it in the construct tree."""
        return self.template.acknowledgements(self.logical_id)

    def written(self, name: str) -> object:
        """Returns a property as the template has it, unresolved; None if absent."""
        properties = self.raw.get("Properties")
        return properties.get(name) if isinstance(properties, dict) else None

    def get(self, *path: str | int) -> Value:
        """Returns a property, resolved at every depth; None if it is absent.

        Args:
            *path: Names and indexes, e.g. `"Tags", 0, "Value"`. None: all properties.
        """
        raw = self.raw.get("Properties")
        if not isinstance(raw, dict):
            return None if path else {}
        for index, step in enumerate(path):
            if isinstance(raw, dict):
                inside = raw.get(step)
                if inside is None:
                    if len(raw) == 1 and _is_intrinsic(next(iter(raw))):
                        return _descend(self.template.resolve(raw), path[index:])
                    # Nobody can see here what a macro puts beside the rest.
                    return UNKNOWN if "Fn::Transform" in raw else None
                raw = inside
            elif isinstance(raw, list) and isinstance(step, int) and -len(raw) <= step < len(raw):
                raw = raw[step]
            else:
                return None
        return self.template.resolve(raw)

    def alternatives(self, *path: str | int) -> tuple[Value, ...]:
        """Returns every value that a property can turn out to have; None stands for absent."""
        value = self.get(*path)
        return tuple(alternatives(value)) if isinstance(value, OneOf) else (value,)

    def numbers(self, *path: str | int, default: float | None = None) -> frozenset[float] | None:
        """Returns every number that a property can turn out to be, or None if one is unknown.

        Args:
            *path: As for `get`.
            default: What the service takes where the property is absent. None: then no number
                stands for it, and an absent property returns the empty set.
        """
        found: set[float] = set()
        for value in self.alternatives(*path):
            if value is None:
                if default is not None:
                    found.add(default)
                continue
            one = number(value)
            if one is None:
                return None
            found.add(one)
        return frozenset(found)

    def flag(self, *path: str | int, default: bool = False) -> bool | None:
        """Returns a property that is true or false; None if it is unknown or may be either."""
        found = set()
        for value in self.alternatives(*path):
            if value is None:
                found.add(default)
            elif isinstance(value, bool):
                found.add(value)
            elif isinstance(value, str) and value.lower() in ("true", "false"):
                found.add(value.lower() == "true")
            else:
                return None
        return found.pop() if len(found) == 1 else None

    def strings(self, *path: str | int, default: str | None = None) -> frozenset[str] | None:
        """Returns every text that a property can turn out to be, or None if one is unknown.

        A list of texts counts as all of its items. Absent: the default, if one is given.
        """
        found: set[str] = set()
        for value in self.alternatives(*path):
            if value is None:
                if default is not None:
                    found.add(default)
                continue
            for item in value if isinstance(value, list) else [value]:
                for one in alternatives(item):
                    if isinstance(one, bool) or not isinstance(one, (str, int, float)):
                        return None
                    found.add(str(one))
        return frozenset(found)

    def items(self, *path: str | int) -> tuple[Value, ...] | None:
        """Returns the items of a property that is a list; () if absent, None if unknown.

        Items that only some alternatives have are all returned.
        """
        found: list[Value] = []
        for value in self.alternatives(*path):
            if isinstance(value, list):
                found += (one for item in value for one in alternatives(item) if one is not None)
            elif isinstance(value, Unknown):
                return None
            elif value is not None:
                found.append(value)
        return tuple(found)

    def nodes(self, *path: str | int) -> tuple[Node, ...]:
        """Returns the nodes that a property refers to, each once, in order."""
        return tuple(dict.fromkeys(referenced(self.get(*path))))


def walk(value: Value, *path: str | int) -> Value:
    """Returns what lies at a path of a resolved value; None if absent."""
    return _descend(value, path)


def _descend(value: Value, path: tuple[str | int, ...]) -> Value:
    for index, step in enumerate(path):
        if isinstance(value, dict):
            value = value.get(step)  # type: ignore[arg-type]
        elif isinstance(value, list):
            inside = isinstance(step, int) and -len(value) <= step < len(value)
            value = value[step] if inside else None  # type: ignore[index]
        elif isinstance(value, OneOf):
            rest = path[index:]
            return OneOf(tuple(_descend(each, rest) for each in value.alternatives))
        elif isinstance(value, (Unknown, Reference, Text)):
            return UNKNOWN
        else:
            return None
    return value


def _is_intrinsic(key: object) -> bool:
    return isinstance(key, str) and (key == "Ref" or key.startswith("Fn::"))
