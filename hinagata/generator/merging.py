"""Two changes of one text brought together, with git's marks where they meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from merge3 import Merge3

_MARKS = (b"<<<<<<< ", b">>>>>>> ")


def is_text(*contents: bytes) -> bool:
    """Returns whether contents can be merged by lines; what has a zero byte cannot, as in git."""
    return not any(b"\0" in content for content in contents)


def same(one: bytes, other: bytes) -> bool:
    """Returns whether two contents differ in nothing but how their lines end."""
    return _with_newlines(one) == _with_newlines(other)


def with_ends_of(content: bytes, model: bytes) -> bytes:
    """Returns a content whose lines end as those of another one do.

    A model whose lines end now so, now so, tells nothing: the content stays as it is.
    """
    if _ends_in_crlf(model) and is_text(content, model):
        return _with_newlines(content).replace(b"\n", b"\r\n")
    return content


def lines(content: bytes) -> list[bytes]:
    """Returns the lines of a content with their ends: every one but the last has one.

    A carriage return alone ends none.
    """
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + [part for part in parts[-1:] if part]


def merge(base: bytes, yours: bytes, new: bytes, *, label: str) -> bytes:
    """Returns a text with what was changed in two others.

    Where both changed the same lines, each in its own way, both are there, between git's marks.

    Args:
        base: What both were.
        yours: The one; lines of the result end as its do.
        new: The other one.
        label: What the other one is called in the marks.
    """
    old, one, other = (lines(_with_newlines(each)) for each in (base, yours, new))
    merged: list[bytes] = []
    for group in Merge3(old, one, other).merge_groups():
        if group[0] == "conflict":
            merged += _conflict(group[2], group[3], label.encode())
        else:
            merged += group[1]
    return with_ends_of(b"".join(merged), yours)


def conflict_lines(content: bytes) -> tuple[int, ...]:
    """Returns the line numbers at which conflicts are marked, from 1.

    Of a pair of marks the first counts; of one whose other is gone, that one. What is no text was
    never merged, whatever it holds.
    """
    if not is_text(content):
        return ()
    found = []
    begun = False
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.startswith(_MARKS):
            continue
        begins = line.startswith(_MARKS[0])
        if begins or not begun:
            found.append(number)
        begun = begins
    return tuple(found)


def _conflict(yours: Sequence[bytes], new: Sequence[bytes], label: bytes) -> Iterator[bytes]:
    """Yield both sides between marks, but for the lines that they begin and end with alike."""
    shorter = min(len(yours), len(new))
    start = next((at for at in range(shorter) if yours[at] != new[at]), shorter)
    end = next(
        (at for at in range(shorter - start) if yours[-1 - at] != new[-1 - at]), shorter - start
    )
    yield from yours[:start]
    yield b"<<<<<<< yours\n"
    yield from _closed(yours[start : len(yours) - end])
    yield b"=======\n"
    yield from _closed(new[start : len(new) - end])
    yield b">>>>>>> %b\n" % label
    yield from yours[len(yours) - end :]


def _closed(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yield lines, the last one of which ends, so that a mark can stand below it."""
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n"


def _ends_in_crlf(content: bytes) -> bool:
    return 0 < content.count(b"\r\n") == content.count(b"\n")


def _with_newlines(content: bytes) -> bytes:
    if _ends_in_crlf(content) and is_text(content):
        return content.replace(b"\r\n", b"\n")
    return content
