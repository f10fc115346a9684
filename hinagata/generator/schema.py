"""The published JSON Schema of the blueprint, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path

from hinagata.generator.blueprint import BLUEPRINT

FILE = Path(__file__).with_name("blueprint.schema.json")


def schema_text() -> str:
    """Return the schema as it is published, in JSON."""
    document = {
        # The draft that the YAML plug-ins of editors know best.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Hinagata blueprint",
        "description": "What a project's architecture is made of.",
        **BLUEPRINT.schema,
    }
    return json.dumps(document, indent=2) + "\n"
