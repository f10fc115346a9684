"""The page of a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from hinagata.catalogue.material.alarms import Alarm, read_alarms
from hinagata.catalogue.material.cards import Card
from hinagata.catalogue.material.costs import Costs, read_costs
from hinagata.catalogue.material.diagram import Diagram, draw
from hinagata.catalogue.material.examples import (
    FOLDER,
    FULLER,
    SMALLEST,
    TRAFFIC,
    Example,
    made_of,
    read_example,
)
from hinagata.catalogue.material.faults import MATRIX, FaultRun, read_faults
from hinagata.catalogue.material.judgement import Judgement, judge
from hinagata.catalogue.material.permissions import Permission, read_permissions
from hinagata.catalogue.material.proofs import FOLDER as TESTS
from hinagata.catalogue.material.proofs import RUNS_FOLDER, Proof
from hinagata.catalogue.material.reference import Reference, read_reference
from hinagata.catalogue.material.settings import Setting, read_settings
from hinagata.catalogue.material.talks import Talk
from hinagata.catalogue.material.words import words_in
from hinagata.catalogue.page.curve import draw_curve
from hinagata.catalogue.page.languages import languages_of, place
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.page.rendering import render
from hinagata.catalogue.page.shelves import shelf_of
from hinagata.catalogue.project import Project
from hinagata.topology.reading import read_topology


@dataclass(frozen=True, kw_only=True)
class PatternMaterial:
    """All that a pattern's page says.

    Attributes:
        card: What it is for.
        reference: What its class says of itself.
        smallest: Its smallest use.
        fuller: A fuller one.
        traffic: The scenario that it is priced under: its file and its text.
        settings: What the smallest use sets.
        alarms: What the smallest use is watched by.
        permissions: Who may do what in the fuller use.
        diagram: Of the fuller use.
        judgement: What the checks say of the fuller use, and what it acknowledges.
        costs: Of the fuller use.
        faults: What became of messages under faults.
        runs: The tests that run its faults.
        talk: The talk that it comes from.
        also: Other talks a lesson of which it became.
        samples: The samples that are composed of it.
    """

    card: Card
    reference: Reference
    smallest: Example
    fuller: Example
    traffic: tuple[Path, str]
    settings: tuple[Setting, ...]
    alarms: tuple[Alarm, ...]
    permissions: tuple[Permission, ...]
    diagram: Diagram
    judgement: Judgement
    costs: Costs
    faults: tuple[FaultRun, ...]
    runs: tuple[Proof, ...]
    talk: Talk
    also: tuple[Talk, ...]
    samples: tuple[Card, ...]

    def told_in(self, language: str, project: Project) -> PatternMaterial:
        """Returns the same in a language, with the samples as a project tells of them there."""
        return replace(
            self,
            card=self.card.told_in(language),
            talk=self.talk.told_in(language),
            also=tuple(talk.told_in(language) for talk in self.also),
            samples=project.samples_with(self.card.construct),
        )

    def settings_by_resource(self) -> Iterator[tuple[str, str, tuple[Setting, ...]]]:
        """Yields each resource, its type and its settings."""
        for (resource, type_), settings in groupby(
            self.settings, key=lambda setting: (setting.resource, setting.type)
        ):
            yield resource, type_, tuple(settings)


def gather(project: Project, name: str) -> PatternMaterial:
    """Returns all that there is to say of a pattern.

    Raises:
        HinagataError: Something that it is made of is broken or missing.
    """
    card = project.patterns[name]
    made = project.assemblies.examples
    smallest, fuller = (
        read_example(project.folder, name, which, assemblies=made) for which in (SMALLEST, FULLER)
    )
    traffic = FOLDER / name / TRAFFIC
    faults = read_faults(project.folder, name)
    least, more = read_topology(smallest.assembly), read_topology(fuller.assembly)
    return PatternMaterial(
        card=card,
        reference=read_reference(card.file.with_suffix(".py"), card.construct),
        smallest=smallest,
        fuller=fuller,
        traffic=(traffic, (project.folder / traffic).read_text(encoding="utf-8")),
        settings=read_settings(least, name, project.proofs),
        alarms=read_alarms(least, name, project.proofs),
        permissions=read_permissions(more),
        diagram=draw(more),
        judgement=judge(more, fuller.assembly),
        costs=read_costs(more, project.folder / traffic, project=project.folder),
        faults=faults,
        runs=project.proofs.of_faults(name, in_matrix=bool(faults)),
        talk=project.talks[card.talk],
        also=tuple(
            talk for talk in project.talks_behind(card.construct) if talk.number != card.talk
        ),
        samples=project.samples_with(card.construct),
    )


def pattern_page(project: Project, name: str) -> Page:
    """Returns the page of a pattern, which is made when it is asked for."""
    card = project.patterns[name]
    path = f"patterns/{name}.html"

    def make() -> Mapping[str, str]:
        gathered = gather(project, name)
        made = {f"patterns/{name}.svg": gathered.diagram.svg}
        for language in languages_of(path):
            told = project.told_in(language)
            material = gathered.told_in(language, told)
            say = words_in(language).say
            made[place(path, language)] = render(
                "pattern.html.j2",
                path=path,
                language=language,
                links=project.links,
                context={
                    "title": material.card.title,
                    "description": material.card.summary,
                    "it": material,
                    "shelf": shelf_of(path, told),
                    "curve": draw_curve(
                        material.costs.curve,
                        title=say(
                            "What {title} costs a month over its traffic", title=material.card.title
                        ),
                        rates=say("messages a second"),
                        amounts=say("USD a month"),
                    ),
                    "matrix": MATRIX,
                },
            )
        return made

    return Page(
        path=path,
        sources=(
            card.file,
            *sorted((project.folder / "patterns").glob("*.py")),
            *sorted((project.folder / "stacks").glob("*.py")),
            project.folder / FOLDER / name,
            project.folder / FOLDER / "functions",
            project.folder / TESTS,
            project.folder / RUNS_FOLDER,
            project.folder / MATRIX,
            made_of(project.assemblies.examples),
        ),
        words=project.names,
        make=make,
    )
