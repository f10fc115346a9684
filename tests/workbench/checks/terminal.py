"""A stream that says it is a terminal."""

from __future__ import annotations

import re
from io import StringIO

_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
_COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9|10)\d")


class Terminal(StringIO):
    """What a command writes to it can be asked for as a person sees it."""

    def isatty(self) -> bool:
        """Yes, it says."""
        return True

    def seen(self) -> str:
        """What was written, without styles."""
        return _SEQUENCE.sub("", self.getvalue())

    def has_colour(self) -> bool:
        """Whether anything was written in a colour."""
        return _COLOUR.search(self.getvalue()) is not None
