"""The steps of a run as they go, on standard error: moving on a terminal, else a line for each."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.status import Status
from rich.text import Text

SPINNER_WIDTH = 3


class Step:
    """What a run is doing now.

    Args:
        title: what it is.
        status: where it is shown while it lasts; None if there is no terminal.
        console: where lines are kept; None if they are not.
    """

    def __init__(self, title: str, status: Status | None, console: Console | None) -> None:
        self._title = title
        self._status = status
        self._console = console
        self._width = status.console.width - SPINNER_WIDTH if status else 0

    def tell(self, line: str) -> None:
        """Say something that is worth keeping."""
        if self._console is not None:
            self._console.print(Text(f"{self._title}: {line}", style="dim"), soft_wrap=True)
        self.progress(line)

    def progress(self, line: str) -> None:
        """Say how far it is, until the next time."""
        if self._status is not None:
            shown = Text.assemble(self._title, (f"  {line}", "dim"))
            shown.truncate(self._width, overflow="ellipsis")
            self._status.update(shown)


class _Console(Console):
    """A console whose reader may leave; rich would end the process, and its answer with it."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class Steps:
    """Shows which step a run is at, and how long each took.

    Args:
        verbose: whether what the steps tell is kept, also where there is no terminal.

    Attributes:
        now: the title of the step that was begun last.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._console = _Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._kept = self._console if verbose else None
        self.now = ""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step for as long as the block lasts."""
        self.now = title
        started = time.monotonic()
        if self._console.is_terminal:
            with Status(Text(title), console=self._console) as status:
                yield Step(title, status, self._kept)
            self.say(f"{title}  {time.monotonic() - started:.1f} s", style="dim")
        else:
            # Before it, so that a log that stands still tells what it waits for.
            self.say(f"{title} ...")
            yield Step(title, None, self._kept)

    def say(self, line: str, *, style: str = "") -> None:
        """Show a line that stays."""
        # A disk may be full, which must not keep a run from taking itself down.
        with suppress(OSError):
            self._console.print(Text(line, style=style), soft_wrap=True)
