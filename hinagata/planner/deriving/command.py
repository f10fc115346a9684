"""What `hinagata price --scenario` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from hinagata.planner.deriving.estimate import price_scenario
from hinagata.planner.pricing.as_json import as_json
from hinagata.planner.pricing.as_text import as_text
from hinagata.scenario import find_scenario, read_scenario

if TYPE_CHECKING:
    from hinagata.topology.graph import Topology


def price_architecture(
    paths: Sequence[str],
    scenario: str,
    *,
    project: Path,
    stream: TextIO,
    region: str | None = None,
    facts: Path | None = None,
    assumptions: Path | None = None,
    free_tier: bool | None = None,
    format: str = "text",
    sources: bool = False,
) -> None:
    """Writes what an architecture costs a month under a scenario.

    Args:
        paths: Assemblies and templates, together one architecture. None: the project's app.
        scenario: A scenario's file, or its name.
        project: Folder of that app, and of what the scenario names.
        stream: Where the answer is written.
        region: Where it runs. Default: what the templates say, or us-east-1.
        facts: A file of facts that replace those that ship. Default: none.
        assumptions: A file of assumptions. Default: `assumed.yml` beside the scenario, if it is
            there.
        free_tier: Whether what is free is taken off. Default: not.
        format: `text` or `json`.
        sources: Whether the text names source and date of each number; JSON always does.
    """
    read = read_scenario(find_scenario(scenario, project=project), project=project)
    estimate, remarks = price_scenario(
        read_architecture(paths, project=project),
        read,
        region=region,
        facts=facts,
        assumptions=assumptions,
        free_tier=free_tier,
    )
    if format == "json":
        stream.write(as_json(estimate, remarks=remarks))
    else:
        stream.write(as_text(estimate, sources=sources, remarks=remarks))


def read_architecture(paths: Sequence[str], *, project: Path) -> Topology:
    """Returns the topology of some paths, or of the project's app if there is none.

    Raises:
        HinagataError: A path cannot be read, or the app cannot be synthesized.
    """
    from hinagata.topology.reading import read_topology

    if paths:
        return read_topology(*map(Path, paths))
    from hinagata.assembly.current_assembly import current_assembly

    return read_topology(current_assembly(project))
