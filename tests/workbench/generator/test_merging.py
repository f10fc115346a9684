"""Two changes of one text brought together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.generator.merging import conflict_lines, lines, merge, same, with_ends_of

TEXTS = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"d"]), max_size=8).map(b"".join)


def merged(base: bytes, yours: bytes, new: bytes) -> bytes:
    """Merges, with the name of a version in the marks."""
    return merge(base, yours, new, label="hinagata 0.2.0")


def test_changes_of_different_lines_are_both_there() -> None:
    """What lies between them is in neither's way."""
    assert merged(b"a\nb\nc\n", b"A\nb\nc\n", b"a\nb\nC\n") == b"A\nb\nC\n"


def test_changes_of_one_line_are_marked_as_git_does() -> None:
    """Yours is first, and what is new is under its version's name."""
    assert merged(b"a\nb\nc\n", b"a\nyours\nc\n", b"a\nnew\nc\n") == (
        b"a\n<<<<<<< yours\nyours\n=======\nnew\n>>>>>>> hinagata 0.2.0\nc\n"
    )


def test_what_both_changed_alike_is_outside_of_the_marks() -> None:
    """Only what differs is to be chosen from."""
    assert merged(b"old\n", b"import a\n1\nend\n", b"import a\n2\n3\nend\n") == (
        b"import a\n<<<<<<< yours\n1\n=======\n2\n3\n>>>>>>> hinagata 0.2.0\nend\n"
    )


def test_a_mark_stands_on_a_line_of_its_own() -> None:
    """Also below a text whose last line does not end."""
    assert merged(b"a", b"yours", b"new") == (
        b"<<<<<<< yours\nyours\n=======\nnew\n>>>>>>> hinagata 0.2.0\n"
    )


def test_lines_end_as_yours_do() -> None:
    """An editor or git on Windows changed every line, which is no change of the text."""
    assert merged(b"a\nb\nc\n", b"A\r\nb\r\nc\r\n", b"a\nb\nC\n") == b"A\r\nb\r\nC\r\n"
    assert same(b"a\r\nb\r\n", b"a\nb\n")
    assert with_ends_of(b"a\nb\n", b"x\r\n") == b"a\r\nb\r\n"


def test_mixed_line_ends_stay_as_they_are() -> None:
    """Where a file has both, each is a part of its line."""
    assert not same(b"a\r\nb\n", b"a\nb\n")
    assert with_ends_of(b"a\nb\n", b"x\r\ny\n") == b"a\nb\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a\n<<<<<<< yours\nb\n=======\nc\n>>>>>>> hinagata 0.2.0\n", (2,)),
        (b"<<<<<<< HEAD\r\nb\r\n=======\r\n>>>>>>> main\r\n<<<<<<< HEAD\r\n", (1, 5)),
        (b"a\n>>>>>>> hinagata 0.2.0\n", (2,)),
        (b"Title\n=======\n\n>>> print(1 << 2)\n", ()),
        (b"PK\0\0\n<<<<<<< yours\n", ()),
    ],
)
def test_marks_are_found(content: bytes, found: tuple[int, ...]) -> None:
    """Git's own too, and one whose fellow was removed; titles and what is no text have none."""
    assert conflict_lines(content) == found


@given(base=TEXTS, yours=TEXTS, new=TEXTS)
def test_a_merge_loses_no_line(base: bytes, yours: bytes, new: bytes) -> None:
    """Each line that either added is there, as often as it was added."""
    result = _counted(merged(base, yours, new))

    for side in (yours, new):
        for line, number in _counted(side).items():
            assert result.get(line, 0) >= number - _counted(base).get(line, 0)


@given(base=TEXTS, yours=TEXTS)
def test_a_merge_with_nothing_new_is_yours(base: bytes, yours: bytes) -> None:
    """And one with nothing of yours is the new text."""
    assert merged(base, yours, base) == yours
    assert merged(base, base, yours) == yours
    assert merged(base, yours, yours) == yours


@given(base=TEXTS, yours=TEXTS, new=TEXTS)
def test_only_the_last_line_may_not_end(base: bytes, yours: bytes, new: bytes) -> None:
    """Two lines never become one: each is one of the three texts' or a mark."""
    known = {line.rstrip(b"\n") for text in (base, yours, new) for line in lines(text)}

    for line in lines(merged(base, yours, new)):
        marks = (b"<<<<<<< yours", b"=======", b">>>>>>> hinagata 0.2.0")
        assert line.rstrip(b"\n") in known | set(marks)


def _counted(content: bytes) -> dict[bytes, int]:
    found = [line.rstrip(b"\n") for line in lines(content)]
    return {line: found.count(line) for line in found}
