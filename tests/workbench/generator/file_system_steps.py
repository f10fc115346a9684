"""A process that is killed, or refused, at each step that it takes on the file system."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hinagata.errors import HinagataError

_CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"}
_WRITES = os.O_WRONLY | os.O_RDWR
_HALF = b"cut sho"
_TOLD, _UNTOLD = 3, 4


def ends_at(step: int, action: Callable[[], object], *, half: bool = False) -> bool:
    """Kills a process of its own before a step that it takes, and returns whether it got there.

    Args:
        step: Which of the changes that it makes, from 0.
        action: What it does.
        half: Whether only files that it writes count, and a part of that one is written.
    """

    def kill(arguments: tuple[Any, ...]) -> None:
        if half:
            Path(arguments[0]).write_bytes(_HALF)
        os.kill(os.getpid(), signal.SIGKILL)

    return _forked(step, action, kill, of=set() if half else _CHANGES) == -signal.SIGKILL


def fails_at(step: int, action: Callable[[], object], error: OSError) -> bool:
    """Refuses a step to a process of its own, and returns whether it got there.

    Args:
        step: Which of the changes that it makes, from 0.
        action: What it does. It may raise nothing but what a user can mend.
        error: What the system says to it.
    """

    def refuse(_: tuple[Any, ...]) -> None:
        raise error

    return _forked(step, action, refuse, of=_CHANGES) != 0


def _forked(
    step: int,
    action: Callable[[], object],
    strike: Callable[[tuple[Any, ...]], None],
    *,
    of: set[str],
) -> int:
    """Return how a process ended: 0 where the step was not reached, or as the step made it end."""
    with warnings.catch_warnings():
        # What the child does needs no thread that it does not have.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _be_struck(step, action, strike, of=of)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, _TOLD, -signal.SIGKILL), "a user would have seen a traceback"
    return ended


def _be_struck(
    step: int,
    action: Callable[[], object],
    strike: Callable[[tuple[Any, ...]], None],
    *,
    of: set[str],
) -> None:
    left = step
    struck = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left, struck
        if struck or not (event in of or (event == "open" and _writes(*arguments))):
            return
        left -= 1
        if left < 0:
            struck = True
            strike(arguments)

    code = _UNTOLD
    try:
        sys.addaudithook(hook)
        action()
        code = _TOLD if struck else 0
    except HinagataError:
        code = _TOLD
    finally:
        if code == _UNTOLD:
            traceback.print_exc()
        os._exit(code)


def _writes(path: object, _mode: object, flags: int) -> bool:
    return isinstance(path, str | Path) and bool(flags & _WRITES)
