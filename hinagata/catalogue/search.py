"""The index for searching without a server: made by pagefind, of the pages as they lie there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hinagata.catalogue.error import CatalogueError

# Its own interface, which these pages do not use: theirs is `search.js`.
_INTERFACE = ("pagefind-ui", "pagefind-modular-ui", "pagefind-component-ui", "pagefind-highlight")


def write_index(site: Path) -> None:
    """Writes the index of a site into its folder `pagefind`.

    Raises:
        CatalogueError: The engine is not installed, or it fails.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "pagefind", "--site", str(site), "--silent"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0 or not (site / "pagefind" / "pagefind.js").is_file():
        said = (ended.stderr or ended.stdout).strip().splitlines()[-1:]
        raise CatalogueError(
            f"the index for searching cannot be made ({' '.join(said)}): "
            "pip install 'pagefind[extended]', or build with --no-search"
        )
    for file in (site / "pagefind").iterdir():
        if file.name.startswith(_INTERFACE):
            file.unlink()
