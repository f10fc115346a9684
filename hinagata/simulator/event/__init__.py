"""The event engine: every single message goes its way.

`run_events` is exact within the model, as a sample of what chance may do, and takes time by the
message: `hinagata.simulator.tick` computes the mean of it by the tick.
"""

from hinagata.simulator.event.run import run_events

__all__ = ["run_events"]
