"""Traffic to choose a pattern for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hinagata.errors import HinagataError

# More than any service of AWS takes from one customer.
_FASTEST = 1e9
_LONGEST = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What comes, how it comes, and what is expected of the answer.

    Attributes:
        rate: Messages a second on average.
        peak_over_mean: How many times that the highest rate is.
        rise_s: How long the rate takes from its mean to its peak.
        duration_s: Work on a message.
        memory_mb: Memory of a function that does it.
        cpu_share: The share of the work in which the processor is busy, not waiting.
        cold_start_s: How long a function's new environment takes.
        message_kb: Size of a message.
        response_kb: Size of an answer.
        waits: Whether the sender waits for the answer.
        latency_s: What 99 of 100 answers may take; infinity if nobody minds.
        ordered: Whether messages of one key must keep their order.
        replay: Whether past messages must be read again.
        consumers: Who each message is for.
    """

    rate: float
    peak_over_mean: float = 1.0
    rise_s: float = 3600.0
    duration_s: float = 0.1
    memory_mb: float = 512.0
    cpu_share: float = 1.0
    cold_start_s: float = 0.35
    message_kb: float = 1.0
    response_kb: float = 1.0
    waits: bool = True
    latency_s: float = math.inf
    ordered: bool = False
    replay: bool = False
    consumers: int = 1

    def __post_init__(self) -> None:
        """Refuses what no traffic is.

        Raises:
            HinagataError: A number is out of its bounds; the message says which, and its bounds.
        """
        bounds = {
            "rate": (1e-9, _FASTEST),
            "peak_over_mean": (1.0, 1e6),
            "rise_s": (0.0, _LONGEST),
            "duration_s": (0.0, _LONGEST),
            "memory_mb": (128.0, 10_240.0),
            "cpu_share": (0.01, 1.0),
            "cold_start_s": (0.0, 600.0),
            "message_kb": (0.0, 1024.0),
            "response_kb": (0.0, 10_240.0),
            "consumers": (1.0, 1e6),
        }
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise HinagataError(
                    f"traffic: {name}: found {value:g}; expected {least:g} to {most:g}"
                )
        if not self.latency_s > 0:
            raise HinagataError(
                f"traffic: latency_s: found {self.latency_s:g}; expected a time above 0"
            )

    @property
    def peak(self) -> float:
        """The highest rate."""
        return self.rate * self.peak_over_mean
