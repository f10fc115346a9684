"""The front door of a project from a sample: of the app with all samples, what one needs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hinagata.samples import Sample


def app_of(sample: Sample, source: str) -> str:
    """Returns an app with the stacks of one sample, which takes the context that they do.

    Args:
        sample: Whose stacks, from its module in `stacks`.
        source: The app with the stacks of all samples: imports, `main` and what it calls.
    """
    lines = source.splitlines()
    module = ast.parse(source)
    imports = [node for node in module.body if isinstance(node, ast.ImportFrom | ast.Import)]
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    stacks = {
        alias.name
        for node in imports
        if isinstance(node, ast.ImportFrom) and node.module == f"stacks.{sample.name}"
        for alias in node.names
    }
    promise, *statements = functions["main"].body
    body = _needed(statements, stacks)
    called = [functions[name] for name in sorted(_read(body) & functions.keys())]
    used = _read([*body, *called])
    kept = _imports(imports, used)
    late = [node for node in kept if isinstance(node, ast.ImportFrom)]
    return "\n".join(
        [
            f'"""The front door: `python app.py`, or `cdk deploy {sample.stack}`."""',
            "",
            *(ast.unparse(node) for node in kept if node not in late),
            *("", "", "def main() -> None:"),
            *_lines(lines, [promise]),
            "    # Before anything of the CDK is imported.",
            "    patterns.start_lean()",
            *(f"    {ast.unparse(node)}" for node in late),
            "",
            *_lines(lines, body),
            *(line for each in called for line in ["", "", *_lines(lines, [each])]),
            *("", "", 'if __name__ == "__main__":', "    main()", ""),
        ]
    )


def _needed(statements: Sequence[ast.stmt], stacks: set[str]) -> list[ast.stmt]:
    """The last statement, those that make the stacks, and those that these take a value of."""
    needed = [statements[-1]]
    wanted = _read(needed)
    for statement in reversed(statements[:-1]):
        read = _read([statement])
        if read & stacks or _names([statement], ast.Store) & wanted:
            needed.insert(0, statement)
            wanted |= read
    return needed


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    return _names(nodes, ast.Load)


def _names(nodes: Iterable[ast.AST], context: type[ast.expr_context]) -> set[str]:
    return {
        name.id
        for node in nodes
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, context)
    }


def _imports(
    imports: Iterable[ast.ImportFrom | ast.Import], used: set[str]
) -> list[ast.ImportFrom | ast.Import]:
    for node in imports:
        node.names = [alias for alias in node.names if alias.name in used]
    return [node for node in imports if node.names]


def _lines(lines: Sequence[str], nodes: Iterable[ast.stmt]) -> list[str]:
    """The lines of nodes, with their indentation and comments."""
    return [line for node in nodes for line in lines[node.lineno - 1 : node.end_lineno]]
