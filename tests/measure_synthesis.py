"""Times a cold `python app.py` in pairs, and holds it to its three bounds.

Machines are noisy, so commands alternate and the ratios are taken round by round; the median of
the ratios is what is judged. Run by `make measure`; exit status 1 if a bound is broken.
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

REPOSITORY = Path(__file__).parents[1]
EMPTY_APP = """
import patterns
import aws_cdk
app = aws_cdk.App(outdir="cdk.out")
aws_cdk.Stack(app, "Empty")
app.synth()
"""
# app.py, but for the checks of failure modes.
UNCHECKED_APP = """
from patterns import start_lean
start_lean()
from patterns import App
from stacks.connected_car import ConnectedCar
app = App(failure_modes=False)
ConnectedCar(app, "ConnectedCar")
app.synth()
"""
# The sample against an app with one empty stack, the CDK's validation off on both sides.
AT_MOST_OF_EMPTY = 3.0
# Validated by the native engine against the CDK's own engine, the same app on both sides.
AT_MOST_OF_BUILTIN = 0.65
# The sample as it is against the same without the checks of failure modes.
AT_MOST_OF_UNCHECKED = 1.03


def main() -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count (default: 7)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        empty, unchecked = Path(folder) / "empty.py", Path(folder) / "unchecked.py"
        empty.write_text(EMPTY_APP, encoding="utf-8")
        unchecked.write_text(UNCHECKED_APP, encoding="utf-8")
        commands = {
            "empty, no validation": (empty, "false"),
            "sample, no validation": (REPOSITORY / "app.py", "false"),
            "sample, native": (REPOSITORY / "app.py", "native"),
            "sample, unchecked": (unchecked, "native"),
            "sample, built in": (REPOSITORY / "app.py", "builtin"),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 1):
            # Back and forth, so that a machine that grows slower is unfair to nobody.
            order = list(commands.items())
            for name, (script, validation) in order if number % 2 else reversed(order):
                taken = _seconds(script, validation, Path(folder) / name.replace(" ", "-"))
                # The first round warms the file cache and jsii's own.
                if number:
                    times[name].append(taken)
    for name, taken in times.items():
        print(f"{name:<22} {statistics.median(taken):5.2f} s  ({min(taken):.2f}-{max(taken):.2f})")
    held = [
        _holds(times, "sample, no validation", "empty, no validation", AT_MOST_OF_EMPTY),
        _holds(times, "sample, native", "sample, built in", AT_MOST_OF_BUILTIN),
        _holds(times, "sample, native", "sample, unchecked", AT_MOST_OF_UNCHECKED),
    ]
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


def _holds(times: dict[str, list[float]], this: str, that: str, bound: float) -> bool:
    ratio = statistics.median(a / b for a, b in zip(times[this], times[that], strict=True))
    verdict = "holds" if ratio <= bound else "BROKEN"
    print(f"{this} / {that}: {ratio:.3f}, at most {bound:g}: {verdict}")
    return ratio <= bound


if __name__ == "__main__":
    sys.exit(main())
