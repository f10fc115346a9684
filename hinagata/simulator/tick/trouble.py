"""What faults do to a station."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hinagata.scenario.fault import Inject
from hinagata.simulator.model import Disturbance
from hinagata.simulator.tick.law import NOTHING, Law


@dataclass
class Trouble:
    """What faults do to a station at the moment.

    Attributes:
        refused: The share of tries that are refused.
        broken: The share of the others that fail before they get there.
        bad: The share of those taken that fail.
        hanging: The share that works on until its timeout.
        poisoned: The share of messages that never can be done.
        later: By how long answers are late.
    """

    refused: float = 0.0
    broken: float = 0.0
    bad: float = 0.0
    hanging: float = 0.0
    poisoned: float = 0.0
    later: Law = NOTHING


# What each kind adds to, by a share.
_SHARES = {
    Inject.THROTTLE: "refused",
    Inject.DOWN: "broken",
    Inject.SERVER_ERROR: "broken",
    Inject.RAISE: "bad",
    Inject.CRASH: "bad",
    Inject.HANG: "hanging",
    Inject.POISON: "poisoned",
}


def trouble_of(disturbances: Iterable[Disturbance]) -> Trouble:
    """Returns what faults together do to a station.

    Args:
        disturbances: Those that hit it now.
    """
    trouble = Trouble()
    for each in disturbances:
        share = 1.0 if each.inject is Inject.DOWN else min(1.0, max(0.0, each.share))
        name = _SHARES.get(each.inject)
        if name is not None:
            setattr(trouble, name, 1.0 - (1.0 - getattr(trouble, name)) * (1.0 - share))
        elif each.inject is Inject.SLOW:
            spread = share * (1.0 - share) * each.delay_s**2
            trouble.later = trouble.later.plus(Law.with_variance(share * each.delay_s, spread))
    return trouble
