"""The pages beside a page."""

from __future__ import annotations

import pytest

from hinagata.catalogue.page.shelves import shelf_of
from hinagata.catalogue.project import Project
from tests.recorded_settings import REPOSITORY


@pytest.fixture(scope="module")
def project() -> Project:
    """This one: no other has enough checks."""
    return Project(REPOSITORY)


def test_a_page_stands_between_its_neighbours(project: Project) -> None:
    """Of many pages those around one are named, in the order of their list, itself among them."""
    ids = [check.id for check in project.checks]
    middle = len(ids) // 2
    shelf = [place for place, _ in shelf_of(f"checks/{ids[middle]}.html", project)]

    assert shelf == [f"checks/{id_}.html" for id_ in ids[middle - 6 : middle + 6]]


def test_the_ends_of_a_list_have_as_many(project: Project) -> None:
    """The first and the last page of a kind name no fewer than those between."""
    ids = [check.id for check in project.checks]

    for end in (ids[0], ids[-1]):
        shelf = shelf_of(f"checks/{end}.html", project)
        assert len(shelf) == 12
        assert f"checks/{end}.html" in dict(shelf)


def test_neighbours_are_called_what_the_page_calls_them(project: Project) -> None:
    """The titles are those of the page's language."""
    told = project.told_in("ja")

    assert dict(shelf_of("patterns/event_stream.html", told))["patterns/event_stream.html"] == (
        "イベントストリーム"
    )


@pytest.mark.parametrize(
    "page", ["index.html", "checks/index.html", "tests/test_event_stream.html"]
)
def test_a_page_of_no_kind_stands_alone(project: Project, page: str) -> None:
    """So does the list of a kind."""
    assert shelf_of(page, project) == ()
