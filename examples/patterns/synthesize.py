"""Synthesizes every program here, each into a folder of its own.

    python examples/patterns/synthesize.py FOLDER

FOLDER/PATTERN/smallest and FOLDER/PATTERN/fuller get the assemblies. One process for all: the CDK
takes longer to start than to synthesize them.
"""

import os
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = sorted(HERE.glob("*/*.py"))


def synthesize(folder: Path) -> None:
    """Run each program with its folder as CDK_OUTDIR, where it finds `functions`."""
    os.chdir(HERE)
    for program in PROGRAMS:
        if program.parent.name != "functions":
            os.environ["CDK_OUTDIR"] = str(folder / program.parent.name / program.stem)
            try:
                runpy.run_path(str(program), run_name="__main__")
            except SystemExit as ended:
                sys.exit(f"{program.relative_to(HERE)}: {ended}")


if __name__ == "__main__":
    synthesize(Path(sys.argv[1]).resolve())
