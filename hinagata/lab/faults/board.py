"""The board: a file that says what goes wrong from when to when, and one of what was done.

The run writes, the endpoint reads. All times are known when the first message is sent, so one
writing is enough, and each process goes by the clock that both share.
"""

import itertools
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hinagata.lab.faults.injection import Injection, Kind
from hinagata.lab.faults.lots import lot
from hinagata.scenario.fault import Inject

# Where the endpoint finds the board; without it no fault is injected.
BOARD_VARIABLE = "HINAGATA_LAB_FAULTS"


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One time that a fault struck.

    Attributes:
        number: of the fault in the scenario.
        at: when, in seconds since the epoch.
        messages: the ids of the messages that it was about, as far as they are known.
    """

    number: int
    at: float
    messages: tuple[str, ...] = ()


def write_board(path: Path, injections: Iterable[Injection]) -> None:
    """Put up what goes wrong; readers see the board as it was or as it is, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([injection.to_object() for injection in injections]))
    fresh.replace(path)


def read_strikes(path: Path) -> Iterator[Strike]:
    """Yield what the readers of a board did."""
    done = _strikes_of(path)
    if done.exists():
        for line in done.read_text().splitlines():
            found = json.loads(line)
            yield Strike(**{**found, "messages": tuple(found["messages"])})


class Board:
    """A board as the one who injects reads it.

    Args:
        path: of the file, which need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._injections: tuple[Injection, ...] = ()
        self._turns: dict[tuple[int, str], Iterator[int]] = defaultdict(itertools.count)
        self._struck: set[tuple[int, str]] = set()
        self._lock = threading.Lock()

    def on(self, kind: Kind, name: str, *injects: Inject) -> list[Injection]:
        """Return what goes wrong at a place now, in the order of the scenario."""
        now = time.time()
        return [
            injection
            for injection in self._read()
            if injection.inject in injects
            and injection.place.kind is kind
            and injection.place.name == name
            and injection.is_on(now)
        ]

    def draw(self, kind: Kind, name: str, *injects: Inject) -> tuple[Injection, float] | None:
        """Draw for an invocation or a call whether one of some faults strikes it.

        Returns:
            The fault, and another lot for what it leaves to chance; None if none strikes.
        """
        for injection in self.on(kind, name, *injects):
            with self._lock:
                turn = next(self._turns[injection.number, name])
            if lot(injection.seed, f"{turn}") < injection.rate and self._may_strike(injection):
                return injection, lot(injection.seed, f"{turn}/more")
        return None

    def chosen(self, kind: Kind, name: str, message: str, *injects: Inject) -> Injection | None:
        """Return the fault that strikes a message, at every try the same; None if none does."""
        for injection in self.on(kind, name, *injects):
            if lot(injection.seed, message) < injection.rate:
                return injection
        return None

    def struck(self, injection: Injection, *messages: str) -> None:
        """Write down that a fault struck, and the ids of the messages that it was about."""
        line = json.dumps({"number": injection.number, "at": time.time(), "messages": messages})
        with self._lock, _strikes_of(self.path).open("a") as file:
            file.write(line + "\n")

    def _may_strike(self, injection: Injection) -> bool:
        """Return whether it strikes more than once, or has not yet; then it has."""
        if injection.end is not None:
            return True
        key = (injection.number, injection.place.name)
        with self._lock:
            first = key not in self._struck
            self._struck.add(key)
        return first

    def _read(self) -> tuple[Injection, ...]:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return ()
        # Each writing is a file of its own.
        seen = (stat.st_ino, stat.st_mtime_ns)
        if seen != self._seen:
            written = json.loads(self.path.read_text())
            self._injections = tuple(Injection.from_object(each) for each in written)
            self._seen = seen
        return self._injections


def _strikes_of(path: Path) -> Path:
    return path.with_suffix(".strikes")
