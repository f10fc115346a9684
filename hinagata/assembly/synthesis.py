"""Synthesizes the app of a folder, as the CDK CLI does, and only if something changed."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.errors import HinagataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FINGERPRINT = ".hinagata-fingerprint"
# Beside cdk.out, so that a finished assembly can be moved there at once.
_SCRATCH = ".hinagata"
# What never decides what is synthesized; the assembly itself, above all.
_NOT_SOURCES = {
    ".git",
    _SCRATCH,
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    "__pycache__",
    "build",
    "cdk.out",
    "dist",
    "node_modules",
    "scenarios",
    "tests",
}
# Stands in each virtual environment, whatever its folder's name: its versions count, not its files.
_ENVIRONMENT = "pyvenv.cfg"
# Variables that reach into what an app synthesizes.
_VARIABLES = ("CDK_", "AWS_", "JSII_", "PYTHON")


class SynthesisError(HinagataError):
    """An app that does not synthesize."""


def synthesize(project: Path, *, context: Mapping[str, object] | None = None) -> CloudAssembly:
    """Runs the `app` command of the folder's cdk.json, and reads what it made.

    The assembly is made in a scratch folder and then moved to `cdk.out`, so a failed synthesis
    leaves the last good one. While sources, versions and settings are unchanged, `cdk.out` is
    read again and nothing runs.

    Args:
        project: Folder with a cdk.json: this repository, a generated project, any CDK app in any
            language.
        context: What the app is told beside the context of its cdk.json, as `cdk -c` does it. Its
            assembly lies in a folder of its own. Default: nothing.

    Raises:
        UsageError: The folder has no usable cdk.json.
        SynthesisError: The app fails; the message ends with what it printed.
    """
    app, settings = _settings(project)
    output = project / "cdk.out"
    if context:
        settings |= context
        told = hashlib.sha256(json.dumps(context, sort_keys=True).encode()).hexdigest()[:12]
        output = project / _SCRATCH / f"cdk.out-{told}"
    now = fingerprint(project)
    recorded = output / _FINGERPRINT
    if recorded.is_file() and recorded.read_text(encoding="ascii") == now:
        return CloudAssembly.read(output)
    scratch = project / _SCRATCH
    scratch.mkdir(exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix="synthesis-", dir=scratch))
    try:
        _run(app, settings, project=project, output=staging)
        (staging / _FINGERPRINT).write_text(now, encoding="ascii")
        _replace(output, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return CloudAssembly.read(output)


def _settings(project: Path) -> tuple[str, dict[str, object]]:
    file = project / "cdk.json"
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        app = settings["app"]
        command = app if isinstance(app, str) else shlex.join(app)
        context = dict(settings.get("context", {}))
    except FileNotFoundError:
        message = f"{project} holds no cdk.json: go to the folder of a CDK app"
        raise UsageError(message) from None
    except (OSError, ValueError, KeyError, TypeError):
        message = f'{file} names no app; expected {{"app": "python app.py"}}'
        raise UsageError(message) from None
    return command, context


def _run(app: str, context: dict[str, object], *, project: Path, output: Path) -> None:
    environment = os.environ | {
        "CDK_OUTDIR": str(output),
        "CDK_CONTEXT_JSON": json.dumps(context),
        # The workbench checks when it is asked to: a finding must not keep anybody from looking
        # at an architecture, or from running it.
        "HINAGATA_FAILURE_MODES": "off",
        # Notes the user's line of each construct, so that findings can point at it: it costs no
        # time that could be measured (154 resources).
        "JSII_HOST_STACK_TRACES": os.environ.get("JSII_HOST_STACK_TRACES", "1"),
        # The app's own `python` is the one that runs this, also where no venv is activated.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    # cdk.json's `app` is a shell command by definition, and the user's own.
    process = subprocess.Popen(  # noqa: S602 - the words of the user's own cdk.json
        app,
        shell=True,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said = process.communicate()[0].strip()
    except BaseException:
        # The shell's end is not that of what it has started: the app, and the Node that it starts.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode != 0:
        message = f"the app does not synthesize: {app!r} in {project} ended with exit status "
        raise SynthesisError(f"{message}{process.returncode}\n{said}")
    if said:
        print(said, file=sys.stderr)


def _replace(output: Path, staging: Path) -> None:
    shutil.rmtree(output, ignore_errors=True)
    staging.rename(output)
    # mkdtemp makes folders that only their owner reads; the CDK's own are as the umask says.
    umask = os.umask(0)
    os.umask(umask)
    output.chmod(0o777 & ~umask)


def fingerprint(project: Path) -> str:
    """Returns what changes whenever the app may synthesize something else.

    Args:
        project: Folder of the app: its files count, the installed versions, and the variables that
            the CDK reads; scenarios, tests and what tools leave behind do not.
    """
    digest = hashlib.sha256()
    for file in _sources(project):
        digest.update(str(file.relative_to(project)).encode())
        digest.update(file.read_bytes())
    for found in sorted(f"{d.name}=={d.version}" for d in distributions()):
        digest.update(found.encode())
    for name, value in sorted(os.environ.items()):
        if name.startswith(_VARIABLES):
            digest.update(f"{name}={value}".encode())
    digest.update(sys.version.encode())
    return digest.hexdigest()


def _sources(project: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(project):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _NOT_SOURCES and not Path(folder, name, _ENVIRONMENT).exists()
        )
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not name.endswith(".pyc"):
                yield path
