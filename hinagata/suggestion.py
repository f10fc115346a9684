"""What a misspelt name may have meant, and what exists."""

from collections.abc import Iterable

# So many letters of its beginning mean a name.
_FEWEST = 3


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the names that exist, and the one that may have been meant.

    Args:
        name: what was found, which is not known.
        known: the names that exist, in the order to show them.

    Example:
        >>> suggest("conected_car", ["connected_car", "trace_lake"])
        'one of connected_car, trace_lake (did you mean connected_car?)'
        >>> suggest("hvac", ["connected_car", "hvac_platform"])
        'one of connected_car, hvac_platform (did you mean hvac_platform?)'
        >>> suggest("x", [])
        'one that exists, but there are none'
    """
    # Loaded where something is misspelt, which is seldom; the checks at synthesis start without.
    from difflib import get_close_matches

    names = list(known)
    if not names:
        return "one that exists, but there are none"
    listing = ", ".join(names) if len(names) == 1 else f"one of {', '.join(names)}"
    close = get_close_matches(name, names, n=1) or [
        each for each in names if len(name) >= _FEWEST and each.startswith(name)
    ]
    return f"{listing} (did you mean {close[0]}?)" if close else listing
