"""JSON that a template holds as a text: policies, definitions, what a call is given."""

from __future__ import annotations

import json

from hinagata.topology.template_file import DEEPEST
from hinagata.topology.value import UNKNOWN, Value


def read_json(text: str) -> Value:
    """Returns what a text of JSON says; unknown if it is none, or nested deeper than a template."""
    try:
        found: Value = json.loads(text)
    except (ValueError, RecursionError):
        return UNKNOWN
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return found
    return UNKNOWN


def _inside(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
