"""What the commands need on this machine: what is there, and what to do about what is not."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

PYTHON = (3, 11)
NODE = 22  # the oldest that AWS CDK supports
SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One thing that commands need.

    Attributes:
        name: what it is.
        found: its version and place; empty if it is not there, or too old.
        remedy: what is wrong and what to do; empty if it is there.
    """

    name: str
    found: str = ""
    remedy: str = ""


def diagnose(project: Path) -> list[Diagnosis]:
    """Look for everything that the commands need, in a project and on this machine."""
    return [_python(), _node(project), _cdk(project), _emulator(project)]


def _mend(project: Path, otherwise: str) -> str:
    """Return what to do: the project's own set-up, where there is one."""
    try:
        makefile = (project / "Makefile").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        makefile = ""
    own = any(line.startswith("setup:") for line in makefile.splitlines())
    return "run: make setup" if own else f"run: {otherwise}"


def _python() -> Diagnosis:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON:
        return Diagnosis(name="Python", remedy=f"{found} is too old; install 3.11 or newer")
    return Diagnosis(name="Python", found=f"{found} ({sys.executable})")


def _node(project: Path) -> Diagnosis:
    mend = _mend(project, "pip install 'hinagata[cdk]'")
    # The wheel's Node stands beside the interpreter, which need not be on the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    node = os.environ.get("JSII_NODE") or shutil.which("node", path=path)
    if node is None:
        return Diagnosis(name="Node", remedy=f"not found; {mend}")
    answer = _output([node, "--version"])
    major = answer.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < NODE:
        remedy = f"{node} is {answer or 'broken'}, not {NODE} or newer; {mend}"
        return Diagnosis(name="Node", remedy=remedy)
    return Diagnosis(name="Node", found=f"{answer.removeprefix('v')} ({node})")


def _cdk(project: Path) -> Diagnosis:
    mend = _mend(project, "npm install --save-dev aws-cdk")
    package = project / "node_modules" / "aws-cdk" / "package.json"
    if package.is_file():
        found = json.loads(package.read_text(encoding="utf-8"))["version"]
        pinned = _pinned_cdk(project)
        if pinned and pinned != found:
            remedy = f"{found} is installed and {pinned} is pinned; {mend}"
            return Diagnosis(name="CDK CLI", remedy=remedy)
        return Diagnosis(name="CDK CLI", found=f"{found} ({package.parent})")
    return Diagnosis(name="CDK CLI", remedy=f"not in node_modules; {mend}")


def _pinned_cdk(project: Path) -> str:
    try:
        text = (project / "package.json").read_text(encoding="utf-8")
        pinned = json.loads(text)["devDependencies"]["aws-cdk"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return str(pinned) if str(pinned)[:1].isdigit() else ""


def _emulator(project: Path) -> Diagnosis:
    mend = _mend(project, "pip install 'hinagata[lab]'")
    # The extra's requirement is where the version is pinned; the launcher refuses another one.
    pinned = next(
        (
            requirement.partition("==")[2].partition(";")[0].strip()
            for requirement in requires("hinagata") or []
            if requirement.startswith("ministack==")
        ),
        "",
    )
    try:
        found = version("ministack")
    except PackageNotFoundError:
        return Diagnosis(name="Emulator", remedy=f"not installed; {mend}")
    if pinned and found != pinned:
        remedy = f"ministack {found} is installed, not {pinned}; {mend}"
        return Diagnosis(name="Emulator", remedy=remedy)
    return Diagnosis(name="Emulator", found=f"ministack {found}")


def _output(command: list[str]) -> str:
    """Return what a program prints; nothing if it cannot be run."""
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ended.stdout.strip()
