"""The pages of lists of records: checks, talks, facts, glossary, tests, and the lists of pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from hinagata.catalogue.material import glossary, needs, talks
from hinagata.catalogue.material.facts import facts_by_service
from hinagata.catalogue.material.proofs import FOLDER as TESTS
from hinagata.catalogue.material.talks import Talk
from hinagata.catalogue.material.words import words_in
from hinagata.catalogue.page.languages import languages_of, place
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.page.rendering import Links, anchor, render
from hinagata.catalogue.page.shelves import shelf_of
from hinagata.catalogue.project import Project
from hinagata.checks.page import page_of


def other_pages(project: Project) -> Iterator[Page]:
    """Yields all pages beside those of patterns and samples."""
    cards = (project.folder / "patterns", project.folder / "stacks")
    yield _page(
        project,
        "index.html",
        "start.html.j2",
        sources=(*cards, needs.FILE),
        title="Architectures that are proved before they exist",
        description="Serverless patterns and samples for AWS in Python CDK, with everything that "
        "they set, cost and withstand.",
    )
    yield _page(
        project,
        "search.html",
        "search.html.j2",
        title="Search",
        description="Search all pages.",
    )
    yield _page(
        project,
        "patterns/index.html",
        "patterns.html.j2",
        sources=(*cards, needs.FILE),
        title="Patterns",
        description="All constructs, and what they are for.",
    )
    yield _page(
        project,
        "samples/index.html",
        "samples.html.j2",
        sources=cards,
        title="Samples",
        description="Whole systems that were presented in public, to run, prove and deploy.",
    )
    yield from _check_pages(project)
    yield from _talk_pages(project, cards)
    meanings = glossary.read_glossary()
    yield _page(
        project,
        "glossary.html",
        "glossary.html.j2",
        sources=(glossary.FILE,),
        title="Glossary",
        description="Words of these pages, as they are meant here.",
        meanings=meanings,
        terms=Links({word: f"#{anchor(word)}" for word in meanings}),
    )
    yield from _fact_pages(project)
    yield from _test_pages(project)


def _page(
    project: Project,
    path: str,
    template: str,
    *,
    title: str,
    description: str,
    sources: tuple[Path, ...] = (),
    **context: object,
) -> Page:
    def make() -> Mapping[str, str]:
        made = {}
        for language in languages_of(path):
            say = words_in(language).say
            told = {"title": say(title), "description": say(description), **context}
            made[place(path, language)] = _made_in(language, project, path, template, told)
        return made

    return Page(path=path, sources=sources, words=project.names, make=make)


def _made_in(
    language: str, project: Project, path: str, template: str, context: Mapping[str, object]
) -> str:
    return render(
        template,
        path=path,
        language=language,
        links=project.links,
        context={
            "project": project.told_in(language),
            "shelf": shelf_of(path, project.told_in(language)),
            **context,
        },
    )


def _check_pages(project: Project) -> Iterator[Page]:
    yield _page(
        project,
        "checks/index.html",
        "checks.html.j2",
        title="Checks",
        description="How architectures lose, double, delay and hide messages, found in templates.",
    )
    for check in project.checks:
        # Its title, its reason and its fix stand above it.
        text = page_of(check).split("\n\n", 3)[3]
        yield _page(
            project,
            f"checks/{check.id}.html",
            "check.html.j2",
            title=f"{check.id}: {check.title}",
            description=check.reason,
            check=check,
            text=text,
        )


def _talk_pages(project: Project, cards: tuple[Path, ...]) -> Iterator[Page]:
    yield _page(
        project,
        "talks/index.html",
        "talks.html.j2",
        sources=(talks.FILE,),
        title="Talks",
        description="What was presented, what was learned, and what became of it here.",
    )
    for talk in project.talks.values():
        yield _talk_page(project, talk, cards)


def _talk_page(project: Project, talk: Talk, cards: tuple[Path, ...]) -> Page:
    path = f"talks/{talk.slug}.html"

    def make() -> Mapping[str, str]:
        made = {}
        for language in languages_of(path):
            told = talk.told_in(language)
            description = words_in(language).say(
                "{by}, {event}: what was presented and what was learned.",
                by=told.by,
                event=told.event,
            )
            context = {"title": told.title, "description": description, "talk": told}
            made[place(path, language)] = _made_in(language, project, path, "talk.html.j2", context)
        return made

    return Page(path=path, sources=(talks.FILE, *cards), words=project.names, make=make)


def _fact_pages(project: Project) -> Iterator[Page]:
    facts = facts_by_service()
    yield _page(
        project,
        "facts/index.html",
        "facts.html.j2",
        title="Facts",
        description="Every number from AWS that anything here rests on.",
        facts=facts,
    )
    for service, found in facts.items():
        yield _page(
            project,
            f"facts/{service}.html",
            "facts_of_service.html.j2",
            title=f"Facts: {service}",
            description=f"Prices and quotas of {service}, with source and date.",
            service=service,
            facts=found,
            cited=list(dict.fromkeys(fact.source for fact in found)),
        )


def _test_pages(project: Project) -> Iterator[Page]:
    for file, tests in project.proofs.by_file():
        yield _page(
            project,
            tests[0].page,
            "tests.html.j2",
            sources=(project.folder / file, project.folder / TESTS / "conftest.py"),
            title=f"Tests: {file.stem.removeprefix('test_').replace('_', ' ')}",
            description="What is promised, and the code that holds it.",
            file=file,
            tests=tests,
        )
