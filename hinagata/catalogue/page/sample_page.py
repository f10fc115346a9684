"""The page of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.architecture import read_architecture
from hinagata.catalogue.material.cards import Card, split_command
from hinagata.catalogue.material.diagram import Diagram, draw
from hinagata.catalogue.material.examples import made_of
from hinagata.catalogue.material.judgement import Judgement, judge
from hinagata.catalogue.material.records import Records, files_of, read_records
from hinagata.catalogue.material.talks import Talk
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.page.rendering import render
from hinagata.catalogue.page.shelves import shelf_of
from hinagata.catalogue.project import Project
from hinagata.planner.deriving.estimate import price_scenario
from hinagata.planner.pricing.estimate import Estimate
from hinagata.samples import SCENARIOS
from hinagata.scenario import read_scenario


@dataclass(frozen=True, kw_only=True)
class SampleMaterial:
    """All that a sample's page says.

    Attributes:
        card: What it is for.
        talk: The talk whose system it is.
        stack: Its stack's source, from the project's folder, with its text.
        scenarios: Its scenarios' files and texts, its own first.
        patterns: The patterns that it is composed of.
        diagram: Of its templates.
        judgement: What the checks say of them.
        estimate: What it costs a month under its own scenario.
        records: What was recorded of a simulation and of a run.
    """

    card: Card
    talk: Talk
    stack: tuple[Path, str]
    scenarios: tuple[tuple[Path, str], ...]
    patterns: tuple[Card, ...]
    diagram: Diagram
    judgement: Judgement
    estimate: Estimate
    records: Records

    def seen(self) -> list[tuple[str, str]]:
        """What can be seen of it: the command that shows it, and what it shows."""
        return [split_command(line) for line in self.card.see]


def gather(project: Project, name: str) -> SampleMaterial:
    """Returns all that there is to say of a sample.

    Raises:
        HinagataError: Something that it is made of is broken or missing.
    """
    card = project.samples[name]
    topology = read_architecture(card, project.assemblies.samples)
    stack = card.file.with_suffix(".py")
    files = sorted(
        (project.folder / SCENARIOS / name).glob("*.yaml"),
        key=lambda file: (file.stem != card.scenario, file.stem),
    )
    if not files or files[0].stem != card.scenario:
        raise CatalogueError(f"{card.file}: scenario is {card.scenario}, and there is no such file")
    estimate, _ = price_scenario(topology, read_scenario(files[0], project=project.folder))
    return SampleMaterial(
        card=card,
        talk=project.talks[card.talk],
        stack=_read(project, stack),
        scenarios=tuple(_read(project, file) for file in files),
        patterns=tuple(
            pattern
            for pattern in project.patterns.values()
            if card in project.samples_with(pattern.construct)
        ),
        diagram=draw(topology),
        judgement=judge(topology, project.assemblies.samples),
        estimate=estimate,
        records=read_records(project.folder, name),
    )


def sample_page(project: Project, name: str) -> Page:
    """Returns the page of a sample, which is made when it is asked for."""
    card = project.samples[name]
    path = f"samples/{name}.html"

    def make() -> Mapping[str, str]:
        material = gather(project, name)
        html = render(
            "sample.html.j2",
            path=path,
            links=project.links,
            context={
                "title": card.title,
                "description": card.summary,
                "it": material,
                "shelf": shelf_of(path, project),
            },
        )
        made = {path: html, f"samples/{name}.svg": material.diagram.svg}
        if material.records.plot:
            made[f"samples/{name}-simulation.svg"] = material.records.plot
        return made

    return Page(
        path=path,
        sources=(
            card.file,
            card.file.with_suffix(".py"),
            project.folder / SCENARIOS / name,
            made_of(project.assemblies.samples),
            *files_of(project.folder, name),
        ),
        words=project.names,
        make=make,
    )


def _read(project: Project, file: Path) -> tuple[Path, str]:
    return file.relative_to(project.folder), file.read_text(encoding="utf-8")
