"""A picture in Mermaid's language, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from hinagata.diagram.picture import Group, Line, Picture, Symbol

_SHAPES = {
    Symbol.BUCKET: ("[(", ")]"),
    Symbol.INTERNET: ("((", "))"),
    Symbol.QUEUE: ("[[", "]]"),
    Symbol.SCHEDULE: ("([", "])"),
    Symbol.STREAM: ("[[", "]]"),
    Symbol.TABLE: ("[(", ")]"),
    Symbol.TOPIC: ("{{", "}}"),
    Symbol.BUS: ("{{", "}}"),
}
_PLAIN = ("[", "]")
_ARROWS = {
    Line.WAITS: "-->",
    Line.HANDS_OVER: "-.->",
    Line.GIVES_UP: "-.->",
    Line.KNOWS: "-.-",
}
# Mermaid reads these as its own; `#` begins its character codes.
_CODES = str.maketrans(
    {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\n": " "}
)


def write_mermaid(picture: Picture) -> str:
    """Returns a picture as a Mermaid flowchart."""
    numbers = {box.key: f"n{index}" for index, box in enumerate(picture.root.all_boxes())}
    lines = ["flowchart TB", *_group(picture.root, numbers, "  ", "g")]
    for arrow in picture.arrows:
        source, target = numbers[arrow.source], numbers[arrow.target]
        lines.append(f"  {source} {_ARROWS[arrow.line]}|{_quoted(arrow.label)}| {target}")
    red = [str(at) for at, arrow in enumerate(picture.arrows) if arrow.line is Line.GIVES_UP]
    if red:
        lines.append(f"  linkStyle {','.join(red)} stroke:#b3261e")
    return "\n".join([*lines, ""])


def _group(group: Group, numbers: dict[str, str], indent: str, name: str) -> Iterator[str]:
    for box in group.boxes:
        left, right = _SHAPES.get(box.symbol, _PLAIN)
        yield f"{indent}{numbers[box.key]}{left}{_quoted(*box.lines())}{right}"
    for index, inner in enumerate(group.groups):
        inner_name = f"{name}{index}"
        yield f"{indent}subgraph {inner_name}[{_quoted(inner.name)}]"
        yield from _group(inner, numbers, indent + "  ", inner_name + "_")
        yield f"{indent}end"


def _quoted(*lines: str) -> str:
    return '"' + "<br/>".join(line.translate(_CODES) for line in lines) + '"'
