"""What `hinagata check` does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from hinagata.assembly.current_assembly import current_assembly
from hinagata.checks.configuration import (
    FILE,
    Configuration,
    read_configuration,
    severity_or_never,
)
from hinagata.checks.report import Report
from hinagata.checks.runner import run_checks
from hinagata.output_file import named_files, write_whole
from hinagata.topology.reading import read_topology

SUFFIXES = {"sarif": ".sarif", "junit": ".xml", "json": ".json", "text": ".txt"}


def check(
    paths: Sequence[str],
    *,
    project: Path,
    stream: TextIO,
    format: str = "text",
    outputs: Sequence[str] = (),
    only: Sequence[str] = (),
    config: Path | None = None,
    fail_on: str | None = None,
    baseline: Path | None = None,
    new_baseline: Path | None = None,
    with_suppressed: bool = False,
) -> bool:
    """Checks an architecture, and writes what was found.

    Args:
        paths: Assemblies and templates, together one architecture. None: the project's app, which
            is synthesized if its sources changed, or its cdk.out if there is no app.
        project: Folder whose `hinagata.toml` counts, and which output shows paths relative to.
        stream: Where the answer is written.
        format: The answer's format, one of `SUFFIXES`.
        outputs: More answers, each `FORMAT=FILE`.
        only: Ids of the checks to run, each alone or several with commas. None: all.
        config: The configuration. None: the project's, if it has one.
        fail_on: A severity or "never". None: what the configuration says.
        baseline: Findings that do not fail.
        new_baseline: Where to write what is found, so that it counts as known from now on.
        with_suppressed: Whether SARIF has acknowledged findings too.

    Returns:
        Whether nothing fails.
    """
    files = named_files(outputs, SUFFIXES)
    configuration = _configuration(project, config)
    if fail_on is not None:
        configuration = replace(configuration, fail_on=severity_or_never(fail_on))
    known = None
    if baseline is not None:
        from hinagata.checks.baseline import read_baseline

        known = read_baseline(baseline)
    topology = read_topology(*(map(Path, paths) if paths else [current_assembly(project)]))
    ids = [each for word in only for each in word.split(",") if each]
    report = run_checks(topology, configuration, only=ids or None)
    if new_baseline is not None:
        from hinagata.checks.baseline import write_baseline

        known = write_baseline(new_baseline, report, replaces=baseline)
    if known is not None:
        from hinagata.checks.baseline import apply_baseline

        report = apply_baseline(report, known)
    for file, kind in files.items():
        write_whole(file, _written(kind, report, project, with_suppressed=with_suppressed))
    if format == "text":
        from hinagata.checks.output.as_text import write_text

        write_text(report, stream, root=project)
    else:
        stream.write(_written(format, report, project, with_suppressed=with_suppressed))
    return report.is_good


def _configuration(project: Path, config: Path | None) -> Configuration:
    if config is not None:
        return read_configuration(config)
    file = project / FILE
    # As the user would write it: it stands in messages.
    return read_configuration(Path(os.path.relpath(file))) if file.exists() else Configuration()


def _written(kind: str, report: Report, project: Path, *, with_suppressed: bool) -> str:
    if kind == "json":
        from hinagata.checks.output.as_json import as_json

        return as_json(report, root=project)
    if kind == "junit":
        from hinagata.checks.output.as_junit import as_junit

        return as_junit(report, root=project)
    if kind == "sarif":
        from hinagata.checks.output.as_sarif import as_sarif
        from hinagata.checks.output.place import repository_root

        return as_sarif(report, root=repository_root(project), with_suppressed=with_suppressed)
    from hinagata.checks.output.as_text import as_text

    return as_text(report, root=project)
