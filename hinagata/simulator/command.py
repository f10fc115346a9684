"""What `hinagata simulate` does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from hinagata.errors import UsageError
from hinagata.facts import Facts
from hinagata.facts.facts import DEFAULT_REGION
from hinagata.output_file import named_files, write_whole
from hinagata.scenario import Scenario, as_run, find_scenario, read_scenario
from hinagata.scenario.units import seconds as read_seconds
from hinagata.simulator.choice import Engine
from hinagata.simulator.engines import engine as shipped
from hinagata.simulator.progress import progress
from hinagata.simulator.self_check import Run
from hinagata.simulator.simulation import EngineChoice, Simulation, simulate
from hinagata.topology.reading import read_topology

SUFFIXES = {"html": ".html", "png": ".png", "csv": ".csv", "json": ".json"}


def simulate_scenario(
    paths: Sequence[str],
    *,
    project: Path,
    stream: TextIO,
    scenario: str,
    engine: EngineChoice = "auto",
    format: str = "text",
    outputs: Sequence[str] = (),
    seed: int | None = None,
    duration: str | None = None,
    played: bool = False,
    faults: Sequence[str] = (),
    region: str = DEFAULT_REGION,
    facts: Path | None = None,
    assumptions: Path | None = None,
    checked: bool = True,
    sensitivity: bool = False,
    engines: Callable[[Engine], Run] = shipped,
) -> bool:
    """Writes what an architecture would do under a scenario.

    Args:
        paths: Assemblies and templates, together one architecture. None: the project's app.
        project: Folder of that app, and of its scenarios.
        stream: Where the answer is written.
        scenario: A scenario's file, or its name.
        engine: `auto`, `tick` or `event`.
        format: `text` or `json`.
        outputs: Files to write too, each `FORMAT=FILE`, or a file whose suffix tells its format: a
            page, an image, a table or a document.
        seed: What every random draw derives from. Default: the scenario's.
        duration: How long it is watched, as `2h`. Default: as the scenario says.
        played: Whether it is what a run plays of the scenario, and not the whole of it.
        faults: What goes wrong besides, each written as in a scenario.
        region: Where it runs, for the prices.
        facts: A file of facts that replace those that ship. Default: none.
        assumptions: A file of assumptions. Default: `assumed.yml` beside the scenario, if it is
            there.
        checked: Whether the outcome is held against closed forms and the other engine.
        sensitivity: Whether to try other keep-alive times.
        engines: What computes. Default: the engines that ship.

    Returns:
        Whether every expectation holds that a simulation can tell of.

    Raises:
        HinagataError: Something cannot be read, simulated or written.
    """
    files = named_files(outputs, SUFFIXES)
    for file in files:
        # What takes a minute should not fail for that after a minute.
        if not file.parent.is_dir():
            raise UsageError(f"{file} cannot be written: there is no folder {file.parent}")
    writers = [_writer(kind) for kind in files.values()]
    wanted = _read(scenario, project, faults)
    if played:
        wanted = as_run(wanted)
    with progress(sys.stderr) as tell:
        tell("read the templates")
        topology = read_topology(*(map(Path, paths) if paths else (_assembly(project),)))
        simulation = simulate(
            topology,
            wanted,
            engine,
            seed=seed,
            duration_s=None if duration is None else _duration(duration),
            facts=Facts(facts),
            assumptions=assumptions,
            region=region,
            checked=checked,
            sensitivity=sensitivity,
            engines=engines,
            tell=tell,
        )
        if writers:
            tell("draw")
        # Drawn before anything is written, so that nothing is half-written where that fails.
        contents = [write(simulation) for write in writers]
    for file, content in zip(files, contents, strict=True):
        write_whole(file, content)
    _print(simulation, stream, format)
    return simulation.met


def _assembly(project: Path) -> Path:
    from hinagata.assembly.current_assembly import current_assembly

    return current_assembly(project)


def _read(name: str, project: Path, faults: Sequence[str]) -> Scenario:
    file = find_scenario(name, project=project)
    scenario = read_scenario(file, project=project)
    if not faults:
        return scenario
    from hinagata.scenario.fault_text import read_fault

    added = (read_fault(fault, until_s=scenario.duration_seconds) for fault in faults)
    return replace(scenario, faults=(*scenario.faults, *added))


def _duration(text: str) -> float:
    try:
        return read_seconds(text)
    except ValueError as error:
        raise UsageError(f"--duration: {error}") from None


def _writer(kind: str) -> Callable[[Simulation], str | bytes]:
    """Returns what makes the content of a file of a format."""
    if kind == "html":
        return _page
    if kind == "png":
        return _image
    if kind == "csv":
        from hinagata.simulator.as_csv import as_csv

        return as_csv
    from hinagata.simulator.as_json import as_json

    return as_json


def _page(simulation: Simulation) -> str:
    from hinagata.report.page import page_text
    from hinagata.simulator.page import page

    return page_text(page(simulation))


def _image(simulation: Simulation) -> bytes:
    from hinagata.report.figure import draw_png
    from hinagata.simulator.page import figure

    return draw_png(figure(simulation))


def _print(simulation: Simulation, stream: TextIO, format: str) -> None:
    if format == "json":
        from hinagata.simulator.as_json import as_json

        stream.write(as_json(simulation))
    else:
        from hinagata.simulator.as_text import write_text

        write_text(simulation, stream)
