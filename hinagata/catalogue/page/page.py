"""A page before it is made: where it lies, what it is made of, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page.

    Attributes:
        path: Where it lies, from the root of the site.
        sources: Files and folders that it is made of; it is made anew if one of them changes.
        words: What it takes from anywhere else; likewise.
        make: Makes it, and what lies beside it, by their paths from the root of the site.
    """

    path: str
    sources: tuple[Path, ...]
    words: tuple[str, ...] = ()
    make: Callable[[], Mapping[str, str]] = field(repr=False)
