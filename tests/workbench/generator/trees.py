"""Small trees of files, as a test writes them and finds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def build(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below a folder, and returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Returns every file below a folder; a link by where it leads."""
    return {
        file.relative_to(folder).as_posix(): (
            f"-> {file.readlink()}".encode() if file.is_symlink() else file.read_bytes()
        )
        for file in sorted(folder.rglob("*"))
        if file.is_symlink() or file.is_file()
    }


def names(folder: Path) -> list[str]:
    """Returns what is in a folder."""
    return sorted(each.name for each in folder.iterdir())
