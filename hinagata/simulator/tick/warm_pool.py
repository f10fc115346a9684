"""Cold starts of a pool that takes the environment used last first.

The warm pool is the greatest number busy within the keep-alive time, and a cold start is a new
greatest number. Busy is Poisson's around a mean m(t); a step of length dt does not get from n to
n + 1 with the chance

    F(n) = exp(-dt rate pi(n) (1 - m / (n + 1))),  pi = Poisson(m)

and starts in a step are the sum over n of (1 - F(n)) times the product of F over the keep-alive
time. Levels that lie closer than a twelfth of a standard deviation are one. Source: the same as
`hinagata.planner.cold_starts`, of which this is the form for a mean that changes.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

# Levels are whole numbers up to here, then a twelfth of a standard deviation apart.
_WHOLE = 144
_PER_ROOT = 24
# Above, they are apart by a share of themselves: what that leaves out is less than it.
_CLOSE, _APART = 170_000.0, 2e-4
# A level that is below the mean is passed.
_PASSED = 40.0
# The keep-alive time slides in so many steps.
_STEPS = 60
# The size is worked out after every so many of these.
_LOOK = 10


class WarmPool:
    """The environments of a function.

    Attributes:
        row_s: The length of a step in which the keep-alive time slides.
    """

    def __init__(self, keep_alive_s: float, provisioned: float, tick_s: float) -> None:
        self.row_s = tick_s * max(1, round(keep_alive_s / _STEPS / tick_s))
        self._kept = max(1, round(keep_alive_s / self.row_s))
        self._least = provisioned
        self._levels = np.zeros(0)
        self._widths = np.zeros(0)
        self._log_factorial = np.zeros(0)
        # Hazards of the steps that count, their sum, and the step that goes on.
        self._rows: deque[Values] = deque()
        self._sum = np.zeros(0)
        self._now = np.zeros(0)
        self._spent = 0.0
        self._grow(64)

    def save(self) -> tuple[object, ...]:
        """Returns what `load` needs to come back to this moment."""
        return (deque(self._rows), self._sum.copy(), self._now.copy(), self._spent)

    def load(self, saved: tuple[object, ...]) -> None:
        """Comes back to a moment."""
        rows, total, now, spent = saved
        self._rows, self._spent = deque(rows), spent  # type: ignore[call-overload,assignment]
        self._sum, self._now = total.copy(), now.copy()  # type: ignore[attr-defined]
        short = len(self._levels) - len(self._sum)
        if short > 0:
            self._sum = np.pad(self._sum, (0, short))
            self._now = np.pad(self._now, (0, short))
            self._rows = deque(np.pad(row, (0, len(self._levels) - len(row))) for row in self._rows)

    def known(self) -> Values:
        """Returns the chance of each number of environments not to have been busy lately."""
        return np.asarray(np.exp(-(self._sum + self._now)))

    def step(self, rate: float, mean: float, seconds: float, top: float) -> float:
        """Lets a time pass and returns how many environments were started.

        Args:
            rate: Invocations a second that are admitted.
            mean: The mean number busy.
            seconds: How long.
            top: The most that can be busy.
        """
        started = 0.0
        mean = min(mean, top)
        if rate > 0.0 and mean > 0.0:
            low, high = self._band(mean, mean)
            hazard = seconds * rate * self._pass_chance(mean, low, high, top)
            started = self._started(hazard, low, high)
            self._now[low:high] += hazard
            if low:
                self._now[:low] += _PASSED
        self._spent += seconds
        if self._spent >= self.row_s - 1e-9:
            self._close()
        return started

    def steps(self, rates: Values, means: Values, tops: float) -> tuple[Values, Values]:
        """Lets several whole rows pass, and returns the starts in each, and the size after it.

        Args:
            rates: Invocations a second of each row.
            means: The mean number busy in each row.
            tops: The most that can be busy.
        """
        sizes: list[float] = []
        if not len(rates) or float(rates.max()) <= 0.0 or float(means.max()) <= 0.0:
            for _ in rates:
                self._close()
                sizes.append(self.size())
            return np.zeros(len(rates)), np.array(sizes)
        means = np.minimum(means, tops)
        used = means[rates > 0]
        low, high = self._band(float(used.min()), float(used.max()))
        levels = self._levels[low:high]
        mean = np.maximum(means, 1e-300)[:, None]
        hazards = np.exp(levels * np.log(mean) - mean - self._log_factorial[low:high])
        hazards *= np.maximum(0.0, 1.0 - mean / (levels + 1.0))
        hazards *= (self.row_s * rates)[:, None]
        hazards[:, levels >= tops - 1e-9] = 0.0
        hazards[(levels + 1.0 <= mean) & (rates[:, None] > 0.0)] = _PASSED
        before = [row[low:high] for row in self._rows]
        while len(before) < self._kept:
            before.insert(0, np.zeros(high - low))
        rows = np.vstack([*before, hazards])
        # What went on before is part of the first row.
        rows[self._kept - 1] += self._now[low:high]
        sums = np.vstack([np.zeros(high - low), np.cumsum(rows, axis=0)])
        kept = sums[self._kept : -1] - sums[: -self._kept - 1]
        shares = -np.expm1(-hazards) * np.exp(-kept)
        weights = np.where(self._levels[low:high] >= self._least, self._widths[low:high], 0.0)
        started = shares @ weights
        looked = sorted({*range(0, len(hazards), _LOOK), len(hazards) - 1})
        for number, hazard in enumerate(hazards):
            if rates[number] > 0.0:
                self._now[low:high] += hazard
                self._now[:low] += _PASSED
            self._close()
            if number == looked[len(sizes)]:
                sizes.append(self.size())
        return np.asarray(started), np.interp(np.arange(len(hazards)), looked, sizes)

    def size(self) -> float:
        """Returns how many environments there are, in the mean, with the provisioned ones."""
        gone = np.exp(-(self._sum + self._now))
        above = self._levels >= self._least
        return self._least + float(np.sum(((1.0 - gone) * self._widths)[above]))

    def restart(self) -> None:
        """Takes all environments out of service."""
        self._rows.clear()
        self._sum[:] = 0.0
        self._now[:] = 0.0

    def lacks(self, mean: float, top: float) -> float:
        """Returns how many environments so many busy need that are not there.

        Args:
            mean: The mean number busy; a standard deviation more is needed now and then.
            top: The most that can be busy.
        """
        level = min(mean + math.sqrt(mean), top)
        place = int(np.searchsorted(self._levels, level))
        first = int(np.searchsorted(self._levels, self._least))
        if place <= first:
            return 0.0
        missing = np.exp(-(self._sum[first:place] + self._now[first:place]))
        beyond = max(0.0, level - float(self._levels[-1]))
        return float(missing @ self._widths[first:place]) + beyond

    def _close(self) -> None:
        """Ends a row: the oldest one counts no longer."""
        self._rows.append(self._now)
        self._sum += self._now
        if len(self._rows) > self._kept:
            self._sum -= self._rows.popleft()
            np.maximum(self._sum, 0.0, out=self._sum)
        self._now = np.zeros(len(self._levels))
        self._spent = 0.0

    def _started(self, hazard: Values, low: int, high: int) -> float:
        shares = -np.expm1(-hazard) * np.exp(-(self._sum[low:high] + self._now[low:high]))
        first = low
        if low:
            # What is passed at once, if it was not yet.
            passed = np.exp(-(self._sum[:low] + self._now[:low])) * self._widths[:low]
            start = int(np.searchsorted(self._levels[:low], self._least))
            below = float(passed[start:].sum())
        else:
            below = 0.0
        start = max(0, int(np.searchsorted(self._levels[first:high], self._least)))
        return below + float(shares[start:] @ self._widths[low:high][start:])

    def _band(self, least: float, most: float) -> tuple[int, int]:
        """Returns the levels between which something can happen at these means."""
        top = most + 12.0 * math.sqrt(most) + 20.0
        if top >= self._levels[-1]:
            self._grow(top * 1.5)
        low = int(np.searchsorted(self._levels, max(0.0, least - 1.0)))
        return max(0, low), int(np.searchsorted(self._levels, top)) + 1

    def _pass_chance(self, mean: float, low: int, high: int, top: float) -> Values:
        levels = self._levels[low:high]
        chance = np.exp(levels * math.log(mean) - mean - self._log_factorial[low:high])
        chance *= np.maximum(0.0, 1.0 - mean / (levels + 1.0))
        if top < levels[-1] + 1.0:
            chance = np.where(levels < top - 1e-9, chance, 0.0)
        # Not a chance but certainty, a few times in any step.
        chance[levels + 1.0 <= mean] = 1e9
        return np.asarray(chance)

    def _grow(self, top: float) -> None:
        if top <= _WHOLE:
            levels = np.arange(_WHOLE + 1.0)
        else:
            close = min(top, _CLOSE)
            roots = np.arange(_PER_ROOT * 12 + 1, _PER_ROOT * math.sqrt(close) + 2)
            parts = [np.arange(_WHOLE + 1.0), (roots / _PER_ROOT) ** 2]
            if top > _CLOSE:
                count = math.ceil(math.log(top / _CLOSE) / _APART) + 2
                parts.append(parts[-1][-1] * np.exp(_APART * np.arange(1, count)))
            levels = np.concatenate(parts)
        more = len(levels) - len(self._levels)
        if more <= 0:
            return
        self._levels = levels
        edges = np.concatenate([[-0.5], (levels[1:] + levels[:-1]) / 2, [levels[-1] + 0.5]])
        self._widths = np.diff(edges)
        self._log_factorial = np.array([math.lgamma(level + 1.0) for level in levels])
        self._sum = np.pad(self._sum, (0, more))
        self._now = np.pad(self._now, (0, more))
        self._rows = deque(np.pad(row, (0, more)) for row in self._rows)
