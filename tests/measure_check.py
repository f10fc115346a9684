"""Times `hinagata check` against cfn-lint on the same templates, each as a whole process.

Machines are noisy, so the two alternate and the ratio is taken round by round. Run by
`make measure-topology`; exit status 1 if the bound is broken.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
# A check that is dear is not run at every save.
AT_LEAST_TIMES = 10


def main() -> int:
    """Measures, prints the table, and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default: 5)")
    rounds = parser.parse_args().rounds
    templates = sorted((REPOSITORY / "cdk.out").glob("**/*.template.json"))
    if not templates:
        print("there is no cdk.out: make synth")
        return 2
    tools = Path(sys.executable).parent
    commands = {
        "hinagata check": [str(tools / "hinagata"), "check", "cdk.out"],
        "cfn-lint": [str(tools / "cfn-lint"), *map(str, templates)],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
            # The first round warms the file cache.
            if number:
                times[name].append(time.perf_counter() - started)
    for name, taken in times.items():
        print(f"{name:<14} {statistics.median(taken):5.2f} s  ({min(taken):.2f}-{max(taken):.2f})")
    ratio = statistics.median(
        slow / fast for slow, fast in zip(times["cfn-lint"], times["hinagata check"], strict=True)
    )
    holds = ratio >= AT_LEAST_TIMES
    verdict = "holds" if holds else "BROKEN"
    print(f"{ratio:.0f} times as fast, at least {AT_LEAST_TIMES}: {verdict}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
