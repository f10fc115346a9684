"""The files that a run leaves: what was asked for, refused before the run if it cannot be."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hinagata.lab.result import Result
from hinagata.lab.run_json import write_json
from hinagata.output_file import named_files, refuse_unwritable, write_whole

SUFFIXES = {"json": ".json", "html": ".html"}


def output_files(outputs: Sequence[str], *, report: Path | None) -> Mapping[Path, str]:
    """Return the format of each file that is asked for.

    Args:
        outputs: each `FORMAT=FILE`, or a file whose suffix tells its format.
        report: one more, in HTML.

    Raises:
        UsageError: one is not of that form, or two are one file.
        OutputError: one cannot be written.
        HinagataError: what draws the curves of a page is not installed.
    """
    page = [f"html={report}"] if report is not None else []
    files = named_files([*page, *outputs], SUFFIXES)
    for file in files:
        refuse_unwritable(file)
    if "html" in files.values():
        from hinagata.report.figure import refuse_without_plots

        refuse_without_plots()
    return files


def write_files(result: Result, files: Mapping[Path, str], tell: Callable[[str], object]) -> None:
    """Write a result into each of some files, each whole or not at all, and tell of each.

    Args:
        result: the run.
        files: the format of each.
        tell: takes a line about each that was written.

    Raises:
        OutputError: one cannot be written.
    """
    for file, kind in files.items():
        if kind == "html":
            from hinagata.lab.html_report import write_html

            write_html(result, file)
        else:
            text = io.StringIO()
            write_json(result, text, messages=True)
            write_whole(file, text.getvalue())
        tell(f"wrote {file}")
