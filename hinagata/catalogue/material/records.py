"""What was recorded of a sample: a simulation at its talk's size, and a run on a laptop.

`make records` writes them into docs/records; they take minutes, and are the same on every page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hinagata.catalogue.error import CatalogueError

FOLDER = Path("docs", "records")


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """An expectation of the scenario, and what came of it.

    Attributes:
        about: What is expected of what.
        expected: What is expected.
        observed: What was observed.
        met: Whether it holds; None if that could not be told.
    """

    about: str
    expected: str
    observed: str
    met: bool | None


@dataclass(frozen=True, kw_only=True)
class Record:
    """A simulation or a run, as it was recorded.

    Attributes:
        on: The day, as 2026-11-22.
        commands: What was typed.
        says: What happened, in a sentence.
        seconds: How long it took.
        expectations: What was expected, and what came of it.
        held_back: What was not done when it ended, and which limits held it back, in words;
            empty for a run, which counts what it sent.
    """

    on: str
    commands: tuple[str, ...]
    says: str
    seconds: float
    expectations: tuple[Expectation, ...]
    held_back: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Records:
    """What was recorded of a sample.

    Attributes:
        simulation: At the talk's size; None if nobody recorded it.
        run: On a laptop; None if nobody recorded it.
        plot: The simulation's plots, an SVG; empty if there is none.
    """

    simulation: Record | None
    run: Record | None
    plot: str


def files_of(project: Path, sample: str) -> tuple[Path, Path]:
    """Returns the file with what was recorded of a sample, and the one with its plots."""
    return project / FOLDER / f"{sample}.json", project / FOLDER / f"{sample}.svg"


def read_records(project: Path, sample: str) -> Records:
    """Returns what was recorded of a sample.

    Raises:
        CatalogueError: The file is broken.
    """
    file, plot = files_of(project, sample)
    try:
        said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        return Records(
            simulation=_record(said.get("simulation")),
            run=_record(said.get("run")),
            plot=plot.read_text(encoding="utf-8") if plot.is_file() else "",
        )
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise CatalogueError(f"{file}: it cannot be read ({error}); do: make records") from None


def _record(said: dict[str, Any] | None) -> Record | None:
    if said is None:
        return None
    return Record(
        on=said["on"],
        commands=tuple(said["commands"]),
        says=said["says"],
        seconds=float(said["seconds"]),
        expectations=tuple(Expectation(**each) for each in said["expectations"]),
        held_back=tuple(said.get("held_back", ())),
    )
