"""The published JSON Schema of the scenario file, for editors and other programs."""

from __future__ import annotations

from pathlib import Path

from hinagata.scenario.file_format import SCENARIO
from hinagata.scenario.form import published

FILE = Path(__file__).with_name("scenario.schema.json")


def schema_text() -> str:
    """Return the schema as it is published, in JSON."""
    return published(
        SCENARIO,
        title="Hinagata scenario",
        description="What happens to an architecture: traffic, faults and what must hold.",
    )
