"""How wide a text is, measured so that no common font makes it wider, and where it breaks."""

from __future__ import annotations

import re
import unicodedata

# Advance widths of the printable ASCII characters, in hundredths of the font's size, from DejaVu
# Sans 2.37: it and Verdana, which has the same, are the widest fonts that systems fall back to.
_REGULAR = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63,
    63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_BOLD = (
    35, 46, 52, 84, 70, 100, 87, 31, 46, 46, 52, 84, 38, 42, 38, 37, 70, 70, 70, 70, 70, 70, 70, 70,
    70, 70, 40, 40, 84, 84, 84, 58, 100, 77, 76, 73, 83, 68, 68, 82, 84, 37, 37, 77, 64, 100, 84,
    85, 73, 85, 77, 72, 68, 81, 77, 110, 77, 72, 73, 46, 37, 46, 84, 50, 50, 67, 72, 59, 72, 68, 44,
    72, 71, 34, 34, 67, 34, 104, 71, 69, 72, 72, 49, 60, 48, 71, 65, 92, 65, 65, 58, 71, 37, 71, 84,
)  # fmt: skip
_FIRST = 32
_OTHER_NARROW = 85
_OTHER_WIDE = 105
_WIDE = ("W", "F", "A")  # East Asian widths: wide, full width, ambiguous
# After a separator, before a capital that begins a word, and around a blank.
_BREAKS = re.compile(r"(?<=[-_/.,:])|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<= )")


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Returns the width of a text in pixels.

    Args:
        text: One line.
        size: The font's size in pixels.
        bold: Whether it is set in bold.
    """
    widths = _BOLD if bold else _REGULAR
    hundredths = 0
    for character in text:
        index = ord(character) - _FIRST
        if 0 <= index < len(widths):
            hundredths += widths[index]
        elif unicodedata.east_asian_width(character) in _WIDE:
            hundredths += _OTHER_WIDE
        elif not unicodedata.combining(character):
            hundredths += _OTHER_NARROW
    return hundredths * size / 100


def broken_into_lines(text: str, size: float, *, widest: float, bold: bool = False) -> list[str]:
    """Returns a text as lines that are no wider than wanted; nothing of it is left out.

    It breaks where words meet, and inside a word only if that is too wide for a line.

    Args:
        text: What to break.
        size: The font's size in pixels.
        widest: Width of a line in pixels.
        bold: Whether it is set in bold.
    """
    lines = [""]
    for word in _BREAKS.split(text):
        for piece in _pieces(word, size, widest, bold=bold):
            if width_of((lines[-1] + piece).rstrip(), size, bold=bold) <= widest:
                lines[-1] += piece
            else:
                lines.append(piece)
    return [line.strip() for line in lines if line.strip()]


def _pieces(word: str, size: float, widest: float, *, bold: bool) -> list[str]:
    if width_of(word, size, bold=bold) <= widest:
        return [word]
    pieces = [""]
    for character in word:
        if pieces[-1] and width_of(pieces[-1] + character, size, bold=bold) > widest:
            pieces.append("")
        pieces[-1] += character
    return pieces
