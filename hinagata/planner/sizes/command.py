"""What `hinagata plan` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.planner.deriving.command import read_architecture
from hinagata.planner.memory import knee_of, read_points
from hinagata.planner.sizes.as_json import as_json
from hinagata.planner.sizes.as_text import as_text
from hinagata.planner.sizes.plan import plan
from hinagata.scenario import find_scenario, read_scenario


def plan_architecture(
    paths: Sequence[str],
    scenario: str,
    *,
    project: Path,
    stream: TextIO,
    region: str | None = None,
    facts: Path | None = None,
    assumptions: Path | None = None,
    points: Path | None = None,
    format: str = "text",
    sources: bool = False,
) -> bool:
    """Writes what an architecture needs at the peak of a scenario.

    Args:
        paths: Assemblies and templates, together one architecture. None: the project's app.
        scenario: A scenario's file, or its name.
        project: Folder of that app, and of what the scenario names.
        stream: Where the answer is written.
        region: Where it runs. Default: what the templates say, or us-east-1.
        facts: A file of facts that replace those that ship. Default: none.
        assumptions: A file of assumptions. Default: `assumed.yml` beside the scenario, if it is
            there.
        points: A file of measured durations by memory. Default: none.
        format: `text` or `json`.
        sources: Whether the text names formula, source and date of each number; JSON always does.

    Returns:
        Whether nothing breaks.
    """
    known = Facts(facts)
    measured = read_points(points) if points is not None else {}
    read = read_scenario(find_scenario(scenario, project=project), project=project)
    found = plan(
        read_architecture(paths, project=project),
        read,
        region=region,
        facts=known,
        assumptions=assumptions,
        knees=tuple(
            knee_of(each, function=name, facts=known, region=region or DEFAULT_REGION)
            for name, each in measured.items()
        ),
    )
    stream.write(as_json(found) if format == "json" else as_text(found, sources=sources))
    return found.fits
