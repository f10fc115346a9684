"""What comes with this package to make projects from: samples and blueprints."""

from __future__ import annotations

from pathlib import Path

from hinagata.errors import UsageError
from hinagata.suggestion import suggest

_SAMPLES = Path(__file__).with_name("samples")
_SCHEMA_COMMENT = "# yaml-language-server: "


def root() -> Path:
    """Returns the folder that holds `stacks/`, `blueprints/` and the rest.

    It is inside of the package where a wheel was installed, else the checkout.
    """
    return checkout() or _SAMPLES


def checkout() -> Path | None:
    """Returns the folder of the sources that this package runs from; None if it was installed."""
    return None if _SAMPLES.is_dir() else Path(__file__).parents[2]


def blueprint_text(name: str) -> str:
    """Returns a blueprint that comes along, by its name.

    Raises:
        UsageError: There is none of that name.
    """
    files = {file.stem: file for file in sorted((root() / "blueprints").glob("*.yaml"))}
    if name not in files:
        raise UsageError(
            f"there is no blueprint {name}; expected a file, or {suggest(name, files)}"
        )
    lines = files[name].read_text(encoding="utf-8").splitlines(keepends=True)
    # It names our own schema by its place in our own sources.
    return "".join(line for line in lines if not line.startswith(_SCHEMA_COMMENT))
