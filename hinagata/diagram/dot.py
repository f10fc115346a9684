"""A picture in Graphviz' language, for whoever wants to go on from there."""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.diagram.picture import Group, Line, Picture

_STYLES = {
    Line.WAITS: "solid",
    Line.HANDS_OVER: "dashed",
    Line.GIVES_UP: 'dotted color="#b3261e" fontcolor="#b3261e"',
    Line.KNOWS: 'dotted color="#7b8494"',
}


def write_dot(picture: Picture) -> str:
    """Returns a picture as a graph that `dot` reads."""
    lines = [
        "digraph {",
        '  graph [fontname="Helvetica" fontsize=12 labeljust=l style=rounded color="#7b8494"]',
        '  node [shape=box style=rounded fontname="Helvetica" fontsize=12]',
        '  edge [fontname="Helvetica" fontsize=10]',
    ]
    lines += _group(picture.root, "  ", "cluster")
    for arrow in picture.arrows:
        lines.append(
            f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)} "
            f"[label={_quoted(arrow.label)} style={_STYLES[arrow.line]}]"
        )
    return "\n".join([*lines, "}", ""])


def _group(group: Group, indent: str, name: str) -> Iterator[str]:
    for box in group.boxes:
        yield f"{indent}{_quoted(box.key)} [label={_quoted(*box.lines())}]"
    for index, inner in enumerate(group.groups):
        inner_name = f"{name}_{index}"
        yield f"{indent}subgraph {inner_name} {{"
        yield f"{indent}  label={_quoted(inner.name)}"
        yield from _group(inner, indent + "  ", inner_name)
        yield f"{indent}}}"


def _quoted(*lines: str) -> str:
    """Returns lines as one quoted text; a backslash would begin one of dot's own codes."""
    shown = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(shown) + '"'
