"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hinagata.errors import HinagataError


class OutputError(HinagataError):
    """A file that cannot be written."""


def write_whole(file: Path, content: str | bytes) -> None:
    """Writes a text, as UTF-8, or bytes to a file; a reader sees the old content or all of the new.

    Raises:
        OutputError: The file cannot be written.
    """
    written = content.encode(errors="replace") if isinstance(content, str) else content
    try:
        if file.exists() and not file.is_file():
            # A device or a pipe is written to; it must not be replaced.
            file.write_bytes(written)
        else:
            _replace(file.resolve(), written)
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror}") from None


def refuse_unwritable(file: Path) -> None:
    """Refuse a file that surely cannot be written, before the work that it is for is done.

    Raises:
        OutputError: Its folder is not there, or nobody may write to it.
    """
    if file.is_dir():
        raise OutputError(f"{file} cannot be written: it is a folder")
    folder = file.resolve().parent
    if not folder.is_dir():
        raise OutputError(f"{file} cannot be written: there is no folder {folder}")
    if not os.access(file if file.exists() else folder, os.W_OK):
        raise OutputError(f"{file} cannot be written: permission denied")


def _replace(file: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        # mkstemp makes files that only their owner reads; others are as the umask says.
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)
