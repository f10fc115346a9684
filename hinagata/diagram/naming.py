"""What a person calls a resource: the user's construct names, without what frames them."""

from __future__ import annotations

from hinagata.topology.node import Node, Role

_RESOURCE = ("Resource", "Default")


def path_in_stack(node: Node) -> tuple[str, ...]:
    """Returns a node's construct path below its stack, at least one part.

    `Resource` and `Default` at the end are the CDK's words, not the user's.
    """
    if node.role is Role.EXTERNAL:
        return (_end_of_arn(node.logical_id),)
    if node.type == "Hinagata::DefaultBus":
        return ("default",)
    if node.type.startswith("Hinagata::"):
        return (node.logical_id.lower(),)
    parts = node.construct_path.split("/")
    if len(parts) > 1 and parts[-1] in _RESOURCE:
        parts.pop()
    return tuple(parts[_parts_of_stack(node.template.name, parts) :])


def _parts_of_stack(stack: str, parts: list[str]) -> int:
    """Returns how many parts of a construct path lead to the stack: more than one in a stage.

    The CDK names a stack after its path, e.g. "Prod-Shop" at "Prod/Shop".
    """
    for count in range(1, len(parts)):
        if "-".join(parts[:count]) == stack:
            return count
    return min(1, len(parts) - 1)


def _end_of_arn(text: str) -> str:
    """Returns the name in an ARN or a URL; other texts as they are."""
    if text.startswith("arn:"):
        return text.split(":", 5)[-1].rpartition(":")[2].rpartition("/")[2] or text
    return text.rstrip("/").rpartition("/")[2] if text.startswith("https://") else text
