"""The default settings of all patterns, as they were looked at: docs/default_settings/PATTERN.txt.

`python -m tests.recorded_settings` writes them anew; the difference is what a reviewer reads.
"""

from __future__ import annotations

from pathlib import Path

from hinagata.catalogue.material.examples import SMALLEST, current_assemblies
from hinagata.catalogue.material.proofs import read_proofs
from hinagata.catalogue.material.settings import read_settings
from hinagata.topology.reading import read_topology

REPOSITORY = Path(__file__).parents[1]
FOLDER = REPOSITORY / "docs" / "default_settings"


def recorded(pattern: str) -> list[str]:
    """What was recorded of a pattern, a setting a line."""
    file = FOLDER / f"{pattern}.txt"
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def settings_of(assembly: Path) -> list[str]:
    """The settings in an assembly, a line each; hashes of assets, which say nothing, left out."""
    settings = read_settings(read_topology(assembly), "", read_proofs(REPOSITORY))
    return [
        f"{each.resource} ({each.type}) {each.path} = {' '.join(each.value.split())}"
        for each in settings
        if not each.is_asset
    ]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    made = current_assemblies(REPOSITORY).examples
    for folder in sorted(path for path in made.iterdir() if path.is_dir()):
        text = "\n".join(settings_of(folder / SMALLEST))
        (FOLDER / f"{folder.name}.txt").write_text(f"{text}\n", encoding="utf-8")
