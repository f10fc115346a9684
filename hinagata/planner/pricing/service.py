"""A service: the fields of its usage, and how it turns them into charges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import Field


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of a usage file.

    Attributes:
        name: As the file writes it.
        title: Its name for people.
        facts_of: Its name among the facts.
        fields: What its usage may say.
        charge: Writes the items of one resource.
        free: The names of what is free of it each month.
    """

    name: str
    title: str
    facts_of: str
    fields: tuple[Field, ...]
    charge: Callable[[Charges], None]
    free: tuple[str, ...] = ()
