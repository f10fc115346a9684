"""Python as the formatter leaves it: names decide how long lines are, and in what order imports."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from ruff import find_ruff_bin

from hinagata.generator.files import Files

_SETTINGS = "pyproject.toml"


def formatted(files: Files) -> Files:
    """Returns a whole project's files with its Python formatted and its imports in order.

    Args:
        files: The project, with the `pyproject.toml` that says how; which imports are its own
            follows from the files.
    """
    with tempfile.TemporaryDirectory(prefix="hinagata-") as name:
        folder = Path(name)
        python = [path for path in files if path.endswith(".py")]
        for path in [*python, _SETTINGS]:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[path])
        ruff = [find_ruff_bin(), "--quiet"]
        for command in (["check", "--select", "I", "--fix"], ["format"]):
            subprocess.run([*ruff, *command, "--no-cache", name], check=True)
        return {**files, **{path: (folder / path).read_bytes() for path in python}}
