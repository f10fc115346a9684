"""Token buckets, by which services say how much a second they take."""

from __future__ import annotations

# What is gained in steps may fall short of a token by a rounding error.
ROUNDING = 1e-9


class Bucket:
    """A bucket of tokens, full at the start.

    Attributes:
        per_s: How many it gains a second.
        depth: How many it holds.
    """

    __slots__ = ("_at", "_tokens", "depth", "per_s")

    def __init__(self, per_s: float, depth: float) -> None:
        # Whole numbers among the others would cost time at every call.
        self.per_s = float(per_s)
        self.depth = float(depth)
        self._tokens = self.depth
        self._at = 0.0

    def take(self, t: float, tokens: float = 1.0) -> bool:
        """Takes tokens, and returns whether there were enough.

        Args:
            t: The time, never before that of the call before.
            tokens: How many.
        """
        left = self._tokens + (t - self._at) * self.per_s
        self._at = t
        if left > self.depth:  # noqa: PLR1730  # a third of the time that `min` takes
            left = self.depth
        if left < tokens - ROUNDING:
            self._tokens = left
            return False
        self._tokens = left - tokens
        return True

    def give_back(self, tokens: float = 1.0) -> None:
        """Gives back tokens that were taken in vain.

        Args:
            tokens: How many.
        """
        self._tokens += tokens

    def change(self, t: float, per_s: float, depth: float) -> None:
        """Changes how much it gains and holds; what it has stays, as far as it fits.

        Args:
            t: When.
            per_s: How many it gains a second from then on.
            depth: How many it holds from then on.
        """
        self.take(t, 0.0)
        self.per_s = float(per_s)
        self.depth = float(depth)
        self._tokens = min(self._tokens, self.depth)
