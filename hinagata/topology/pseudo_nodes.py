"""The nodes that no template declares: the internet, a schedule, what lives outside."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from hinagata.topology.node import Acknowledgement, Node, Role, SourceLine

if TYPE_CHECKING:
    from hinagata.topology.value import Value


class _Nowhere:
    """The template of what stands in none."""

    name = ""
    file: Path | None = None
    region: str | None = None
    account: str | None = None

    def resolve(self, raw: object) -> Value:
        return cast("Value", raw)

    def construct_path(self, logical_id: str) -> str:
        return logical_id

    def source(self, logical_id: str) -> SourceLine | None:  # noqa: ARG002 - the protocol's
        return None

    def acknowledgements(self, logical_id: str) -> tuple[Acknowledgement, ...]:  # noqa: ARG002
        return ()


class PseudoNodes:
    """The pseudo nodes of one topology, each made when it is first asked for.

    Attributes:
        made: Those that were asked for.
    """

    def __init__(self) -> None:
        self.made: list[Node] = []
        self._external: dict[str, Node] = {}

    @cached_property
    def internet(self) -> Node:
        """Whoever can send a request to a public address."""
        return self._make("Internet", Role.INTERNET)

    @cached_property
    def schedule(self) -> Node:
        """The clock that starts scheduled rules."""
        return self._make("Schedule", Role.SCHEDULE)

    @cached_property
    def default_bus(self) -> Node:
        """The event bus that each account has, and that AWS services send their events to."""
        return self._make("DefaultBus", Role.BUS)

    def external(self, text: str) -> Node:
        """Returns the node of something outside: always the same for the same text.

        Args:
            text: Its ARN, or the name that it is imported by.
        """
        if text not in self._external:
            self._external[text] = self._make("External", Role.EXTERNAL, text)
        return self._external[text]

    def _make(self, kind: str, role: Role, text: str = "") -> Node:
        node = Node(
            key=f"{kind}:{text}" if text else kind,
            type=f"Hinagata::{kind}",
            logical_id=text or kind,
            role=role,
            template=_NOWHERE,
        )
        self.made.append(node)
        return node


_NOWHERE = _Nowhere()
