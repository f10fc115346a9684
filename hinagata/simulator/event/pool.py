"""What the functions of an account share."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hinagata.simulator.event.bucket import Bucket
from hinagata.simulator.model import Account, Function

# More places than anybody occupies. A whole number, and no longer one than the interpreter compares
# the quickest way.
ENDLESS = 2**30 - 1


def places(limit: float) -> int:
    """Returns how many whole places a limit is; it need not be a whole number itself.

    Args:
        limit: The limit, which may be infinite.
    """
    return math.floor(max(0.0, min(limit, ENDLESS)))


class Pool:
    """The places of an account that no function has for itself.

    Attributes:
        busy: How many are occupied.
        limit: How many there are.
        rate: The invocations a second that all of them together may start.
    """

    __slots__ = ("_account", "_reserved", "busy", "limit", "rate")

    def __init__(self, account: Account, functions: Iterable[Function]) -> None:
        self._account = account
        self._reserved = sum(
            function.provisioned if function.reserved is None else function.reserved
            for function in functions
            if function.in_account
        )
        per_s = account.requests_per_slot * account.concurrency
        self.busy = 0
        self.limit = places(account.concurrency - self._reserved)
        self.rate = Bucket(per_s, per_s)

    def change(self, t: float, concurrency: float | None) -> None:
        """Changes how many functions the account runs at once.

        Args:
            t: When.
            concurrency: How many; None is what the account has.
        """
        if concurrency is None:
            concurrency = self._account.concurrency
        per_s = self._account.requests_per_slot * concurrency
        self.limit = places(concurrency - self._reserved)
        self.rate.change(t, per_s, per_s)
