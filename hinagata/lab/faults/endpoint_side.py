"""Puts the faults into the embedded endpoint, in its own process: after the patches, over them."""

from pathlib import Path

from hinagata.lab.faults import (
    call_faults,
    channel_faults,
    code_update,
    container_faults,
    handler_faults,
)
from hinagata.lab.faults.board import Board

SIDES = (handler_faults, container_faults, call_faults, channel_faults, code_update)


def install(path: Path) -> None:
    """Inject from now on what the board at `path` says.

    Raises:
        HinagataError: the emulator does not have what the faults reach into.
    """
    # Loaded here: the patches must be applied, and their package is loaded by whoever does.
    from hinagata.lab.patches import refuse_missing_symbols
    from hinagata.lab.patches.patch import Patch

    board = Board(path)
    for side in SIDES:
        refuse_missing_symbols(
            Patch(
                name=side.__name__.rpartition(".")[2],
                promise="",
                symbols=side.SYMBOLS,
                apply=lambda: None,
            )
        )
        side.install(board)
