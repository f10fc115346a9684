"""A module that several share: of it, what one of them needs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def needed_of(source: str, users: Sequence[str]) -> str:
    r"""Returns a module without what nobody names, and without the imports for that.

    Args:
        source: The module: imports, constants, classes, functions, fixtures of pytest. A fixture
            that nobody asks for, since it is for all, stays.
        users: The modules that use it, as texts.

    Example:
        >>> needed_of("ONE = 1\nTWO = 2\nTHREE = TWO + 1\n", ["from a import THREE"])
        'TWO = 2\nTHREE = TWO + 1\n'
    """
    module = ast.parse(source)
    wanted = {word for user in users for word in _words(ast.parse(user))}
    needed = [node for node in module.body if _is_for_all(node)]
    left = [node for node in module.body if node not in needed]
    while more := [node for node in left if wanted & set(_defined(node))]:
        wanted |= {word for node in more for word in _words(node)}
        needed += more
        left = [node for node in left if node not in more]
    used = {word for node in needed for word in _words(node) if not _is_import(node)}
    lines = source.splitlines(keepends=True)
    return "".join(_chunks(lines, module, needed, used))


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_for_all(node: ast.stmt) -> bool:
    """Whether something stays that nobody names: a docstring, what is done, an autouse fixture."""
    if isinstance(node, ast.FunctionDef):
        return any("autouse" in _words(decorator) for decorator in node.decorator_list)
    return _is_import(node) or not list(_defined(node))


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case _:
            pass


def _words(tree: ast.AST) -> Iterator[str]:
    """What is named anywhere in a tree: pytest finds fixtures by arguments' names, or by texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.alias(name=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(text)):
                yield text
            case _:
                pass


def _chunks(
    lines: list[str], module: ast.Module, needed: list[ast.stmt], used: set[str]
) -> Iterator[str]:
    """The needed statements, each with the comments and the empty lines above it."""
    end = 0
    for node in module.body:
        chunk = "".join(lines[end : node.end_lineno])
        end = node.end_lineno or end
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield _import(node, chunk, used)
        elif node in needed:
            yield chunk


def _import(node: ast.Import | ast.ImportFrom, chunk: str, used: set[str]) -> str:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return chunk
    names = [each for each in node.names if (each.asname or each.name).partition(".")[0] in used]
    if len(names) == len(node.names):
        return chunk
    node.names = names
    return f"{ast.unparse(node)}\n" if names else ""
