"""The indexes for searching without a server: made by pagefind, of the pages as they lie there.

Each language has its own, so that a page for searching may ask all of them: of an index in several
languages pagefind opens that of the page alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.told import LANGUAGES

_FOLDER = "pagefind"
_INDEXES = (_FOLDER, *(f"{language}/{_FOLDER}" for language in LANGUAGES))
# English lies at the root, every other language in a folder that has the two letters of its tag.
_ENGLISH = "{*.html,???*/**/*.html}"
_EVERYTHING = "**/*.html"
# Its own interface, which these pages do not use: theirs is `search.js`.
_INTERFACE = ("pagefind-ui", "pagefind-modular-ui", "pagefind-component-ui", "pagefind-highlight")


def write_indexes(site: Path, *, before: Path) -> None:
    """Writes the indexes of a site, each into a folder `pagefind` beside its pages.

    Of a language whose pages are all as they were, the index is taken over: to learn where
    Japanese words end takes the engine longer than to make all pages.

    Args:
        site: The site.
        before: The one that it takes the place of; may not be there.

    Raises:
        CatalogueError: The engine is not installed, or it fails.
    """
    started = []
    for index in _INDEXES:
        folder = site / index
        if not folder.parent.is_dir():
            continue
        if (before / index).is_dir() and _pages(site, index) == _pages(before, index):
            shutil.copytree(before / index, folder)
        else:
            started.append((folder, _start(folder, _language(index))))
    # Each on a core of its own; all have ended before the first failure is told.
    ended = [(folder, engine, engine.communicate()[0]) for folder, engine in started]
    for folder, engine, said in ended:
        if engine.returncode != 0 or not (folder / "pagefind.js").is_file():
            raise CatalogueError(
                f"the index for searching cannot be made ({' '.join(said.splitlines()[-1:])}): "
                "pip install 'pagefind[extended]', or build with --no-search"
            )
        # The engine for a language that has none of its own, which English has.
        needless = (
            (*_INTERFACE, "wasm.unknown") if (folder / "wasm.en.pagefind").is_file() else _INTERFACE
        )
        for file in folder.iterdir():
            if file.name.startswith(needless):
                file.unlink()


def _language(index: str) -> str:
    """Of whose pages an index is; empty for English."""
    return Path(index).parent.name


def _start(folder: Path, language: str) -> subprocess.Popen[str]:
    pages = _EVERYTHING if language else _ENGLISH
    return subprocess.Popen(
        [
            sys.executable,
            *("-m", "pagefind", "--site", str(folder.parent), "--glob", pages, "--silent"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _pages(site: Path, index: str) -> dict[Path, bytes]:
    """What the pages of an index say."""
    pages = (file.relative_to(site) for file in site.rglob("*.html"))
    return {
        page: (site / page).read_bytes()
        for page in pages
        if (page.parts[0] if page.parts[0] in LANGUAGES else "") == _language(index)
    }
