"""Times the reading of a large assembly and the checks on it, and holds both to their bounds.

The bounds are those of ten stacks with 480 resources each; the growth is that of one, two, four
and eight times as many. Judged is the processor's time, since nothing waits and machines are
noisy; sizes alternate and ratios are taken round by round. Run by `make measure-topology`; exit
status 1 if a bound is broken.
"""

from __future__ import annotations

import argparse
import gc
import math
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from hinagata.checks.runner import run_checks
from hinagata.topology.graph import Topology
from hinagata.topology.reading import read_topology
from tests.fakes.big_assembly import write_assembly

STACKS, RESOURCES = 10, 480
SIZES = (1, 2, 4, 8)
# By what is timed, at its first size.
AT_MOST_S = {"reading": 0.15, "checks": 0.15}
# What a busy machine adds to a ratio: its caches are shared.
NOISE = 1.25

Times = dict[str, dict[int, list[float]]]


def main() -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: 5)")
    rounds = parser.parse_args().rounds
    processor: Times = defaultdict(lambda: defaultdict(list))
    clock: Times = defaultdict(lambda: defaultdict(list))
    sizes: dict[int, Topology] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for size in SIZES:
                path = Path(folder) / str(size)
                if not number:
                    write_assembly(path, stacks=STACKS * size, resources=RESOURCES)
                    sizes[size] = read_topology(path)
                work: dict[str, Callable[[], object]] = {
                    "reading": lambda path=path: read_topology(path),
                    "checks": lambda topology=sizes[size]: run_checks(topology),
                }
                for what, run in work.items():
                    spent, passed = _seconds(run)
                    # The first round imports and compiles.
                    if number:
                        processor[what][size].append(spent)
                        clock[what][size].append(passed)
    for size, topology in sizes.items():
        edges = sum(1 for _ in topology.edges())
        print(f"{size}x: {len(topology.nodes)} resources, {edges} edges")
    held = [_holds(what, processor[what], clock[what]) for what in processor]
    return 0 if all(held) else 1


def _seconds(run: Callable[[], object]) -> tuple[float, float]:
    """Returns the processor's time and the clock's."""
    gc.collect()
    spent, passed = time.process_time(), time.perf_counter()
    # Kept until the time is taken: to let go of it is the next round's affair.
    result = run()
    taken = time.process_time() - spent, time.perf_counter() - passed
    del result
    return taken


def _holds(what: str, spent: dict[int, list[float]], passed: dict[int, list[float]]) -> bool:
    """Says whether a time and its growth are within their bounds, and prints both."""
    once = statistics.median(spent[1])
    held = [once <= AT_MOST_S[what]]
    print(
        f"{what}: {once:.3f} s of {AT_MOST_S[what]:.2f} s (by the clock "
        f"{statistics.median(passed[1]):.3f} s): {'holds' if held[0] else 'BROKEN'}"
    )
    units = STACKS * RESOURCES
    for size in SIZES[1:]:
        ratio = statistics.median(
            many / one for one, many in zip(spent[1], spent[size], strict=True)
        )
        bound = size * math.log(units * size) / math.log(units)
        held.append(ratio <= bound * NOISE)
        print(
            f"{what}, {size}x: {ratio:.1f} times as long; n log n: {bound:.1f}: "
            f"{'holds' if held[-1] else 'BROKEN'}"
        )
    return all(held)


if __name__ == "__main__":
    sys.exit(main())
