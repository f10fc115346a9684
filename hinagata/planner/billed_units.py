"""What a service counts: capacity units and put units, by the size of what passes.

The sizes of units are arguments: they are facts (`hinagata.facts`), not code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable


def whole_units(size: float, unit: float) -> int:
    """Returns how many units a size takes up: at least one, and the last one whole.

    >>> whole_units(63, 64), whole_units(65, 64), whole_units(0, 64)
    (1, 2, 1)
    """
    # Rounded, so that 1.1 / 0.1 = 11.000000000000002 stays 11.
    return max(1, math.ceil(round(size / unit, 9)))


def write_units(item_kb: float, *, transactional: bool = False, unit_kb: float = 1) -> int:
    """Returns the write units of one item: a unit for each KB begun, twice in a transaction.

    >>> write_units(2.5), write_units(2.5, transactional=True)
    (3, 6)
    """
    return whole_units(item_kb, unit_kb) * (2 if transactional else 1)


def read_units(item_kb: float, *, consistency: str = "strong", unit_kb: float = 4) -> float:
    """Returns the read units of one item read alone, or of a query's items read together.

    Args:
        item_kb: The size of the item; of a query, of all items that it reads.
        consistency: `strong` (one unit for each 4 KB begun), `eventual` (half), `transactional`
            (twice).
        unit_kb: The size of a unit.

    >>> read_units(3), read_units(40.8, consistency="eventual")
    (1.0, 5.5)
    """
    share = {"strong": 1.0, "eventual": 0.5, "transactional": 2.0}[consistency]
    return whole_units(item_kb, unit_kb) * share


def batch_read_kb(item_kbs: Iterable[float], *, unit_kb: float = 4) -> float:
    """Returns the KB that BatchGetItem is billed for: each item is rounded up by itself.

    >>> batch_read_kb([1.5, 6.5])
    12
    """
    return sum(whole_units(item_kb, unit_kb) * unit_kb for item_kb in item_kbs)


def payload_units(record_kb: float, *, unit_kb: float = 25) -> int:
    """Returns the put payload units of one record of Kinesis.

    >>> payload_units(5), payload_units(45), payload_units(1000)
    (1, 2, 40)
    """
    return whole_units(record_kb, unit_kb)
