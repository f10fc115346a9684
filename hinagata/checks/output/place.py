"""Where findings are, as a reader of the output finds them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from hinagata.topology.node import Node, SourceLine


def construct_of(node: Node) -> str:
    """The construct that a person wrote: the construct path without the CDK's last step.

    Without the CDK, the logical id; in a nested stack with the stacks around it, for a template may
    be nested several times.
    """
    if "/" not in node.construct_path and "/" in node.template.name:
        return node.key
    path, _, last = node.construct_path.rpartition("/")
    return path if path and last in ("Resource", "Default") else node.construct_path


def source_of(node: Node) -> SourceLine | None:
    """A node's source line, or the top of its template where none is known."""
    if source := node.source:
        return source
    file = node.template.file
    return SourceLine(file=file, line=1) if file else None


def shown(file: Path, root: Path) -> str:
    """A file as somebody in a folder would write it; slashes are forward ones."""
    # No resolve(): a person knows the name of a link, not where it leads to.
    absolute = file if file.is_absolute() else Path.cwd() / file
    if absolute.is_relative_to(root):
        return absolute.relative_to(root).as_posix()
    return file.as_posix()


def repository_root(folder: Path) -> Path:
    """The git work tree that a folder is in; the folder itself if it is in none."""
    for each in (folder, *folder.parents):
        if (each / ".git").exists():
            return each
    return folder


@lru_cache(maxsize=16)
def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return ()


def columns(source: SourceLine) -> tuple[int, int]:
    """The first column of a line's text and the one after its last, from 1.

    A file that cannot be read has an empty line.
    """
    lines = _lines(source.file)
    text = lines[source.line - 1] if 0 < source.line <= len(lines) else ""
    start = len(text) - len(text.lstrip()) + 1
    return start, max(len(text.rstrip()) + 1, start)
