"""The example programs, and the templates that they synthesize to.

A page shows the very files that are synthesized: examples/patterns/PATTERN/smallest.py and
fuller.py. Their assemblies are kept until something changes that they are made of.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hinagata.catalogue.error import CatalogueError

FOLDER = Path("examples", "patterns")
SMALLEST, FULLER = "smallest", "fuller"
TRAFFIC = "traffic.yaml"
_KEPT = Path(".hinagata", "catalogue")
_DIGEST = "made-of"
_LAST_LINES = 12


@dataclass(frozen=True, kw_only=True)
class Example:
    """A program that a reader can copy.

    Attributes:
        file: From the project's folder.
        says: What it shows, in a sentence: its docstring.
        code: The program without that docstring.
        handlers: The handlers that it names, by their files from the project's folder.
        assembly: The folder that it was synthesized into.
    """

    file: Path
    says: str
    code: str
    handlers: tuple[tuple[Path, str], ...]
    assembly: Path


@dataclass(frozen=True, kw_only=True)
class Assemblies:
    """What the programs and the app were synthesized into.

    Attributes:
        examples: A folder of each pattern, with one of each of its programs.
        samples: The assembly of the app.
    """

    examples: Path
    samples: Path


def read_example(project: Path, pattern: str, which: str, *, assemblies: Path) -> Example:
    """Returns an example of a pattern.

    Args:
        project: The folder of the project.
        pattern: As `event_stream`.
        which: `smallest` or `fuller`.
        assemblies: Where the examples were synthesized into.

    Raises:
        CatalogueError: The program or its assembly is not there.
    """
    file = FOLDER / pattern / f"{which}.py"
    try:
        text = (project / file).read_text(encoding="utf-8")
        says = ast.get_docstring(ast.parse(text))
    except (OSError, SyntaxError) as error:
        raise CatalogueError(f"{project / file}: the example cannot be read: {error}") from None
    if not says:
        raise CatalogueError(f"{project / file}: it has no docstring; the page says it above it")
    assembly = assemblies / pattern / which
    if not (assembly / "manifest.json").is_file():
        raise CatalogueError(f"{project / file}: it made no assembly; end it with app.synth()")
    return Example(
        file=file,
        says=says,
        code=text.split('"""', 2)[2].lstrip("\n"),
        handlers=tuple(_handlers(project, text)),
        assembly=assembly,
    )


def current_assemblies(project: Path) -> Assemblies:
    """Synthesizes the examples and the samples, unless nothing changed that they are made of.

    Raises:
        CatalogueError: A program or the app does not synthesize; the message ends with what it
            printed.
    """
    kept = project / _KEPT
    kept.mkdir(parents=True, exist_ok=True)
    commands = {
        "examples": ([sys.executable, str(FOLDER / "synthesize.py")], (FOLDER,)),
        "samples": ([sys.executable, "app.py"], (Path("stacks"), Path("functions"))),
    }
    # Who comes second finds what the first has made.
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name, (command, folders) in commands.items():
            _refresh(project, kept / name, command, folders)
    return Assemblies(examples=kept / "examples", samples=kept / "samples")


def made_of(folder: Path) -> Path:
    """Returns the file that says what a folder of assemblies was made of."""
    return folder / _DIGEST


def _handlers(project: Path, text: str) -> list[tuple[Path, str]]:
    """The handlers' files that a program names by their dotted paths."""
    functions = FOLDER / "functions"
    files: dict[Path, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            file = functions.joinpath(*node.value.split(".")[:-1]).with_suffix(".py")
            if node.value.count(".") > 1 and (project / file).is_file():
                files[file] = (project / file).read_text(encoding="utf-8")
    return list(files.items())


def _refresh(project: Path, folder: Path, command: list[str], sources: tuple[Path, ...]) -> None:
    made_of = _digest(project, sources)
    recorded = folder / _DIGEST
    if recorded.is_file() and recorded.read_text(encoding="ascii") == made_of:
        return
    staging = folder.with_name(f"{folder.name}.staging-{os.getpid()}")
    try:
        _run([*command, *([str(staging)] if folder.name == "examples" else [])], project, staging)
        (staging / _DIGEST).write_text(made_of, encoding="ascii")
        shutil.rmtree(folder, ignore_errors=True)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run(command: list[str], project: Path, output: Path) -> None:
    environment = os.environ | {
        "CDK_OUTDIR": str(output),
        # Their findings are told on their pages; `tests/synth` refuses them.
        "HINAGATA_FAILURE_MODES": "off",
        # Of its listeners, as one Node makes all apps.
        "NODE_NO_WARNINGS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(project), os.environ.get("PYTHONPATH")])),
    }
    ended = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode != 0:
        said = "\n".join((ended.stdout + ended.stderr).strip().splitlines()[-_LAST_LINES:])
        raise CatalogueError(f"{' '.join(command[1:2])} does not synthesize:\n{said}")


def _digest(project: Path, folders: tuple[Path, ...]) -> str:
    """What is synthesized depends on the sources of constructs and programs, and on the CDK."""
    digest = hashlib.sha256(sys.version.encode())
    for distribution in ("aws-cdk-lib", "constructs", "aws-lambda-powertools"):
        try:
            digest.update(f"{distribution} {version(distribution)}\n".encode())
        except PackageNotFoundError:
            raise CatalogueError(
                f"{distribution} is not installed, and nothing synthesizes without it: "
                "pip install 'hinagata[cdk]'"
            ) from None
    for folder in (Path("patterns"), Path("pattern_runtime"), Path("app.py"), *folders):
        root = project / folder
        files = [root] if root.is_file() else sorted(root.rglob("*"))
        for file in files:
            made_of = file.suffix in (".py", ".sql", "") or file.name == "Dockerfile"
            if made_of and file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(project)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
