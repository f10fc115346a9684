"""The closed forms of a plan under one name: each answers at once, without advancing a clock.

They are the first of three levels: a simulation is checked against them wherever they hold.
Arguments are refused with a ValueError that says rule, value and fix; no answer is ever NaN.

- How many are refused, or wait: `erlang_b`, `erlang_c`, `mmck`.
- How long they wait: `mmc`, `mmck`, `pollaczek_khinchine_wait`, `allen_cunneen_wait`.
- How many servers that needs: `servers_for_blocking`, `servers_for_wait`, `servers_for_mean_wait`.
- How much a limit carries: `load_for_blocking`, `served_rate`.
- How many are busy: `mean_busy`, `busy_quantile`.
- How many start cold: `cold_start_probability`, `warm_pool`.
- What retries do: `attempts`, `layered_attempts`, `retry_storm`, `retry_fixed_point`,
  `shared_limit_fixed_point`, `seconds_to_dead_letters`.
- What a burst does: `token_bucket`, `scale_up`, `stepped_throttles`, `burst_backlog`, `ramp_time`.
- How many shards, pollers, tasks, partitions and addresses: `shards_needed`, `pollers_needed`,
  `poll_capacity`, `tracked_step`, `partitions_needed`, `adapted_shares`, `free_addresses`,
  `interfaces_needed`.
- What a crowd asks for: `peak_rate`.
"""

from __future__ import annotations

from hinagata.planner.bursts import (
    Backlog,
    ScaleUp,
    Throttling,
    burst_backlog,
    ramp_time,
    scale_up,
    stepped_throttles,
    token_bucket,
)
from hinagata.planner.busy import busy_quantile, mean_busy
from hinagata.planner.cold_starts import WarmPool, cold_start_probability, warm_pool
from hinagata.planner.erlang import erlang_b, erlang_c, load_for_blocking, servers_for_blocking
from hinagata.planner.partitions import adapted_shares, even_share, partitions_needed
from hinagata.planner.retries import (
    Attempts,
    Demand,
    RetryFixedPoint,
    RetryStorm,
    attempts,
    layered_attempts,
    retry_fixed_point,
    retry_storm,
    seconds_to_dead_letters,
    shared_limit_fixed_point,
)
from hinagata.planner.sizing import (
    Shards,
    TrackedStep,
    free_addresses,
    interfaces_needed,
    peak_rate,
    poll_capacity,
    pollers_needed,
    served_rate,
    shards_needed,
    tracked_step,
)
from hinagata.planner.waiting import (
    FiniteQueue,
    WaitingLine,
    allen_cunneen_wait,
    mmc,
    mmck,
    pollaczek_khinchine_wait,
    servers_for_mean_wait,
    servers_for_wait,
)

__all__ = [
    "Attempts",
    "Backlog",
    "Demand",
    "FiniteQueue",
    "RetryFixedPoint",
    "RetryStorm",
    "ScaleUp",
    "Shards",
    "Throttling",
    "TrackedStep",
    "WaitingLine",
    "WarmPool",
    "adapted_shares",
    "allen_cunneen_wait",
    "attempts",
    "burst_backlog",
    "busy_quantile",
    "cold_start_probability",
    "erlang_b",
    "erlang_c",
    "even_share",
    "free_addresses",
    "interfaces_needed",
    "layered_attempts",
    "load_for_blocking",
    "mean_busy",
    "mmc",
    "mmck",
    "partitions_needed",
    "peak_rate",
    "poll_capacity",
    "pollaczek_khinchine_wait",
    "pollers_needed",
    "ramp_time",
    "retry_fixed_point",
    "retry_storm",
    "scale_up",
    "seconds_to_dead_letters",
    "served_rate",
    "servers_for_blocking",
    "servers_for_mean_wait",
    "servers_for_wait",
    "shards_needed",
    "shared_limit_fixed_point",
    "stepped_throttles",
    "token_bucket",
    "tracked_step",
    "warm_pool",
]
