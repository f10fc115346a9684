"""What is already known of the coming ticks, and how to go back to what was known before."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hinagata.errors import HinagataError
from hinagata.simulator.tick.law import Kernel

Values = npt.NDArray[np.float64]
# What the rows of a network may take together: a week of 30 stations is half of it.
_MOST_BYTES = 8e9
# One tick, or a stretch of them at once.
At = int | slice
Amount = float | Values


@dataclass
class Ledger:
    """Rows of one number a tick, and a last one for all that comes after the end.

    Attributes:
        ticks: How many ticks there are.
        tick_s: How long each is.
        rows: All rows that there are.
    """

    ticks: int
    tick_s: float
    rows: list[Values] = field(default_factory=list, repr=False)
    _bytes: int = field(default=0, repr=False)
    _journal: list[tuple[Values, slice, Values]] | None = field(default=None, repr=False)

    def row(self) -> Values:
        """Returns a new row of zeros: memory is taken as it is written to.

        Raises:
            HinagataError: There are so many rows, or so long ones, that they would not fit.
        """
        row = np.zeros(self.ticks + 1)
        self._bytes += row.nbytes
        if self._bytes > _MOST_BYTES:
            raise HinagataError(
                f"{self.ticks:,} ticks of so many stations do not fit into "
                f"{_MOST_BYTES / 1e9:.0f} GB: watch a shorter time, or a part of the architecture"
            )
        self.rows.append(row)
        return row

    def open(self) -> None:
        """Begins to remember what is overwritten."""
        self._journal = []

    def keep(self) -> None:
        """Forgets it."""
        self._journal = None

    def undo(self) -> None:
        """Puts back all that was overwritten since `open`."""
        for row, where, values in reversed(self._journal or []):
            row[where] = values
        self._journal = None

    def put(self, row: Values, at: At, amount: Amount) -> None:
        """Writes the values of some ticks."""
        if self._journal is not None:
            where = slice(at, at + 1) if isinstance(at, int) else at
            self._journal.append((row, where, row[where].copy()))
        row[at] = amount

    def add(self, row: Values, at: At, amount: Amount) -> None:
        """Adds to the values of some ticks."""
        self.put(row, at, row[at] + amount)

    def spread(self, row: Values, at: At, amount: Amount, kernel: Kernel) -> None:
        """Adds amounts, each over the ticks that follow it, as a kernel says.

        Args:
            row: The row that is added to.
            at: When the amounts come.
            amount: One, or one a tick.
            kernel: Their shares of the ticks from then on.
        """
        first, shares = kernel
        if isinstance(at, int):
            if not amount:
                return
            coming = amount * shares
            start = at + first
        else:
            start = at.start + first
            amounts = np.broadcast_to(np.asarray(amount, dtype=float), (at.stop - at.start,))
            if not amounts.any():
                return
            coming = amounts * shares[0] if len(shares) == 1 else np.convolve(amounts, shares)
        end = self.ticks
        room = end - start
        if room <= 0:
            self._accrue(row, slice(end, end + 1), np.sum(coming))
        elif room >= len(coming):
            self._accrue(row, slice(start, start + len(coming)), coming)
        else:
            self._accrue(row, slice(start, end), coming[:room])
            self._accrue(row, slice(end, end + 1), np.sum(coming[room:]))

    def _accrue(self, row: Values, where: slice, coming: Amount) -> None:
        if self._journal is not None:
            self._journal.append((row, where, row[where].copy()))
        row[where] += coming
