"""What a property of a template can be once its intrinsic functions are resolved.

Beside JSON's own values there are four: a reference to a resource, a text that holds one, one of
several values that a condition or a parameter decides between, and what nobody can know before
the deployment. Unknown stays unknown: it is never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
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


@dataclass(slots=True, unsafe_hash=True)
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
    None,
]


def alternatives(value: Value) -> Iterator[Value]:
    """Yields every value that this one can turn out to be, itself if it is no `OneOf`."""
    if isinstance(value, OneOf):
        for alternative in value.alternatives:
            yield from alternatives(alternative)
    else:
        yield value


def number(value: Value) -> float | None:
    """Returns the number that a value is or spells; None if it is none, or none to reckon with."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return value if isinstance(value, int) else found


def items(value: Value) -> Iterator[Value]:
    """Yields the items of a list, of all its alternatives; what is no list is its only item."""
    for alternative in alternatives(value):
        if isinstance(alternative, list):
            for item in alternative:
                yield from alternatives(item)
        elif alternative is not None:
            yield alternative


def referenced(value: Value) -> Iterator[Node]:
    """Yields the nodes that a value refers to, at any depth, each as often as it does."""
    if isinstance(value, Reference):
        yield value.node
    else:
        for part in _parts(value):
            yield from referenced(part)


def _parts(value: Value) -> Iterable[Value]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, Text):
        return value.parts
    return value.alternatives if isinstance(value, OneOf) else ()


def is_known(value: Value) -> bool:
    """Whether nothing in a value, at any depth, is unknown."""
    return not isinstance(value, Unknown) and all(is_known(part) for part in _parts(value))
