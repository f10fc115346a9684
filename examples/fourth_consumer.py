"""Adds a fourth consumer to the order events, and shows what it changes of the producer: nothing.

    python examples/fourth_consumer.py

Prints the difference between the producer's templates, without the consumer and with it, and how
many lines of code stand between two resources that hand an event on.
"""

from __future__ import annotations

import ast
import difflib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.node import Node, Role
from hinagata.topology.reading import read_topology
from patterns import App
from stacks.order_events import LoyaltyPoints, OrderEvents

PRODUCER = "OrderEvents.template.json"
FUNCTIONS = Path(__file__).parents[1] / "functions"
HANDS_ON = (Kind.DELIVERS, Kind.INVOKES_ASYNC, Kind.POLLS)


def synthesized(folder: Path, *, fourth: bool) -> Path:
    """Synthesizes the sample into a folder, with its fourth consumer or without."""
    app = App(outdir=str(folder), failure_modes=False)
    orders = OrderEvents(app, "OrderEvents").orders
    if fourth:
        LoyaltyPoints(app, "LoyaltyPoints", orders=orders)
    app.synth()
    return folder


def difference(three: Path, four: Path) -> list[str]:
    """The lines in which the producer's templates differ."""
    before, after = ((each / PRODUCER).read_text().splitlines() for each in (three, four))
    return list(difflib.unified_diff(before, after, "three", "four", lineterm="", n=0))


def hand_overs(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Who hands events on to whom, and the lines of code that do it."""
    yield from sorted((e.source.name, e.target.name, lines(e.source)) for e in _edges(folder))


def _edges(folder: Path) -> Iterator[Edge]:
    for edge in read_topology(folder).edges(*HANDS_ON):
        if edge.source.role is not Role.INTERNET:
            yield edge


def lines(node: Node) -> int:
    """Lines of the code that a resource runs; none if it is no function."""
    handler = node.get("Handler")
    if not isinstance(handler, str):
        return 0
    module = FUNCTIONS.joinpath(*handler.split(".")[:-1]).with_suffix(".py")
    return sum(1 for each in ast.walk(ast.parse(module.read_text())) if isinstance(each, ast.stmt))


def main() -> None:
    """Prints both, and ends with 1 where the producer changed."""
    with tempfile.TemporaryDirectory() as folder:
        three = synthesized(Path(folder, "three"), fourth=False)
        four = synthesized(Path(folder, "four"), fourth=True)
        changed = difference(three, four)
        print(f"{PRODUCER} with a fourth consumer: {len(changed)} lines differ")
        print("\n".join(changed), end="\n" if changed else "")
        print("\nlines of code  between")
        for source, target, code in hand_overs(four):
            print(f"{code:>13}  {source} -> {target}")
    sys.exit(1 if changed else 0)


if __name__ == "__main__":
    main()
