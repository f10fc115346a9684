"""What a resource needs, what it has, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hinagata.facts import Fact

# Beyond this share of a limit little is left for what nobody expects.
TIGHT = 0.8


class Verdict(StrEnum):
    """How a need and its limit go together."""

    BREAKS = "breaks"
    """More is needed than there is."""
    TIGHT = "tight"
    """More than four fifths are needed."""
    FITS = "fits"
    """It is enough."""
    OPEN = "open"
    """Nothing limits it, or nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """One size, by a closed form.

    Attributes:
        node: Whose it is, as it is shown.
        what: What is needed, as `concurrency`.
        needed: How much.
        has: How much there is; None if nothing limits it.
        unit: Of what.
        formula: How it was reckoned, with its numbers.
        advice: What to set, where it does not fit; empty if nothing can be set.
        facts: The facts that it rests on.
        room: Whether what is nearly used up is tight; a rule that holds just so is not.
    """

    node: str
    what: str
    needed: float
    has: float | None
    unit: str
    formula: str
    advice: str = ""
    facts: tuple[Fact, ...] = ()
    room: bool = True

    @property
    def verdict(self) -> Verdict:
        """Whether it fits."""
        if self.has is None:
            return Verdict.OPEN
        if self.needed > self.has:
            return Verdict.BREAKS
        tight = self.room and self.needed > TIGHT * self.has
        return Verdict.TIGHT if tight else Verdict.FITS

    @property
    def verified(self) -> bool:
        """Whether every fact that it rests on was read somewhere."""
        return all(fact.verified for fact in self.facts)
