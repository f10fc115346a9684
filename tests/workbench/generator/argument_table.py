"""What docs/blueprint.md says of fields and arguments, made of what the generator takes.

python -m tests.workbench.generator.argument_table
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hinagata.generator.arguments import ROUTES, STEPS, Argument
from hinagata.generator.blueprint import BLUEPRINT
from hinagata.generator.kinds import KINDS
from hinagata.scenario import units

GUIDE = Path(__file__).parents[3] / "docs" / "blueprint.md"
BEGIN = "<!-- made by tests/workbench/generator/argument_table.py -->\n"
END = "<!-- until here -->\n"
_DEFAULT = " Default: "
# What says more than its schema.
_FIELDS = {
    "rate": "a rate, as `5/s`, or a shape of [scenario.md](scenario.md)",
    "route": "a route, as `POST /orders`",
    "event": "a type, as `order.placed`",
    "keys": "keys of [scenario.md](scenario.md), by name",
    "example": "a mapping, as `{item: tea}`",
    "summary": "a sentence of at most 88 characters",
    "types": "a list of types",
}
_PATTERNS = {
    f"^{units.RATE_PATTERN}$": "a rate, as `5/s`",
    f"^{units.DURATION_PATTERN}$": "a duration, as `30s`",
}


def section() -> str:
    """Returns the tables, between the lines that mark them."""
    return "".join([BEGIN, *_lines(), "\n", END])


def replaced(guide: str) -> str:
    """Returns the guide with the tables as they are now."""
    before, _, rest = guide.partition(BEGIN)
    return before + section() + rest.partition(END)[2]


def _fields() -> Iterator[str]:
    whole = BLUEPRINT.schema["properties"]
    arrow = whole["flows"]["items"]["oneOf"][1]
    for title, record in (
        ("A source of **traffic**", whole["traffic"]["additionalProperties"]),
        ("A **function**", whole["functions"]["additionalProperties"]["oneOf"][1]),
        ("An **arrow** with options", arrow),
    ):
        yield f"\n{title}:\n\n"
        yield "| field | what may stand there | default | what it is for |\n|---|---|---|---|\n"
        for name, schema in record["properties"].items():
            summary, _, default = schema["description"].partition(_DEFAULT)
            default = "required" if name in record["required"] else default.removesuffix(".")
            yield f"| `{name}` | {_FIELDS.get(name) or _words(schema)} | {default} | {summary} |\n"


def _lines() -> Iterator[str]:
    yield from _fields()
    for name, kind in KINDS.items():
        yield f"\n**`{name}`**: {kind.summary}\n\n"
        yield "| argument | what may stand there | default | what it is for |\n|---|---|---|---|\n"
        for argument, said in kind.arguments.items():
            summary, _, default = said.summary.partition(_DEFAULT)
            default = "required" if said.required else default.removesuffix(".")
            yield f"| `{argument}` | {_form(said)} | {default} | {summary} |\n"


def _form(argument: Argument) -> str:
    if argument.form is ROUTES:
        return "routes, as above"
    if argument.form is STEPS:
        return "a list of steps, as above"
    return _words(argument.form.schema)


def _words(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"oneOf": several}:
            said = ", or ".join(_words(one) for one in reversed(several))
        case {"enum": known}:
            said = ", ".join(f"`{one}`" for one in known)
        case {"type": "boolean"}:
            said = "`true` or `false`"
        case {"type": "integer", "minimum": least, "maximum": most}:
            said = f"a whole number from {least:,} to {most:,}"
        case {"type": "array"}:
            said = "a list of names"
        case {"pattern": pattern}:
            said = _PATTERNS.get(pattern, "a name")
        case _:
            said = "a text"
    return said


if __name__ == "__main__":
    GUIDE.write_text(replaced(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
