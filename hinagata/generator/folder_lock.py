"""One at a time in a folder; whoever is killed lets go."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Waits until nobody else has a folder locked, and holds it for as long as the block lasts.

    Args:
        folder: It is there. Nothing in it changes.

    Yields:
        Whether it is locked; some network file systems lock no folders.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
