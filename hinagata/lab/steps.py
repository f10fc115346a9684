"""The steps of a run as they go: on standard error, and in colour on a terminal alone."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text

Tell = Callable[[str], None]
"""Takes one line about how far a step is."""


class Steps:
    """Shows which step a run is at, and how long each took.

    Args:
        verbose: whether every line is kept, also where standard error is no terminal.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        self._verbose = verbose

    @contextmanager
    def step(self, title: str) -> Iterator[Tell]:
        """Show a step for as long as the block lasts.

        Yields:
            what to call with a line about how far it is.
        """
        started = time.monotonic()
        if not self._console.is_terminal:
            yield lambda line: self._keep(f"{title}: {line}")
        else:
            with Status(Text(title), console=self._console) as status:

                def tell(line: str) -> None:
                    self._keep(f"{title}: {line}")
                    status.update(Text.assemble(title, (f"  {line}", "dim")))

                yield tell
            self.say(f"{title}  {time.monotonic() - started:.1f} s", style="dim")

    def say(self, line: str, *, style: str = "") -> None:
        """Show a line that stays."""
        self._console.print(Text(line, style=style), soft_wrap=True)

    def _keep(self, line: str) -> None:
        if self._verbose:
            self.say(line, style="dim")
