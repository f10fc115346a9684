"""The indexes for searching without a server: made by pagefind, of the pages as they lie there.

Each language has its own, so that a page for searching may ask all of them: of an index in several
languages pagefind opens that of the page alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import LANGUAGES

_FOLDER = "pagefind"
INDEXES = (_FOLDER, *(f"{language}/{_FOLDER}" for language in LANGUAGES))
# English lies at the root, every other language in a folder that has the two letters of its tag.
_ENGLISH = "{*.html,???*/**/*.html}"
_EVERYTHING = "**/*.html"
# Its own interface, which these pages do not use: theirs is `search.js`.
_INTERFACE = ("pagefind-ui", "pagefind-modular-ui", "pagefind-component-ui", "pagefind-highlight")


def write_indexes(site: Path) -> None:
    """Writes the indexes of a site, each into a folder `pagefind` beside its pages.

    Raises:
        CatalogueError: The engine is not installed, or it fails.
    """
    for index in INDEXES:
        folder = site / index
        if folder.parent.is_dir():
            _write(folder, _ENGLISH if folder.parent == site else _EVERYTHING)


def _write(folder: Path, pages: str) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            *("-m", "pagefind", "--site", str(folder.parent), "--glob", pages, "--silent"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0 or not (folder / "pagefind.js").is_file():
        said = (ended.stderr or ended.stdout).strip().splitlines()[-1:]
        raise CatalogueError(
            f"the index for searching cannot be made ({' '.join(said)}): "
            "pip install 'pagefind[extended]', or build with --no-search"
        )
    for file in folder.iterdir():
        if file.name.startswith(_INTERFACE):
            file.unlink()
