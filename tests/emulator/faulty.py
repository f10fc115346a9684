"""An emulator into which a test injects faults."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.board import BOARD_VARIABLE, Strike, read_strikes, write_board
from hinagata.lab.faults.injection import Injection, Kind, Place
from hinagata.scenario.fault import Inject

FOR_EVER = 3600.0


class Faulty:
    """A running emulator and its board.

    Attributes:
        endpoint: of the emulator.
    """

    def __init__(self, endpoint: Endpoint, board: Path) -> None:
        self.endpoint = endpoint
        self._board = board
        self._injections: list[Injection] = []

    def strikes(self, fault: Injection) -> list[Strike]:
        """What a fault has done so far."""
        return [each for each in read_strikes(self._board) if each.number == fault.number]

    @contextmanager
    def injected(
        self, inject: Inject, kind: Kind, name: str = "", *, once: bool = False, **more: Any
    ) -> Iterator[Injection]:
        """Have a fault happen for as long as the block lasts."""
        now = time.time()
        fault = Injection(
            number=len(self._injections),
            inject=inject,
            place=Place(kind=kind, name=name),
            begin=now,
            end=None if once else now + FOR_EVER,
            seed=uuid.uuid4().hex if "seed" not in more else more.pop("seed"),
            **more,
        )
        self._injections.append(fault)
        write_board(self._board, [fault])
        try:
            yield fault
        finally:
            write_board(self._board, [])


@contextmanager
def faulty_emulator(workdir: Path, **environment: str) -> Iterator[Faulty]:
    """Run an emulator with a board."""
    board = workdir / "faults.json"
    with Emulator(workdir, environment={BOARD_VARIABLE: str(board), **environment}) as emulator:
        yield Faulty(Endpoint(emulator.endpoint, embedded=True), board)
