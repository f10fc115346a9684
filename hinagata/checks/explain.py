"""What `hinagata explain` does."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import fields
from typing import TextIO

from hinagata.checks.check import Check
from hinagata.checks.collection import load_check, load_checks
from hinagata.checks.page import page_of, thresholds_of
from hinagata.checks.thresholds import Thresholds, reasons

_WIDEST = 96
_STYLES = {
    "markdown.code": "cyan",
    "markdown.h2": "bold",
    "markdown.link": "dim",
    "markdown.link_url": "dim",
    "markdown.item.bullet": "dim",
}


def explain(id: str | None, *, stream: TextIO, format: str = "text") -> None:
    """Writes the page of a check, or the list of all.

    Args:
        id: The check's id. None: all checks.
        stream: Where to.
        format: "text" or "json".

    Raises:
        UsageError: There is no check of that id.
    """
    if id is None:
        _explain_all(load_checks(), stream, format)
        return
    check = load_check(id)
    if format == "json":
        stream.write(json.dumps(_described(check), indent=2) + "\n")
        return
    page = page_of(check)
    if stream.isatty() or os.environ.get("FORCE_COLOR"):
        show_markdown(page, stream)
    else:
        stream.write(page + "\n")


def show_markdown(page: str, stream: TextIO) -> None:
    """Writes a page to a terminal.

    Args:
        page: In Markdown, with one heading at its beginning.
        stream: The terminal.
    """
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = Console(file=stream, theme=Theme(_STYLES))
    # Rich sets a first heading in the middle; and long lines read badly.
    title, _, text = page.removeprefix("# ").partition("\n")
    console.print(f"{title}\n", style="bold", highlight=False)
    console.print(Markdown(text), width=min(console.width, _WIDEST))


def _explain_all(checks: Sequence[Check], stream: TextIO, format: str) -> None:
    if format == "json":
        stream.write(json.dumps([_described(check) for check in checks], indent=2) + "\n")
        return
    width = max(len(str(check.severity)) for check in checks)
    stream.writelines(
        f"{check.id}  {check.severity!s:<{width}}  {check.title}\n" for check in checks
    )


def _described(check: Check) -> dict[str, object]:
    why = reasons()
    defaults = {each.name: each.default for each in fields(Thresholds)}
    return {
        "check": check.id,
        "title": check.title,
        "severity": str(check.severity),
        "reason": check.reason,
        "fix": check.fix,
        "sources": list(check.sources),
        "thresholds": {
            name: {"value": _plain(defaults[name]), "reason": why[name]}
            for name in thresholds_of(check)
        },
        "page": check.page,
    }


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
