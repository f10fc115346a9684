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


def opened(name: str, *, mode: str, ttl: int | None = None, size: int | None = None) -> object:
    """Opens."""
    return open(name, mode=mode, ttl=ttl, size=size or 1)


def made(
    name: str,
    *,
    ttl: int | None = None,
    size: int | None = None,
) -> object:
    """Makes one.

    Args:
        name: Its.
        ttl: After which it goes.
        size: Its.
    """
    return dict(
        name=name,
        expires=ttl,
        size=size or 1,
    )
'''


def test_all_is_left_where_all_is_named() -> None:
    """Not a line is another one."""
    user = "def test_it(peer, table): opened(TABLE, ttl=3); made(PLACE, size=1)"

    assert needed_of(SHARED, [user]) == SHARED


def test_what_is_asked_for_comes_with_all_that_it_needs() -> None:
    """A fixture with the fixture that it asks for, by the name of an argument."""
    kept = needed_of(SHARED, ["def test_it(table): pass"])

    for name in ("def peer", "def table", "PLACE =", "TABLE =", "import Callable, Iterator\n"):
        assert name in kept
    assert "def opened" not in kept


def test_what_nobody_names_goes_with_its_imports_and_comments() -> None:
    """A fixture for all stays, with what it needs, and so does what the module says of itself."""
    kept = needed_of(SHARED, ["PLACE"])

    assert kept.startswith('"""What tests share."""\n\nfrom __future__ import annotations\n')
    assert "import json\n" in kept
    assert "def _always" in kept
    assert 'PLACE = "here"\n' in kept
    for gone in ("Said of the table", "Iterator", "def peer", "def made"):
        assert gone not in kept


def test_an_argument_that_nobody_gives_and_that_is_only_handed_on_goes() -> None:
    """From signature, docstring and call; one that something else depends on stays."""
    kept = needed_of(SHARED, ["made(PLACE)"])

    assert "ttl" not in kept
    assert "expires" not in kept
    assert "    size: int | None = None,\n" in kept
    compile(kept, "shared", "exec")


def test_an_argument_that_shares_its_line_stays() -> None:
    """Lines go as a whole or not at all."""
    kept = needed_of(SHARED, ["opened(PLACE, mode='r')"])

    assert "ttl: int | None = None, size" in kept
