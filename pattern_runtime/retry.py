"""Asking again, a few times, after waits that spread the askers out."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def retried(
    call: Callable[[], Answer],
    *,
    on: type[Exception] | tuple[type[Exception], ...],
    attempts: int = 3,
    first_wait: float = 0.1,
    longest_wait: float = 2.0,
    sleep: Callable[[float], object] = time.sleep,
    draw: Callable[[float, float], float] = random.uniform,
) -> Answer:
    """Return the call's answer, after asking again where that may help.

    Each wait is drawn between nothing and a bound that doubles ("full jitter"), so that callers
    who failed together do not come back together
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).

    Args:
        call: What to do.
        on: The errors of which a later attempt may be spared; any other is raised at once.
        attempts: How often it is called at most; what still fails is the queue's business.
        first_wait: Bound of the first wait, in seconds.
        longest_wait: Bound of any wait, in seconds.
        sleep: Lets time pass.
        draw: Draws a number between two.

    Raises:
        Exception: The last attempt's error.

    Example:
        retried(lambda: charge(order), on=PaymentUnavailableError)
    """
    for attempt in range(attempts - 1):
        try:
            return call()
        except on:
            sleep(draw(0.0, min(longest_wait, first_wait * 2.0**attempt)))
    return call()
