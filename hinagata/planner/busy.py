"""How many jobs are in service at once where nothing limits them (M/G/infinity), and Little's law.

Concurrency, requests in flight, messages out for processing: all are rate x duration on average,
and by chance Poisson-distributed around it, whatever the durations' distribution.
"""

from __future__ import annotations

import math
from itertools import accumulate

from hinagata.planner.argument import real, share

# With 12 standard deviations on each side, what is left out is below 1e-30.
_DEVIATIONS = 12
_LEFT_OUT = 1e-40
# Work and memory are 24 sqrt(mean): a quarter of a million steps here.
MOST_BUSY = 1e8


def mean_busy(rate: float, duration: float) -> float:
    """The mean number in a system: rate x mean time in it (Little's law).

    For Lambda, the concurrency that a request rate needs. Source: J. D. C. Little, A Proof for the
    Queuing Formula L = lambda W, Operations Research 9, 1961.

    >>> mean_busy(rate=100, duration=0.5)
    50.0

    Args:
        rate: Jobs a second that enter, or leave: in steady state they are the same.
        duration: Mean seconds in the system.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    return real("rate", rate) * real("duration", duration)


def busy_quantile(rate: float, duration: float, quantile: float) -> int:
    """The number in service that is not exceeded for this share of the time (M/G/infinity).

    >>> busy_quantile(rate=500, duration=0.2, quantile=0.999)
    132

    Args:
        rate: Jobs a second; times `duration` at most 10^8.
        duration: Mean seconds in service, whatever their distribution.
        quantile: From 0 to below 1.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    wanted = share("quantile", quantile)
    if wanted == 1:
        message = "quantile is 1: chance has no upper bound; give less than 1, such as 0.999"
        raise ValueError(message)
    first, probabilities = poisson(mean_busy(rate, duration))
    for steps, within in enumerate(accumulate(probabilities)):
        if within >= wanted:
            return first + steps
    return first + len(probabilities) - 1


def poisson(mean: float) -> tuple[int, list[float]]:
    """Poisson's distribution, where it is not negligible.

    Args:
        mean: At most 10^8.

    Returns:
        The first number, and the probabilities of it and those that follow; their sum is 1.

    Raises:
        ValueError: The mean is out of its bounds.
    """
    real("rate x duration", mean, most=MOST_BUSY)
    # Ratios from the mode outwards, then a division by their sum, keep all digits at any mean.
    mode = int(mean)
    first = max(0, int(mean - _DEVIATIONS * math.sqrt(mean)))
    below, term = [], 1.0
    for n in range(mode, first, -1):
        term *= n / mean
        below.append(term)
    above, term, n = [1.0], 1.0, mode
    while term > _LEFT_OUT:
        n += 1
        term *= mean / n
        above.append(term)
    weights = below[::-1] + above
    total = math.fsum(weights)
    return first, [weight / total for weight in weights]
