"""What a picture of a topology shows: boxes, arrows between them, groups around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Symbol(StrEnum):
    """Which sign a box carries."""

    API = "api"
    BUCKET = "bucket"
    BUS = "bus"
    DISTRIBUTION = "distribution"
    EXTERNAL = "external"
    FUNCTION = "function"
    INTERNET = "internet"
    LOAD_BALANCER = "load_balancer"
    OTHER = "other"
    QUEUE = "queue"
    SCHEDULE = "schedule"
    SERVICE = "service"
    STREAM = "stream"
    TABLE = "table"
    TOPIC = "topic"
    WORKFLOW = "workflow"


class Line(StrEnum):
    """How an arrow is drawn."""

    WAITS = "waits"  # whoever starts it waits for the answer
    HANDS_OVER = "hands_over"  # asynchronous: nobody waits
    GIVES_UP = "gives_up"  # dead letters, failures
    KNOWS = "knows"  # nothing but a name or an address is known to be passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """A queue that takes only what its owner gives up; drawn as a part of the owner.

    Attributes:
        key: Key of its node.
        name: Its construct's name.
        watched: Whether an alarm watches it.
    """

    key: str
    name: str
    watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One thing of the picture.

    Attributes:
        key: Key of its node; of a schedule, that of the rule.
        name: Its construct's name, without that of the group around it.
        full_name: Its construct's name below the stack.
        what: What it is, in a word or three, e.g. "queue".
        symbol: Its sign.
        marks: What else is to be told: "watched" by an alarm, behind a "firewall".
        letters: The dead-letter queues that are its own.
        is_outside: Whether no template that was read declares it.
    """

    key: str
    name: str
    full_name: str
    what: str
    symbol: Symbol
    marks: tuple[str, ...] = ()
    letters: tuple[Letters, ...] = ()
    is_outside: bool = False

    @property
    def told(self) -> str:
        """What it is, and what else is to be told of it; empty if nothing is."""
        return ", ".join(text for text in (self.what, *self.marks) if text)

    def lines(self) -> Iterator[str]:
        """Yields all that its box says, line by line."""
        yield self.name
        if self.told:
            yield self.told
        for letters in self.letters:
            yield f"dead letters: {letters.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """What happens between two boxes, in the direction of messages or of access.

    Attributes:
        source: Key of the box where it starts.
        target: Key of the box where it ends.
        words: What happens, each once, e.g. "reads", "writes".
        line: How it is drawn.
    """

    source: str
    target: str
    words: tuple[str, ...]
    line: Line

    @property
    def label(self) -> str:
        """What happens, as one text."""
        return ", ".join(self.words)


@dataclass(slots=True, kw_only=True)
class Group:
    """A stack or a construct, drawn around the boxes that it holds.

    Attributes:
        name: Its name; empty for the whole picture.
        is_stack: Whether it is a stack.
        boxes: Its boxes that are in no group of its own.
        groups: The groups inside it.
    """

    name: str
    is_stack: bool = False
    boxes: list[Box] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def all_boxes(self) -> Iterator[Box]:
        """Yields its boxes at any depth."""
        yield from self.boxes
        for group in self.groups:
            yield from group.all_boxes()

    def all_groups(self) -> Iterator[Group]:
        """Yields the groups in it at any depth, outer ones first."""
        for group in self.groups:
            yield group
            yield from group.all_groups()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A topology at pattern level.

    Attributes:
        title: What it shows: the names of its stacks.
        root: All of its boxes and groups.
        arrows: Its arrows; at most one from a box to another, and one more for dead letters.
    """

    title: str
    root: Group
    arrows: tuple[Arrow, ...]
