"""What `hinagata layouts` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from hinagata.planner.layouts.as_text import as_json, as_text
from hinagata.planner.layouts.compare import Devices, compare


def compare_layouts(
    options: Mapping[str, float | None],
    *,
    stream: TextIO,
    region: str | None = None,
    facts: Path | None = None,
    format: str = "text",
    sources: bool = False,
    measured: object = None,
) -> None:
    """Writes three layouts of a table beside each other.

    Args:
        options: What the command line says of the devices, by field; None for what it does not say.
        stream: Where the answer is written.
        region: Where it runs. Default: us-east-1.
        facts: A file of facts that replace those that ship. Default: none.
        format: `text` or `json`.
        sources: Whether the text names source and date of each number; JSON always does.
        measured: What was measured, a text or a value of JSON to show besides. Default: nothing.

    Raises:
        HinagataError: A number is out of its bounds, or a price is missing.
    """
    told = {name: value for name, value in options.items() if value is not None}
    found = compare(Devices(**told), region=region, facts=facts)
    if format == "json":
        stream.write(as_json(found, measured=measured))
        return
    if measured is not None:
        stream.write(f"{measured}\nPlanned: ")
    stream.write(as_text(found, sources=sources))
