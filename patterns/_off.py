"""The off-switch of a guard rail: visible where it is thrown, and never without a reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Off:
    """Turns one guard rail of a pattern off, and says why.

    The reason is written into the synthesized assembly as an acknowledgement at the resource,
    so that checks report the choice instead of the absence.

    Args:
        reason: One sentence for the reader of a review, e.g. "served behind our own gateway".

    Raises:
        ValueError: The reason is empty.
    """

    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            message = 'Off() needs a reason, e.g. Off("served behind our own gateway")'
            raise ValueError(message)
