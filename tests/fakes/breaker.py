"""A breaker's table in memory, and a clock that passes when told to sleep."""

from dataclasses import dataclass, field, replace

from pattern_runtime.breaker_state import Phase, State


@dataclass
class FakeClock:
    """Seconds that pass only in `sleep`, or by setting `now`."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.now += seconds


class FakeStateTable:
    """Stands in for `DynamoDbStateTable`; the state is on its public attribute."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.windows: dict[str, tuple[int, int]] = {}
        self.phases: list[Phase] = []
        self.reads = 0
        self.writes = 0
        self.failing: Exception | None = None

    def _may_fail(self) -> None:
        if self.failing is not None:
            raise self.failing

    def read(self, *, consistent: bool = False) -> State:
        self._may_fail()
        self.reads += 1
        return self.state

    def move(self, seen: State, new: State) -> bool:
        self._may_fail()
        if self.state.version != seen.version:
            return False
        self.state = new
        self.phases.append(new.phase)
        return True

    def count(self, window: str, calls: int, failures: int, *, expires: float) -> tuple[int, int]:
        self._may_fail()
        self.writes += 1
        before = self.windows.get(window, (0, 0))
        self.windows[window] = before[0] + calls, before[1] + failures
        return self.windows[window]

    def take_permit(self, version: int) -> bool:
        self._may_fail()
        state = self.state
        if state.version != version or not state.permits or state.failed:
            return False
        self.state = replace(state, permits=state.permits - 1)
        return True

    def report(self, version: int, *, failed: bool) -> None:
        self._may_fail()
        state = self.state
        if state.version == version:
            self.state = replace(
                state, failed=state.failed + failed, succeeded=state.succeeded + (not failed)
            )

    def take_turn(
        self, version: int, *, now: float, latest: float, interval: float
    ) -> float | None:
        self._may_fail()
        turn = max(now, self.state.next_call)
        if self.state.version != version or turn > latest:
            return None
        self.state = replace(self.state, next_call=turn + interval)
        return turn
