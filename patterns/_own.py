"""What you bring yourself stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constructs import IConstruct


def refuse_beside(argument: str, own: IConstruct, kind: str, **settings: object) -> None:
    """Refuses settings of what a pattern would make beside your own, where they would do nothing.

    Args:
        argument: The argument that your own was given by.
        own: What was given.
        kind: What it is, in a word.
        **settings: By their argument's name; None and False are not given.

    Raises:
        ValueError: A setting is given; the message says which.
    """
    given = [name for name, value in settings.items() if value is not None and value is not False]
    if given:
        message = (
            f"{argument}={own.node.path} is your own {kind}, so {', '.join(given)} cannot be set "
            f"here: set it where that {kind} is made"
        )
        raise ValueError(message)
