"""A simulation for a program: one document, whose fields stay, and no number that JSON lacks."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from hinagata.simulator.ending import got_there, waiting
from hinagata.simulator.simulation import Simulation
from hinagata.simulator.summary import rows

FORMAT_VERSION = 1


def as_json(simulation: Simulation) -> str:
    """Returns a simulation as a text of JSON."""
    return json.dumps(document(simulation), indent=2, allow_nan=False) + "\n"


def document(simulation: Simulation) -> dict[str, Any]:
    """Returns a simulation as JSON has it."""
    outcome, choice = simulation.outcome, simulation.choice
    found: dict[str, Any] = {
        "version": FORMAT_VERSION,
        "scenario": simulation.scenario.name,
        "seed": simulation.network.seed,
        "duration_seconds": outcome.duration_s,
        "engine": choice.engine,
        "reason": choice.reason,
        "expected_events": choice.events,
        "tick_seconds": outcome.tick_s,
        "seconds": round(simulation.seconds, 3),
        "met": simulation.met,
        "expectations": [asdict(verdict) for verdict in simulation.verdicts],
        "stations": [
            {**asdict(row), "throttled_share": row.throttled_share}
            for row in rows(simulation.network, outcome)
        ],
        "waiting": [asdict(each) for each in waiting(simulation.network, outcome)],
        "latencies": [
            {**asdict(path), "got_there_share": got_there(simulation.network, outcome, path)}
            for path in outcome.latencies
        ],
        "checks": [
            {**asdict(each), "share": each.share, "met": each.met}
            for each in simulation.differences
        ],
        "keep_alive": [asdict(each) for each in simulation.warmth],
        "costs": [
            {"station": cost.station, "service": cost.service, "item": cost.item, "usd": cost.total}
            for cost in simulation.costs
        ],
        "doubts": list(simulation.doubts),
    }
    without_nan: dict[str, Any] = _plain(found)
    return without_nan


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
