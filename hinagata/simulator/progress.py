"""What a simulation is doing, on standard error: moving on a terminal, else a line if it lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Tell = Callable[[str], None]
# Nobody asks what takes so long before.
PATIENCE_S = 3.0


@contextmanager
def progress(stream: TextIO, *, patience_s: float = PATIENCE_S) -> Iterator[Tell]:
    """Yields what to tell each step to, for as long as the block lasts.

    Args:
        stream: Where it is shown. On a terminal nothing of it stays; elsewhere it is one line, of
            the step that goes on when the patience is over.
        patience_s: For how long nothing is said where there is no terminal, in seconds.
    """
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    if console.is_terminal:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as shown:
            task = shown.add_task("")
            yield lambda step: shown.update(task, description=step)
        return
    now = ["simulate"]

    def say() -> None:
        # Who reads it may be gone, which is no reason to end a simulation.
        with suppress(OSError, ValueError):
            stream.write(f"{now[0]} ...\n")
            stream.flush()

    timer = threading.Timer(patience_s, say)
    timer.daemon = True
    timer.start()
    try:
        yield lambda step: now.__setitem__(0, step)
    finally:
        timer.cancel()
