"""Cold starts of a pool that keeps idle environments for a while.

A request goes to the environment that was used last (the model agrees with measurements of AWS
Lambda, a first-in or random choice does not), so the warm pool is the greatest number busy within
the keep-alive time, and a cold start is a new maximum:

    pool(t) = max of N(s) over t - keep_alive <= s <= t

N is the M/M/infinity process: Poisson arrivals, exponential durations. An arrival that finds n
busy is cold if N did not exceed n for a keep-alive time; N is reversible, so that is the chance
that N, from n, first reaches n + 1 after more than the keep-alive time:

    p_cold = sum over n of pi(n) P(theta(n) > keep_alive),  pi = Poisson(rate x duration)
    G(n, s) = U / (rate + s U),  U = 1 + n / duration x G(n - 1, s)

where G(n, .) is the Laplace transform of P(theta(n) > t). As the pool grows by cold starts alone,
d E[pool] / d keep_alive = rate x p_cold, so one transform gives both.

Sources: J. Keilson, Markov Chain Models: Rarity and Exponentiality, 1979 (passage
times of birth-death processes); L. N. Trefethen, J. A. C. Weideman and T. Schmelzer, Talbot
quadratures and rational approximations, BIT 46, 2006 (the inversion).
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

from hinagata.planner.argument import real, whole
from hinagata.planner.busy import poisson

# Levels x nodes are 24 sqrt(busy) x 12 steps: a million here, less than a second.
_MOST_BUSY = 1e7
# The quadrature's error is 3.89^-24 = 7e-15; more nodes would lose as much to rounding.
_NODES = 24
# Below, chance has no time to make a difference to any digit, and quotients would leave a float.
_NEVER_TWO, _AT_ONCE = 1e-18, 1e-30


def _talbot() -> list[tuple[complex, complex]]:
    """Nodes and weights of exp(z) on the cotangent contour of Trefethen et al., upper half."""
    nodes = []
    for k in range(_NODES // 2):
        angle = math.pi * (2 * k + 1) / _NODES
        bent = 0.6407 * angle
        node = _NODES * complex(0.5017 * angle / math.tan(bent) - 0.6122, 0.2645 * angle)
        slope = complex(0.5017 / math.tan(bent) - 0.5017 * bent / math.sin(bent) ** 2, 0.2645)
        nodes.append((node, 2 * cmath.exp(node) * slope / 1j))
    return nodes


_TALBOT = _talbot()


@dataclass(frozen=True, kw_only=True)
class WarmPool:
    """A pool of environments in steady state.

    Attributes:
        cold_start_probability: The share of requests that start an environment.
        environments: The mean number that exist beyond the provisioned, busy or warm.
        mean_busy: The mean number in service.
        mean_life: Seconds that an environment lives, from cold start to expiry.
    """

    cold_start_probability: float
    environments: float
    mean_busy: float
    mean_life: float


def cold_start_probability(
    rate: float, duration: float, keep_alive: float, provisioned: int = 0
) -> float:
    """The share of requests that start an environment, with Poisson arrivals.

    Exact for exponential durations, to about 1e-13; the start's own length is not counted in.
    Real traffic that comes in bursts has more.

    >>> round(cold_start_probability(rate=0.9, duration=1.991, keep_alive=600), 5)
    0.00133

    Args:
        rate: Requests a second.
        duration: Mean seconds in service; times `rate` at most 10^7.
        keep_alive: Seconds that an idle environment is kept; AWS documents none.
        provisioned: Environments that are kept without end, 0 by default.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    return warm_pool(rate, duration, keep_alive, provisioned).cold_start_probability


def warm_pool(rate: float, duration: float, keep_alive: float, provisioned: int = 0) -> WarmPool:
    """The pool's mean size, its cold starts and how long an environment lives.

    The mean size is also the mean of the greatest number busy within any `keep_alive` seconds.

    >>> pool = warm_pool(rate=0.9, duration=1.991, keep_alive=600)
    >>> round(pool.environments, 2), round(pool.mean_life)
    (7.69, 6429)

    Args:
        rate: Requests a second.
        duration: Mean seconds in service; times `rate` at most 10^7.
        keep_alive: Seconds that an idle environment is kept.
        provisioned: Environments that are kept without end, 0 by default.

    Raises:
        ValueError: An argument is out of its bounds.
    """
    arrivals, service = real("rate", rate), real("duration", duration)
    kept, always = real("keep_alive", keep_alive), whole("provisioned", provisioned)
    busy = real("rate x duration", arrivals * service, most=_MOST_BUSY)
    if always and busy < _NEVER_TWO:
        cold, pool = 0.0, 0.0
    elif busy < _NEVER_TWO:
        # Never two at once: cold after a gap longer than the keep-alive time.
        cold = math.exp(-arrivals * kept)
        pool = 1.0 - cold
    else:
        first, shares = poisson(busy)
        pool = math.fsum((n - always) * part for n, part in enumerate(shares, first) if n > always)
        cold = min(1.0, math.fsum(part for n, part in enumerate(shares, first) if n >= always))
        if kept / service > _AT_ONCE:
            cold, grown = _expired(busy, kept / service, first, shares, always)
            pool += grown
    starts = arrivals * cold
    return WarmPool(
        cold_start_probability=cold,
        environments=pool,
        mean_busy=busy,
        mean_life=_life(pool, starts, alone=service + kept),
    )


def _life(pool: float, starts: float, *, alone: float) -> float:
    """Little's law for environments; one that is never used again lives its one request."""
    if starts > 0:
        return pool / starts
    return math.inf if pool else alone


def _expired(
    busy: float, kept: float, first: int, shares: list[float], always: int
) -> tuple[float, float]:
    """P(cold) after a keep-alive time, and the integral of its rate up to then: what pools grow by.

    Args:
        busy: Rate x duration: with a duration as the unit of time, the rate.
        kept: Keep-alive time in durations.
        first: The level at which `shares` begins; far enough below the mean for the recursion to
            forget where it began.
        shares: Poisson's.
        always: Levels below are provisioned.
    """
    cold = grown = 0.0
    for node, weight in _TALBOT:
        s = node / kept
        survival = total = 0j
        for n, part in enumerate(shares, first):
            reach = 1 + n * survival
            survival = reach / (busy + s * reach)
            if n >= always:
                total += part * survival
        scaled = weight / kept
        cold += (scaled * total).real
        grown += (scaled * total / s).real
    return min(1.0, max(0.0, cold)), busy * max(0.0, grown)
