"""Files that are asked for beside an answer: which, and written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from hinagata.errors import HinagataError, UsageError
from hinagata.suggestion import suggest


class OutputError(HinagataError):
    """A file that cannot be written."""


def named_files(outputs: Sequence[str], suffixes: Mapping[str, str]) -> dict[Path, str]:
    """Returns the format of each file that `--output` asks for.

    Args:
        outputs: Each `FORMAT=FILE`, or a file alone whose suffix tells its format.
        suffixes: For each format there is, the suffix of its files, as `.html`.

    Raises:
        UsageError: One is of no format, or two are one file.

    Example:
        >>> named_files(["json=run", "run.html"], {"html": ".html", "json": ".json"})
        {PosixPath('run'): 'json', PosixPath('run.html'): 'html'}
    """
    by_suffix = {suffix: kind for kind, suffix in suffixes.items()}
    files: dict[Path, str] = {}
    for output in outputs:
        kind, equals, name = output.partition("=")
        if not equals:
            kind, name = by_suffix.get(Path(output).suffix.lower(), ""), output
        if not kind or not name:
            first = next(iter(suffixes))
            raise UsageError(
                f"--output: found {output}, expected FORMAT=FILE, as {first}=found"
                f"{suffixes[first]}, or a file that ends with {', '.join(by_suffix)}"
            )
        if kind not in suffixes:
            raise UsageError(f"--output: found format {kind}, expected {suggest(kind, suffixes)}")
        if Path(name) in files:
            raise UsageError(f"--output: {name} is named twice; give each format its own file")
        files[Path(name)] = kind
    return files


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
