"""The mean-field engine: what is expected of a network, a tick at a time."""

from __future__ import annotations

from hinagata.simulator.model import Network
from hinagata.simulator.outcome import Outcome
from hinagata.simulator.tick.engine import Engine

__all__ = ["run_ticks"]


def run_ticks(network: Network, *, tick_s: float = 1.0) -> Outcome:
    """Returns what is expected to happen to a network's messages, tick by tick.

    Its cost is that of the ticks, however many messages there are: a day of a dozen stations takes
    seconds. What it cannot know well it says in the outcome's `doubts`.

    Args:
        network: Its stations and traffic.
        tick_s: The length of a tick.

    Raises:
        HinagataError: The network has a station that is not there, messages that go round, or a
            number that is none.
    """
    return Engine(network, tick_s).run()
