"""Times the reading of a large assembly and the checks on it, and holds both to their bounds.

The bounds are those of ten stacks with 480 resources each; the growth is that of one, two, four
and eight times as many. Run by `make measure-topology`; exit status 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hinagata.checks.runner import run_checks
from hinagata.topology.reading import read_topology
from tests.fakes.big_assembly import write_assembly

STACKS, RESOURCES = 10, 480
SIZES = (1, 2, 4, 8)
READING_AT_MOST_S = 0.15
CHECKS_AT_MOST_S = 0.15
# What a busy machine adds to the ratio of two medians.
NOISE = 1.25


def main() -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: 5)")
    rounds = parser.parse_args().rounds
    reading: dict[int, float] = {}
    checking: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            path = write_assembly(
                Path(folder) / str(size), stacks=STACKS * size, resources=RESOURCES
            )
            reading[size] = _median(lambda path=path: read_topology(path), rounds)
            topology = read_topology(path)
            checking[size] = _median(lambda topology=topology: run_checks(topology), rounds)
            count = len(topology.nodes)
            print(
                f"{size}x: {count:6} resources, {sum(1 for _ in topology.edges()):6} edges: "
                f"read in {reading[size]:.3f} s, checked in {checking[size]:.3f} s"
            )
    held = [
        _holds("reading", reading, READING_AT_MOST_S),
        _holds("checks", checking, CHECKS_AT_MOST_S),
    ]
    return 0 if all(held) else 1


def _median(work: Callable[[], object], rounds: int) -> float:
    taken = []
    # The first round imports and compiles.
    for number in range(rounds + 1):
        gc.collect()
        started = time.perf_counter()
        work()
        if number:
            taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _holds(what: str, seconds: dict[int, float], at_most: float) -> bool:
    """Says whether a time and its growth are within their bounds, and prints both."""
    once = seconds[1]
    holds = once <= at_most
    print(f"{what}: {once:.3f} s of {at_most:.2f} s: {'holds' if holds else 'BROKEN'}")
    units = STACKS * RESOURCES
    for size in SIZES[1:]:
        ratio = seconds[size] / once
        bound = size * math.log(units * size) / math.log(units)
        grows = ratio <= bound * NOISE
        print(
            f"{what}, {size}x: {ratio:.1f} times as long; n log n: {bound:.1f}: "
            f"{'holds' if grows else 'BROKEN'}"
        )
        holds = holds and grows
    return holds


if __name__ == "__main__":
    sys.exit(main())
