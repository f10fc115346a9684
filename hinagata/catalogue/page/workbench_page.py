"""The page on which a sample's traffic is changed; who serves the site answers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hinagata.catalogue.material.cards import Card
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.page.rendering import render
from hinagata.catalogue.project import Project
from hinagata.catalogue.workbench.traffic import AS_IT_IS, FACTORS, Slider, sliders
from hinagata.samples import SCENARIOS
from hinagata.scenario import read_scenario

PATH = "workbench.html"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A sample whose traffic can be changed.

    Attributes:
        card: The sample's.
        sliders: One for each source of its own scenario.
    """

    card: Card
    sliders: tuple[Slider, ...]


def workbench_page(project: Project) -> Page:
    """Returns the page, which is made when it is asked for."""

    def make() -> Mapping[str, str]:
        offers = tuple(_offer(project, card) for card in project.samples.values())
        html = render(
            "workbench.html.j2",
            path=PATH,
            links=project.links,
            context={
                "title": "Workbench",
                "description": "Change a sample's traffic, and see what breaks, costs and waits.",
                "offers": offers,
                "factors": FACTORS,
                "as_it_is": AS_IT_IS,
            },
        )
        return {PATH: html}

    return Page(
        path=PATH,
        sources=(project.folder / "stacks", project.folder / SCENARIOS),
        words=project.names,
        make=make,
    )


def _offer(project: Project, card: Card) -> Offer:
    file = project.folder / SCENARIOS / card.name / f"{card.scenario}.yaml"
    return Offer(card=card, sliders=sliders(read_scenario(file, project=project.folder)))
