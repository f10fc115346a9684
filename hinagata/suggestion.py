"""The sentence that follows a misspelt name: what it may have meant, and what exists."""

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Return what may have been meant by a name that is not known, and all that is.

    Args:
        name: what was found.
        known: the names that exist, in the order to show them.

    Example:
        >>> suggest("conected_car", ["connected_car", "trace_lake"])
        'did you mean connected_car? There are: connected_car, trace_lake'
        >>> suggest("x", [])
        'there are none'
    """
    from difflib import get_close_matches

    names = list(known)
    if not names:
        return "there are none"
    listing = ", ".join(names)
    close = get_close_matches(name, names, n=1)
    return f"did you mean {close[0]}? There are: {listing}" if close else f"there are: {listing}"
