"""The findings that a project knows of and does not mend yet, in a file beside its sources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hinagata.checks.report import Known, Report
from hinagata.errors import HinagataError, UsageError
from hinagata.output_file import write_whole

_VERSION = 1
_FIELDS = Known._fields


class BaselineError(HinagataError):
    """A baseline that cannot be used as it is written."""


def read_baseline(file: Path) -> tuple[Known, ...]:
    """Reads a baseline.

    Raises:
        BaselineError: It is not there, or was not written by `write_baseline`.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BaselineError(
            f"{file}: there is no such baseline; make one with: "
            f"hinagata check --write-baseline {file}"
        ) from None
    except (OSError, ValueError) as error:
        raise BaselineError(f"{file}: the baseline cannot be read: {error}") from None
    try:
        if document["version"] != _VERSION:
            raise BaselineError(
                f"{file}: version: found {document['version']}; expected {_VERSION}, "
                "which this hinagata writes"
            )
        return tuple(
            Known(**{field: str(each[field]) for field in _FIELDS}) for each in document["findings"]
        )
    except (KeyError, TypeError):
        raise BaselineError(
            f"{file}: this is no baseline; make one with: hinagata check --write-baseline FILE"
        ) from None


def apply_baseline(report: Report, baseline: Iterable[Known]) -> Report:
    """Returns a report in which the findings that the baseline holds are marked.

    Findings of the baseline whose checks did not run are neither found nor gone.
    """
    known = {each.fingerprint: each for each in baseline}
    ran = {check.id for check in report.checks}
    found = {each.fingerprint for each in report.findings}
    return replace(
        report,
        findings=tuple(
            each._replace(in_baseline=each.fingerprint in known) for each in report.findings
        ),
        gone=tuple(
            each
            for fingerprint, each in known.items()
            if fingerprint not in found and each.check in ran
        ),
    )


def write_baseline(file: Path, report: Report, *, replaces: Path | None) -> tuple[Known, ...]:
    """Writes the findings that nobody acknowledged, and returns them.

    What the baseline that it replaces holds of checks that did not run is kept.

    Args:
        file: Where to. It must not be there, unless it is the one to be replaced.
        report: What was found.
        replaces: The baseline that was read for this report, if one was.

    Raises:
        UsageError: The file is there, and was not named as the baseline too.
    """
    if file.exists() and (replaces is None or not file.samefile(replaces)):
        raise UsageError(
            f"{file} is there already; to bring it up to date: "
            f"hinagata check --baseline {file} --write-baseline {file}"
        )
    ran = {check.id for check in report.checks}
    kept = read_baseline(replaces) if replaces else ()
    written = {each.fingerprint: each for each in kept if each.check not in ran}
    for each in report.findings:
        if each.acknowledgement is None:
            written[each.fingerprint] = Known(
                fingerprint=each.fingerprint,
                check=each.check.id,
                construct=each.finding.node.construct_path,
                property=each.finding.property,
            )
    entries = sorted(written.values(), key=lambda each: (each.check, each.construct, each.property))
    document = {"version": _VERSION, "findings": [each._asdict() for each in entries]}
    write_whole(file, json.dumps(document, indent=2) + "\n")
    return tuple(entries)
