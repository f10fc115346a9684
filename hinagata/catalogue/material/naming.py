"""Values of a template, in words: references are called by the names of what they refer to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from hinagata.topology.graph import Topology
from hinagata.topology.node import Node


class Names:
    """What the references in a template are called.

    Args:
        topology: Everything that they may refer to.
    """

    def __init__(self, topology: Topology) -> None:
        self._named = {
            (node.template.name, node.logical_id): node.name
            for node in topology.nodes
            if not node.type.startswith("Hinagata::")
        }

    def settings(self, node: Node) -> Iterator[tuple[str, str]]:
        """Yields the properties of a resource, each with its value in words."""
        properties = node.raw.get("Properties")
        if isinstance(properties, Mapping):
            yield from self._flat("", properties, node.template.name)

    def shown(self, value: object, stack: str) -> str:
        """Returns a value in words.

        Args:
            value: As the template has it.
            stack: The name of the template's stack.
        """
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            return str(value)
        if isinstance(value, list):
            return ", ".join(self.shown(each, stack) for each in value)
        if isinstance(value, Mapping):
            if (reference := self._reference(value, stack)) is not None:
                return reference
            return ", ".join(f"{name}: {self.shown(each, stack)}" for name, each in value.items())
        return json.dumps(value)

    def _flat(self, path: str, value: object, stack: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping) and value and self._reference(value, stack) is None:
            for name, each in value.items():
                yield from self._flat(f"{path}.{name}" if path else str(name), each, stack)
        else:
            yield path, self.shown(value, stack)

    def _reference(self, value: Mapping[str, object], stack: str) -> str | None:
        """The words for an intrinsic function; None for a plain mapping."""
        if len(value) != 1:
            return None
        function, argument = next(iter(value.items()))
        match function, argument:
            case "Ref", _:
                name = self._named.get((stack, str(argument)))
                return name or f"<{argument}>".replace("AWS::", "")
            case "Fn::GetAtt", [named, attribute]:
                name = self._named.get((stack, str(named)), str(named))
                return name if attribute == "Arn" else f"{name} ({attribute})"
            case "Fn::Join", [_, list(parts)]:
                return "".join(self.shown(each, stack) for each in parts)
            case "Fn::Sub", _:
                return str(argument[0] if isinstance(argument, list) else argument)
        name = function.removeprefix("Fn::")
        return None if name == function else f"{name}({self.shown(argument, stack)})"
