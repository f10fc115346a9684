"""Of a module that several share, a project has what its own code names."""

from __future__ import annotations

from hinagata.generator.shared_module import needed_of

SHARED = '''\
"""What tests share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

PLACE = "here"

# Said of the table alone.
TABLE = "there"


@pytest.fixture(autouse=True)
def _always() -> None:
    json.loads("1")


@pytest.fixture
def peer() -> Iterator[str]:
    """Yield a peer."""
    yield PLACE


@pytest.fixture
def table(peer: Callable[[], str]) -> str:
    """Return a table."""
    return TABLE


def made(name: str) -> object:
    """Makes one."""
    return dict(name=name)
'''


def test_all_is_left_where_all_is_named() -> None:
    """Not a line is another one."""
    user = "def test_it(peer, table): made(TABLE)"

    assert needed_of(SHARED, [user]) == SHARED


def test_what_is_asked_for_comes_with_all_that_it_needs() -> None:
    """A fixture with the fixture that it asks for, by the name of an argument."""
    kept = needed_of(SHARED, ["def test_it(table): pass"])

    for name in ("def peer", "def table", "PLACE =", "TABLE =", "import Callable, Iterator\n"):
        assert name in kept
    assert "def made" not in kept


def test_what_nobody_names_goes_with_its_imports_and_comments() -> None:
    """A fixture for all stays, with what it needs, and so does what the module says of itself."""
    kept = needed_of(SHARED, ["PLACE"])

    assert kept.startswith('"""What tests share."""\n\nfrom __future__ import annotations\n')
    assert "import json\n" in kept
    assert "def _always" in kept
    assert 'PLACE = "here"\n' in kept
    for gone in ("Said of the table", "Iterator", "def peer", "def made"):
        assert gone not in kept
