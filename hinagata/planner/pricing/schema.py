"""The published JSON Schema of usage files, for editors and other programs.

It says what the reader does, but for what two fields say together and the size of a number that is
written as a text (`1_000`, `5e6/day`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hinagata.planner.pricing.field import MOST, Field, Kind
from hinagata.planner.pricing.service import Service
from hinagata.planner.pricing.services import SERVICES
from hinagata.planner.pricing.usage import FREE_TIER, LONGEST_MONTH

FILE = Path(__file__).with_name("usage.schema.json")

_NUMBER = r"[0-9][0-9_]*(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?"
_RATE = rf"{_NUMBER}\s*/\s*(s|min|h|d|day)"
# What an editor takes for a number, or for a text that the reader takes for one.
_AMOUNT: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": MOST},
        {"type": "string", "pattern": f"^{_NUMBER}$"},
    ]
}
_COUNT: dict[str, Any] = {"anyOf": [*_AMOUNT["anyOf"], {"type": "string", "pattern": f"^{_RATE}$"}]}
_TEXT = {"type": ["string", "number", "boolean"], "minLength": 1}


def schema_text() -> str:
    """Returns the schema as it is published, in JSON."""
    document = {
        # The draft that the YAML plug-ins of editors know best.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Hinagata usage",
        "description": "What each resource of an architecture does in a month, by service.",
        "type": "object",
        "properties": {**_settings(), **{name: _service(each) for name, each in SERVICES.items()}},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return json.dumps(document, indent=2) + "\n"


def _settings() -> dict[str, Any]:
    every = sorted({part for service in SERVICES.values() for part in service.free})
    return {
        "name": {**_TEXT, "description": "What is priced."},
        "region": {**_TEXT, "description": "Where it runs. Default: us-east-1."},
        "hours": {
            "anyOf": [
                {"type": "number", "minimum": 1, "maximum": LONGEST_MONTH},
                _AMOUNT["anyOf"][1],
            ],
            "description": "Hours of the month. Default: 730.",
        },
        "events": {**_COUNT, "description": "Events a month, to say what a million of them costs."},
        FREE_TIER: {**_free(every), "description": "What is free. Default: nothing."},
    }


def _service(service: Service) -> dict[str, Any]:
    fields = {field.name: _field(field) for field in service.fields}
    fields[FREE_TIER] = {
        **_free(service.free),
        "description": "What is free of this resource. Default: as the file says.",
    }
    return {
        "type": "object",
        "description": service.title,
        "additionalProperties": {
            "type": "object",
            "properties": fields,
            "required": [field.name for field in service.fields if field.required],
            "additionalProperties": False,
        },
    }


def _field(field: Field) -> dict[str, Any]:
    form: dict[str, Any]
    if field.kind is Kind.CHOICE:
        # A word may be a number, as the size of a cache is.
        numbers = [float(word) for word in field.choices if word.replace(".", "").isdigit()]
        form = {"enum": [*field.choices, *numbers]}
    elif field.kind is Kind.FLAG:
        form = {"enum": [True, False, "true", "false"]}
    else:
        form = _COUNT if field.kind is Kind.COUNT else _AMOUNT
    return {**form, "description": field.meaning}


def _free(parts: tuple[str, ...] | list[str]) -> dict[str, Any]:
    one: dict[str, Any] = {"enum": list(parts)} if parts else {"not": {}}
    return {"anyOf": [{"enum": [True, False, "true", "false"]}, {"type": "array", "items": one}]}
