"""What the stacks of an assembly hand to each other by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hinagata.topology.value import UNKNOWN, Reference, Value

if TYPE_CHECKING:
    from hinagata.topology.node import Node
    from hinagata.topology.pseudo_nodes import PseudoNodes
    from hinagata.topology.scope import Scope

WRITER = "Custom::CrossRegionExportWriter"
READER = "Custom::CrossRegionExportReader"
PARAMETER = "AWS::SSM::Parameter"


class SharedValues:
    """Exports, parameters of the Systems Manager, and what the CDK writes to another region.

    Args:
        pseudo_nodes: Gives a node to what is imported from outside.

    Attributes:
        scopes: The templates; complete before the first value is asked for.
    """

    def __init__(self, pseudo_nodes: PseudoNodes) -> None:
        self.scopes: list[Scope] = []
        self._pseudo_nodes = pseudo_nodes

    def outside(self, name: str) -> Reference:
        """Returns a reference to something that lives outside, by the name it is known by."""
        return Reference(self._pseudo_nodes.external(name), "Ref")

    def exported(self, name: str, by: Scope) -> Value:
        """Returns what `Fn::ImportValue` of a name is in a template.

        Where several stacks export the name, the one of the same stage counts. A name that no
        stack exports stands for something outside.
        """
        found = [each for each in self._exports.get(name, ()) if _meet(each[0], by)]
        if len(found) > 1:
            found = [each for each in found if each[0].stage == by.stage]
        if len(found) == 1:
            scope, output = found[0]
            return scope.output(output)
        return UNKNOWN if found else self.outside(name)

    def parameter(self, name: str, by: Scope) -> Value:
        """Returns the value of a Systems Manager parameter; None if no template makes it."""
        found = [node for node in self._parameters.get(name, ()) if _meet(node.template, by)]
        if len(found) > 1:
            found = [node for node in found if _stage(node) == by.stage]
        if len(found) == 1:
            return found[0].get("Value")
        return UNKNOWN if found else None

    def written(self, name: str) -> Value:
        """Returns what a stack of another region wrote for this one."""
        if name not in self._written:
            return UNKNOWN
        scope, raw = self._written[name]
        return scope.resolve(raw)

    @cached_property
    def _exports(self) -> Mapping[str, list[tuple[Scope, str]]]:
        found: dict[str, list[tuple[Scope, str]]] = defaultdict(list)
        for scope in self.scopes:
            for output, name in scope.exports():
                found[name].append((scope, output))
        return found

    @cached_property
    def _parameters(self) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self._of_type(PARAMETER):
            name = node.get("Name")
            if isinstance(name, str):
                found[name].append(node)
        return found

    @cached_property
    def _written(self) -> Mapping[str, tuple[Scope, Any]]:
        found: dict[str, tuple[Scope, Any]] = {}
        for node in self._of_type(WRITER):
            properties = node.raw.get("Properties")
            written = properties.get("WriterProps") if isinstance(properties, dict) else None
            exports = written.get("exports") if isinstance(written, dict) else None
            if isinstance(exports, dict):
                for name, raw in exports.items():
                    found[name] = (node.template, raw)  # type: ignore[assignment]
        return found

    def _of_type(self, type_: str) -> list[Node]:
        return [
            node for scope in self.scopes for node in scope.nodes.values() if node.type == type_
        ]


def _meet(one: Any, other: Scope) -> bool:
    """Whether two templates may be deployed to the same account and region."""
    return all(
        known is None or wanted is None or known == wanted
        for known, wanted in ((one.region, other.region), (one.account, other.account))
    )


def _stage(node: Node) -> str:
    return getattr(node.template, "stage", "")
