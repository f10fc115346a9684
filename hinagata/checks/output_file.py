"""Writes a file whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hinagata.errors import HinagataError


class OutputError(HinagataError):
    """A file that cannot be written."""


def write_whole(file: Path, text: str) -> None:
    """Writes a text to a file; a reader sees the old content or all of the new.

    Raises:
        OutputError: The file cannot be written.
    """
    try:
        if file.exists() and not file.is_file():
            # A device or a pipe is written to; it must not be replaced.
            file.write_text(text, encoding="utf-8")
        else:
            _replace(file.resolve(), text)
    except OSError as error:
        raise OutputError(f"{file} cannot be written: {error.strerror}") from None


def _replace(file: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        # mkstemp makes files that only their owner reads; others are as the umask says.
        umask = os.umask(0)
        os.umask(umask)
        scratch.chmod(0o666 & ~umask)
        scratch.replace(file)
    finally:
        scratch.unlink(missing_ok=True)
