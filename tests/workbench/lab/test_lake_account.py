"""A run is held to its lake: what the hops said of a message is there under its trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from hinagata.lab import lake_account as account_module
from hinagata.lab.accounting import Records
from hinagata.lab.judgement import judge_lake
from hinagata.lab.lake import Lake, LakeOnEndpoint
from hinagata.lab.lake_account import MOST_ASKED, LakeAccount, lake_account
from tests.workbench.lab.lakes import NOON, lake, root, whole, write
from tests.workbench.lab.records import sent, span

DAY = f"{NOON:%Y-%m-%d}"
HOPS = ["PhotoApi", "Discard", "Catalogue"]


@dataclass
class Place:
    """A lake in a folder, that takes what is written into it as it is copied."""

    folder: Path
    late: list[list[str]]

    @contextmanager
    def copied(self, _: object) -> Iterator[Lake]:
        """The folder itself; what comes late is there at the next time."""
        yield lake(self.folder)
        if self.late:
            write(self.folder, DAY, self.late.pop())


def records(messages: int) -> Records:
    """Photos, each with the three spans that `whole` has."""
    roots = [root(number=number) for number in range(messages)]
    return Records(
        sent=[
            sent(f"e{number}", source="cameras", trace=each) for number, each in enumerate(roots)
        ],
        spans=[
            span(hop, "e", trace=each, segment=segment)
            for each in roots
            for hop, segment in zip(HOPS, ("aa", "bb", "cc"), strict=True)
        ],
        dead_letters=[],
    )


def account(
    folder: Path, seen: Records, *late: list[str], kept: Sequence[str] = HOPS
) -> LakeAccount | None:
    """What the lake has of some messages."""
    place = cast(LakeOnEndpoint, Place(folder, list(late)))
    endpoint: Any = None
    return lake_account(place, endpoint, seen, reaches={"cameras": HOPS}, kept=kept)


def test_a_lake_that_has_everything_is_as_expected(tmp_path: Path) -> None:
    """Each span of each message; the last one's tree is shown."""
    for number in range(3):
        write(tmp_path, DAY, whole(root(number=number)))

    found = account(tmp_path, records(3))

    assert found is not None
    assert (found.asked, found.spans, found.absent) == (3, 9, 0)
    assert found.last.root == root(number=2)
    assert found.last.missing == ()
    assert judge_lake(found).met


def test_a_lake_that_lacks_a_span_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for, and then told."""
    monkeypatch.setattr(account_module, "PATIENCE_SECONDS", 0.0)
    write(tmp_path, DAY, whole(root(number=0))[1:])

    found = account(tmp_path, records(1))

    assert found is not None
    verdict = judge_lake(found)
    assert not verdict.met
    assert (verdict.expected, verdict.observed) == ("all 3 spans", "1 absent")
    assert found.last.missing == ("Catalogue",)


def test_a_hop_that_the_lake_does_not_keep_is_not_missed(tmp_path: Path) -> None:
    """Whose log group nobody hands on is not in the lake, and is not asked for there."""
    write(tmp_path, DAY, whole(root(number=0))[1:])

    found = account(tmp_path, records(1), kept=["PhotoApi", "Discard"])

    assert found is not None
    assert (found.spans, found.absent, found.last.missing) == (2, 0, ())


def test_what_is_in_the_lake_a_moment_later_is_waited_for(tmp_path: Path) -> None:
    """A line is in its log group before it is in the lake."""
    write(tmp_path, DAY, whole(root(number=0))[1:])

    found = account(tmp_path, records(1), whole(root(number=0)))

    assert found is not None
    assert found.absent == 0


def test_of_many_messages_some_are_asked_for(tmp_path: Path) -> None:
    """Evenly, the last one among them."""
    every = [line for number in range(3 * MOST_ASKED) for line in whole(root(number=number))]
    write(tmp_path, DAY, every)

    found = account(tmp_path, records(3 * MOST_ASKED))

    assert found is not None
    assert found.asked == MOST_ASKED
    assert found.last.root == root(number=3 * MOST_ASKED - 1)


def test_a_span_under_another_trace_is_not_the_lakes_fault(tmp_path: Path) -> None:
    """That a hop forgot the trace is told by the trace's own expectation."""
    write(tmp_path, DAY, whole(root(number=0)))
    seen = records(1)
    forgot = span("Catalogue", "e", trace=root(number=9), segment="dd")

    found = account(tmp_path, Records(sent=seen.sent, spans=[*seen.spans, forgot], dead_letters=[]))

    assert found is not None
    assert found.absent == 0


def test_without_messages_nothing_is_asked(tmp_path: Path) -> None:
    """Nor is there anything to expect."""
    refused = Records(sent=[sent("e", accepted=False)], spans=[], dead_letters=[])

    assert account(tmp_path, refused) is None
