"""Times a cold `python app.py` in pairs, and holds it to its bounds.

Machines are noisy, so the two of a pair run one after the other, and the ratios are taken pair by
pair; the median of the ratios is what is judged. Run by `make measure`; exit status 1 if a bound
is broken.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[1]
EMPTY_APP = """
import patterns
import aws_cdk
app = aws_cdk.App(outdir="cdk.out")
aws_cdk.Stack(app, "Empty")
app.synth()
"""
# One sample alone.
CAR_APP = """
from patterns import start_lean
start_lean()
from patterns import App
from stacks.connected_car import ConnectedCar
app = App()
ConnectedCar(app, "ConnectedCar")
app.synth()
"""
# app.py, but for the checks of failure modes.
UNCHECKED_APP = (
    (REPOSITORY / "app.py")
    .read_text(encoding="utf-8")
    .replace("patterns.App()", "patterns.App(failure_modes=False)")
)


class Pair(NamedTuple):
    """Two ways to synthesize, and how much of the second the first may take."""

    this: str
    that: str
    at_most: float
    # The smaller the difference that is judged, the more pairs it takes to see it: single runs
    # here differ by a tenth, so a bound of 3 % needs some twenty.
    pairs: int


PAIRS = (
    # One sample, and all of them, against an app with one empty stack; the CDK's validation off.
    Pair("connected car, no validation", "empty, no validation", 3.0, 7),
    Pair("all, no validation", "empty, no validation", 4.5, 7),
    # Validated by the native engine against the CDK's own engine, the same app on both sides.
    Pair("all, native", "all, built in", 0.65, 5),
    # The samples as they are against the same without the checks of failure modes.
    Pair("all, native", "all, unchecked", 1.03, 25),
)


def main() -> int:
    """Measures, prints each pair with its verdict, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, help="pairs that count (default: as each bound needs)")
    asked = parser.parse_args().pairs
    with tempfile.TemporaryDirectory() as folder:
        empty, car, unchecked = (
            Path(folder) / name for name in ("empty.py", "car.py", "unchecked.py")
        )
        empty.write_text(EMPTY_APP, encoding="utf-8")
        car.write_text(CAR_APP, encoding="utf-8")
        unchecked.write_text(UNCHECKED_APP, encoding="utf-8")
        commands = {
            "empty, no validation": (empty, "false"),
            "connected car, no validation": (car, "false"),
            "all, no validation": (REPOSITORY / "app.py", "false"),
            "all, native": (REPOSITORY / "app.py", "native"),
            "all, unchecked": (unchecked, "native"),
            "all, built in": (REPOSITORY / "app.py", "builtin"),
        }
        held = []
        for pair in PAIRS:
            times: dict[str, list[float]] = {pair.this: [], pair.that: []}
            for number in range((asked or pair.pairs) + 1):
                # Back and forth, so that a machine that grows slower is unfair to nobody.
                for name in sorted(times, reverse=bool(number % 2)):
                    script, validation = commands[name]
                    taken = _seconds(script, validation, Path(folder) / name.replace(" ", "-"))
                    # The first pair warms the file cache and jsii's own.
                    if number:
                        times[name].append(taken)
            held.append(_holds(pair, times))
    return 0 if all(held) else 1


def _seconds(script: Path, validation: str, output: Path) -> float:
    environment = os.environ | {
        "CDK_VALIDATION": validation,
        "CDK_OUTDIR": str(output),
        "PYTHONPATH": str(REPOSITORY),
    }
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, str(script)],
        # The empty app writes into its own folder.
        cwd=script.parent if script.name == "empty.py" else REPOSITORY,
        env=environment,
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def _holds(pair: Pair, times: dict[str, list[float]]) -> bool:
    for name, taken in times.items():
        print(f"{name:<28} {statistics.median(taken):5.2f} s  ({min(taken):.2f}-{max(taken):.2f})")
    ratios = [a / b for a, b in zip(times[pair.this], times[pair.that], strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    verdict = "holds" if ratio <= pair.at_most else "BROKEN"
    print(
        f"  median of {len(ratios)} ratios {ratio:.3f} (half of them {low:.3f}-{high:.3f}), "
        f"at most {pair.at_most:g}: {verdict}",
        flush=True,
    )
    return ratio <= pair.at_most


if __name__ == "__main__":
    sys.exit(main())
