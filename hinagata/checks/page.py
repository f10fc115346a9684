"""The page of a check: what it is about, why, what it compares with, and where that comes from."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import fields

from hinagata.checks.check import Check
from hinagata.checks.thresholds import Thresholds, reasons


def page_of(check: Check) -> str:
    """Returns the page of a check as Markdown, without a newline at its end."""
    parts = [
        f"# {check.id}: {check.title}",
        f"**{check.severity}**: {check.reason}",
        f"**Fix:** {check.fix}",
        check.page,
    ]
    if names := thresholds_of(check):
        defaults, why = Thresholds(), reasons()
        parts += [
            "## Thresholds",
            "\n".join(
                f"- `{name}` = {shown_threshold(getattr(defaults, name))}: {why[name]}"
                for name in names
            ),
        ]
    if check.sources:
        parts += ["## Sources", "\n".join(f"- <{source}>" for source in check.sources)]
    return "\n\n".join(parts)


def thresholds_of(check: Check) -> tuple[str, ...]:
    """Returns the names of the thresholds that a check's module reads."""
    try:
        source = inspect.getsource(sys.modules[check.find.__module__])
    except (OSError, KeyError):
        return ()
    read = set(re.findall(r"\bthresholds\.(\w+)", source))
    return tuple(each.name for each in fields(Thresholds) if each.name in read)


def shown_threshold(value: object) -> str:
    """Returns a threshold's value as the configuration would write it, lists in a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:g}"
    if isinstance(value, (tuple, list, set, frozenset)):
        return ", ".join(map(str, value if isinstance(value, (tuple, list)) else sorted(value)))
    return str(value)
