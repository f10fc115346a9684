"""Wait for what happens elsewhere: asked again and again until a deadline, never slept for."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def eventually(ask: Callable[[], Answer], *, within: float = 15.0) -> Answer:
    """Return the first true answer, or fail with the last one at the deadline."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"still {answer!r} after {within:.0f} s")
        time.sleep(0.05)
    return answer
