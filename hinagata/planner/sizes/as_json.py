"""A plan for programs: one JSON document, with formula and source of every number."""

from __future__ import annotations

import json
import math

from hinagata.planner import fact_lines
from hinagata.planner.memory import Knee, Point
from hinagata.planner.remarks import as_document
from hinagata.planner.sizes.need import Need
from hinagata.planner.sizes.plan import Plan


def as_json(plan: Plan) -> str:
    """Returns a plan as JSON."""
    document = {
        "name": plan.name,
        "region": plan.region,
        "fits": plan.fits,
        "needs": [_need(need) for need in plan.needs],
        "memory": [_knee(knee) for knee in plan.knees],
        **as_document(plan.remarks),
        "facts": [fact_lines.as_document(fact) for fact in plan.facts],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _need(need: Need) -> dict[str, object]:
    return {
        "node": need.node,
        "what": need.what,
        "needed": need.needed if math.isfinite(need.needed) else None,
        "has": need.has,
        "unit": need.unit,
        "verdict": str(need.verdict),
        "formula": need.formula,
        "advice": need.advice,
        "verified": need.verified,
        "facts": [fact.name for fact in need.facts],
    }


def _knee(knee: Knee) -> dict[str, object]:
    return {
        "function": knee.function,
        "points": [_point(point) for point in knee.points],
        "cheapest": knee.cheapest.memory_mb,
        "fastest": knee.fastest.memory_mb,
        "knee": knee.knee.memory_mb,
    }


def _point(point: Point) -> dict[str, float]:
    return {
        "memory_mb": point.memory_mb,
        "duration_ms": point.duration_ms,
        "usd_per_million": point.per_million,
    }
