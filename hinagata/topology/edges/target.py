"""Which node a value names: by a reference, inside a text, or by a literal ARN or name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hinagata.topology.edges.builder import once
from hinagata.topology.node import Node
from hinagata.topology.value import OneOf, Reference, Text, Value, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

FUNCTION = "AWS::Lambda::Function"
ALIAS = "AWS::Lambda::Alias"
VERSION = "AWS::Lambda::Version"
EXTERNAL = "Hinagata::External"

# What stands for another resource, and the property that says for which.
_STANDS_FOR: dict[str, tuple[str, ...]] = {
    ALIAS: ("FunctionName",),
    VERSION: ("FunctionName",),
    "AWS::Lambda::Url": ("TargetFunctionArn",),
    "AWS::Kinesis::StreamConsumer": ("StreamARN",),
    "AWS::KMS::Alias": ("TargetKeyId",),
    "AWS::ApiGateway::Stage": ("RestApiId",),
    "AWS::ApiGatewayV2::Stage": ("ApiId",),
    "AWS::ElasticLoadBalancingV2::Listener": ("LoadBalancerArn",),
    "AWS::CloudFront::VpcOrigin": ("VpcOriginEndpointConfig", "Arn"),
}
# A function's URL -> its alias -> the function; beyond that it is a circle.
_MOST_STEPS = 3
_ARN_INSIDE = re.compile(r"arn:[^\s\"']+")
_FUNCTION_ARN = re.compile(
    r"(?P<arn>(?:arn:[^:]*:lambda:[^:]*:)?[^:]*:function:[^:/]+)(?::(?P<qualifier>[^:/]+))?"
)


class Target(NamedTuple):
    """A node that a value names.

    Attributes:
        node: A function is its own node, however it is reached.
        qualifier: The alias or version through which a function is reached.
    """

    node: Node
    qualifier: Node | None = None


def targets(
    node: Node, world: World, *path: str | int, named: str | tuple[str, ...] = ()
) -> Sequence[Target]:
    """Returns the nodes that a property names; of a list or of alternatives, those of each.

    Args:
        node: Whose property it is.
        world: Where to look.
        *path: As for `Node.get`.
        named: The types of which a literal is the physical name, if it has not an ARN's form;
            empty if such a literal names nothing.
    """
    value = node.get(*path)
    if value is None or isinstance(value, Reference) or world.near is node:
        return targets_of(value, world, named=named)
    near, world.near = world.near, node
    try:
        return targets_of(value, world, named=named)
    finally:
        world.near = near


def targets_of(
    value: Value, world: World, *, named: str | tuple[str, ...] = ()
) -> Sequence[Target]:
    """Returns the nodes that a resolved value names.

    Args:
        value: An ARN, a URL, a name, or a reference that stands for one, or several of them.
        world: As for `targets`.
        named: As for `targets`.
    """
    return _targets(value, world, (named,) if isinstance(named, str) else named, _MOST_STEPS)


def behind(node: Node, world: World) -> Target:
    """Returns what a node stands for: the function of an alias, the stream of a consumer ..."""
    return _behind(node, world, _MOST_STEPS)


def mentioned(value: Value, world: World) -> Iterator[Target]:
    """Yields every node that is referred to, or whose literal ARN stands, anywhere in a value.

    Args:
        value: A resolved value, e.g. the arguments of a call.
        world: Where to look.
    """
    if isinstance(value, Reference):
        yield behind(value.node, world)
    elif isinstance(value, Text):
        for at, part in enumerate(value.parts):
            if isinstance(part, Reference):
                yield _in_text(value, at, part, world, _MOST_STEPS)
    elif isinstance(value, str):
        for arn in _ARN_INSIDE.findall(value):
            yield from _literal(arn, world)
        if value.startswith("https://"):
            yield from _literal(value, world)
    elif isinstance(value, (dict, list, OneOf)):
        for inner in value.values() if isinstance(value, dict) else items(value):
            yield from mentioned(inner, world)


def alias_of(function: Node, name: str, world: World) -> Node | None:
    """Returns the alias of a name that a function has, if a template declares it."""
    return _aliases(world).get((function, name))


def is_function(node: Node) -> bool:
    """Whether a node is a function, of the assembly or outside."""
    return node.type == FUNCTION or (node.type == EXTERNAL and ":function:" in node.logical_id)


def spelled(value: Value) -> str:
    """Returns a text with placeholders where its references and unknown parts are; "" of others."""
    if isinstance(value, Text):
        return value.with_placeholders()
    return value if isinstance(value, str) else ""


def _targets(value: Value, world: World, named: tuple[str, ...], steps: int) -> Sequence[Target]:
    if isinstance(value, Reference):
        return (_behind(value.node, world, steps),)
    if isinstance(value, (list, OneOf)):
        several = value if isinstance(value, list) else value.alternatives
        return [target for each in several for target in _targets(each, world, named, steps)]
    if isinstance(value, Text):
        return _text(value, world, steps)
    return _written(value, world, named, steps) if isinstance(value, str) else ()


def _written(text: str, world: World, named: tuple[str, ...], steps: int) -> Sequence[Target]:
    if text.startswith(("arn:", "https://")) or ":function:" in text:
        return _literal(text, world)
    found = (world.named(type_, text) for type_ in named)
    node = next((each for each in found if each is not None), None)
    return () if node is None else (_behind(node, world, steps),)


def _behind(node: Node, world: World, steps: int) -> Target:
    path = _STANDS_FOR.get(node.type)
    if path is None or not steps:
        return Target(node)
    qualifies = node.type in (ALIAS, VERSION)
    named = (FUNCTION,) if qualifies else ()
    found = _targets(node.get(*path), world, named, steps - 1)
    if not found:
        return Target(node)
    return Target(found[0].node, node if qualifies else found[0].qualifier)


def _text(text: Text, world: World, steps: int) -> Sequence[Target]:
    references = [(at, part) for at, part in enumerate(text.parts) if isinstance(part, Reference)]
    if references:
        # A piece of another resource's ARN, e.g. its account, names it least.
        at, part = min(references, key=lambda each: "[" in each[1].attribute)
        return (_in_text(text, at, part, world, steps),)
    known = "".join(part if isinstance(part, str) else "?" for part in text.parts)
    return _literal(known, world)


def _in_text(text: Text, at: int, part: Reference, world: World, steps: int) -> Target:
    """Returns the target of a reference in a text, with the qualifier that may follow it."""
    found = _behind(part.node, world, steps)
    after = text.parts[at + 1] if at + 1 < len(text.parts) else ""
    if found.qualifier is None and isinstance(after, str) and after.startswith(":"):
        name = re.split(r"[:/\"]", after[1:], maxsplit=1)[0]
        return Target(found.node, alias_of(found.node, name, world))
    return found


def _literal(text: str, world: World) -> Sequence[Target]:
    function = _FUNCTION_ARN.search(text)
    if function is None:
        node = world.at_arn(text)
        return () if node is None else (Target(node),)
    # All before "function:" may be left out (Lambda's API reference, FunctionName).
    arn, name = function["arn"], function["qualifier"]
    node = world.at_arn(arn if arn.startswith("arn:") else f"arn:aws:lambda::{arn}")
    if node is None:
        return ()
    return (Target(node, alias_of(node, name, world) if name else None),)


@once
def _aliases(world: World) -> dict[tuple[Node, str], Node]:
    """The aliases by function and name."""
    return {
        (function, name): alias
        for alias in world.of_type(ALIAS)
        for function, _ in targets(alias, world, "FunctionName", named=FUNCTION)
        for name in alias.strings("Name") or ()
    }
