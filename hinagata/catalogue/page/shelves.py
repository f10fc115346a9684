"""The pages that stand beside a page: those of the same kind, in the order of their list."""

from __future__ import annotations

from hinagata.catalogue.material.facts import facts_by_service
from hinagata.catalogue.project import Project

# What can be seen at a glance, and what a page may carry of others.
_MOST = 12


def shelf_of(path: str, project: Project) -> tuple[tuple[str, str], ...]:
    """Returns where the pages of a kind lie that are next to a page, and what they are called.

    Args:
        path: Where the page lies, from the root of the site; it is among them.
        project: Whose pages, in the language of that one.

    Returns:
        At most twelve; nothing for a page of no kind, and for the list of a kind.
    """
    kind, _, file = path.partition("/")
    if not file or file == "index.html":
        return ()
    all_ = [(f"{kind}/{name}.html", says) for name, says in _titles(kind, project).items()]
    here = next((at for at, (place, _) in enumerate(all_) if place == path), 0)
    first = max(0, min(here - _MOST // 2, len(all_) - _MOST))
    return tuple(all_[first : first + _MOST])


def _titles(kind: str, project: Project) -> dict[str, str]:
    match kind:
        case "patterns":
            return {card.name: card.title for card in project.patterns.values()}
        case "samples":
            return {card.name: card.title for card in project.samples.values()}
        case "checks":
            return {check.id: f"{check.id}: {check.title}" for check in project.checks}
        case "talks":
            return {talk.slug: talk.title for talk in project.talks.values()}
        case "facts":
            return {service: service for service in facts_by_service()}
        case _:
            return {}
