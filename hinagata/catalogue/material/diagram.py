"""The diagram of an architecture, as a picture and as the words that it is read aloud by."""

from __future__ import annotations

from dataclasses import dataclass

from hinagata.diagram.folding import fold
from hinagata.diagram.outline import write_text
from hinagata.diagram.svg import write_svg
from hinagata.topology.graph import Topology


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A diagram.

    Attributes:
        svg: The picture, in light and dark.
        text: The same as text.
    """

    svg: str
    text: str


def draw(topology: Topology) -> Diagram:
    """Draws what carries messages in an architecture.

    Raises:
        HinagataError: The layout engine is not installed.
    """
    picture = fold(topology)
    return Diagram(svg=write_svg(picture), text=write_text(picture).rstrip())
