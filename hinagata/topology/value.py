"""What a property of a template can be once its intrinsic functions are resolved.

Beside JSON's own values there are four: a reference to a resource, a text that holds one, one of
several values that a condition or a parameter decides between, and what nobody can know before
the deployment. Unknown stays unknown: it is never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias, Union

if TYPE_CHECKING:
    from hinagata.topology.node import Node


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Reference:
    """What a `Ref` or a `Fn::GetAtt` stands for.

    Attributes:
        node: The resource referred to, wherever it is declared.
        attribute: The attribute's name, e.g. "Arn"; "Ref" for a `Ref`.
    """

    node: Node
    attribute: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text some of whose parts are known only after the deployment."""

    parts: tuple[str | Reference | Unknown, ...]

    def with_placeholders(self) -> str:
        """The text, with `{0}`, `{1}` ... where its references and unknown parts are.

        The number is the part's index in `parts`.
        """
        return "".join(
            part if isinstance(part, str) else f"{{{index}}}"
            for index, part in enumerate(self.parts)
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    """Values between which something outside the template decides; None stands for absent."""

    alternatives: tuple[Value, ...]


Value: TypeAlias = Union[
    None,
    bool,
    int,
    float,
    str,
    "list[Value]",
    "dict[str, Value]",
    Unknown,
    Reference,
    Text,
    OneOf,
]


def alternatives(value: Value) -> Iterator[Value]:
    """Yields every value that this one can turn out to be, itself if it is no `OneOf`."""
    if isinstance(value, OneOf):
        for alternative in value.alternatives:
            yield from alternatives(alternative)
    else:
        yield value


def referenced(value: Value) -> Iterator[Node]:
    """Yields the nodes that a value refers to, at any depth, each as often as it does."""
    if isinstance(value, Reference):
        yield value.node
    elif isinstance(value, Text):
        for part in value.parts:
            if isinstance(part, Reference):
                yield part.node
    elif isinstance(value, OneOf):
        for alternative in value.alternatives:
            yield from referenced(alternative)
    elif isinstance(value, list):
        for item in value:
            yield from referenced(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from referenced(item)


def is_known(value: Value) -> bool:
    """Whether nothing in a value, at any depth, is unknown."""
    if isinstance(value, Unknown):
        return False
    if isinstance(value, OneOf):
        return all(is_known(alternative) for alternative in value.alternatives)
    if isinstance(value, Text):
        return UNKNOWN not in value.parts
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    return True
