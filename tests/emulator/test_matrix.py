"""The fault matrix: nothing is lost on any asynchronous hop, whatever goes wrong."""

from pathlib import Path

import pytest

from hinagata.scenario.fault import Inject
from tests.emulator.fault_matrix import (
    DOCUMENT,
    FAULTS,
    HOPS,
    Cell,
    document,
    matrix,
    play,
    touches,
    written,
)
from tests.emulator.ten_thousand import MESSAGES, run


def judge(cell: Cell) -> None:
    """Hold a cell to what every cell must hold."""
    assert cell.struck, cell
    assert cell.lost == 0, cell
    assert cell.once + cell.dead == cell.sent, cell
    assert cell.back == cell.dead, cell
    assert cell.dead >= cell.poison, cell


def test_nothing_is_lost_in_a_slice(tmp_path: Path) -> None:
    """Two streams whose handlers crash: they try again at once. The long one has all of it."""
    hops = [hop for hop in HOPS if hop.name in {"Stream", "TableStream"}]
    with matrix(tmp_path, hops, proxied=False) as running:
        cells = running.cells(Inject.CRASH)

    for cell in cells:
        judge(cell)
    assert [cell.hop for cell in cells] == [hop.name for hop in hops]


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_nothing_is_lost_anywhere(tmp_path: Path) -> None:
    """Every kind of hop times every fault that can touch it; every poison comes back."""
    cells = [cell for found in play(tmp_path) for cell in found]

    for cell in cells:
        judge(cell)
    assert len(cells) == sum(touches(inject, hop) for inject in FAULTS for hop in HOPS)
    assert all(cell.poison for cell in cells if cell.inject is Inject.POISON)


def test_the_page_has_the_table_of_this_matrix() -> None:
    """A row for each hop and each fault that can touch it, and nothing lost in any."""
    rows = [
        line.strip("| ").split(" | ")
        for line in DOCUMENT.read_text().splitlines()
        if line.startswith("| ") and "`" in line
    ]

    assert {(row[0], row[1].split("`")[1]) for row in rows} == {
        (hop.name, inject.value) for inject in FAULTS for hop in HOPS if touches(inject, hop)
    }
    assert all(row[-1] == "0" and row[-2] == row[-3] for row in rows)
    assert document(written(DOCUMENT.read_text())) == DOCUMENT.read_text()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_thousand_messages_are_accounted_for(tmp_path: Path) -> None:
    """With a fifth of all invocations failing and two crashes, each id has its effect once."""
    account = run(tmp_path)

    assert account.sent == MESSAGES
    assert account.lost == account.twice == 0
    assert account.once + account.dead == MESSAGES
    assert account.crashes == 2
    assert account.failures > MESSAGES / 10 / 2 * 0.1
    assert account.seconds < 300
