"""The published JSON Schema of the scenario file, for editors and other programs."""

from __future__ import annotations

import json
from pathlib import Path

from hinagata.scenario.file_format import SCENARIO

FILE = Path(__file__).with_name("scenario.schema.json")


def schema_text() -> str:
    """Return the schema as it is published, in JSON."""
    document = {
        # The draft that the YAML plug-ins of editors know best.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Hinagata scenario",
        "description": "What happens to an architecture: traffic, faults and what must hold.",
        **SCENARIO.schema,
    }
    return json.dumps(document, indent=2) + "\n"
