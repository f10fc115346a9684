"""Asking again: bounded, spread out, and only where it may help."""

import pytest

from pattern_runtime import retried


class Flaky:
    """Fails so many times, then answers."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls = 0

    def __call__(self) -> str:
        """Fail, or answer."""
        self.calls += 1
        if self.calls <= self.failures:
            raise ConnectionError("not now")
        return "here"


def test_a_hiccup_is_bridged() -> None:
    """What answers at a later attempt has answered."""
    flaky = Flaky(2)

    assert retried(flaky, on=ConnectionError, sleep=lambda _: None) == "here"
    assert flaky.calls == 3


def test_fails_when_the_attempts_are_used_up() -> None:
    """The last error is raised: whoever called decides what comes of it."""
    flaky = Flaky(9)

    with pytest.raises(ConnectionError):
        retried(flaky, on=ConnectionError, attempts=4, sleep=lambda _: None)
    assert flaky.calls == 4


def test_fails_at_once_where_asking_again_would_not_help() -> None:
    """An error that was not named is nobody's hiccup."""
    flaky = Flaky(1)

    with pytest.raises(ConnectionError):
        retried(flaky, on=TimeoutError, sleep=lambda _: None)
    assert flaky.calls == 1


def test_waits_are_drawn_below_a_bound_that_doubles() -> None:
    """Full jitter: from nothing to the bound, which doubles until it is at its longest."""
    bounds: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    slept: list[float] = []
    retried(
        Flaky(5),
        on=ConnectionError,
        attempts=6,
        first_wait=1,
        longest_wait=5,
        sleep=slept.append,
        draw=draw,
    )

    assert bounds == [(0, 1), (0, 2), (0, 4), (0, 5), (0, 5)]
    assert slept == [1, 2, 4, 5, 5]
