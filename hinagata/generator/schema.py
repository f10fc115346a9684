"""The published JSON Schema of the blueprint, for editors and other programs."""

from __future__ import annotations

from pathlib import Path

from hinagata.generator.blueprint import BLUEPRINT
from hinagata.scenario.form import published

FILE = Path(__file__).with_name("blueprint.schema.json")


def schema_text() -> str:
    """Return the schema as it is published, in JSON."""
    return published(
        BLUEPRINT,
        title="Hinagata blueprint",
        description="What a project's architecture is made of.",
    )
