"""One number from AWS, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Confidence(StrEnum):
    """How well a number is known."""

    SOURCE = "source"
    """Read where AWS, or a file made from AWS's price list, says it."""
    COPY = "copy"
    """Read in somebody's copy of what AWS says."""
    UNVERIFIED = "unverified"
    """Not read anywhere, or read for another region."""
    OVERRIDE = "override"
    """Given by the user's own file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One number, with all that is needed to check it.

    Attributes:
        service: Whose it is, as `lambda`.
        key: Which one, as `price.gb_s.x86.tier1`.
        region: Where it holds; `any` if everywhere.
        value: The number; prices are in USD.
        unit: What is counted, as `GB-s`; of a price, what it is for.
        per: How many units a price is for; None if the fact is no price.
        above: Units a month above which a price of a tier holds.
        up_to: Units a month up to which it holds; None if without end.
        source: The address or document it was read at.
        as_of: The date it was read, or that the document is of; `undated` if nothing says.
        confidence: How well it is known.
        note: What else should be known; empty if nothing.
    """

    service: str
    key: str
    region: str
    value: float
    unit: str
    per: float | None = None
    above: float = 0.0
    up_to: float | None = None
    source: str
    as_of: str
    confidence: Confidence
    note: str = ""

    @property
    def name(self) -> str:
        """Service and key, as messages and overrides say it: `lambda/price.request`."""
        return f"{self.service}/{self.key}"

    @property
    def verified(self) -> bool:
        """Whether somebody read it somewhere."""
        return self.confidence is not Confidence.UNVERIFIED
