"""An estimate for programs: one JSON document, with the source of every number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hinagata.planner import fact_lines
from hinagata.planner.pricing.estimate import Estimate, Item

if TYPE_CHECKING:
    from hinagata.planner.remarks import Remarks


def as_json(estimate: Estimate, *, remarks: Remarks | None = None) -> str:
    """Returns an estimate as JSON; amounts are USD a month, and never rounded."""
    document: dict[str, object] = {
        "name": estimate.name,
        "region": estimate.region,
        "hours": estimate.hours,
        "currency": "USD",
        "total": estimate.total,
        "at_rest": estimate.at_rest,
        "events": estimate.events,
        "per_million_events": estimate.per_million_events,
        "items": [_item(item) for item in estimate.items],
        "drivers": [
            {
                "service": item.service,
                "resource": item.resource,
                "name": item.name,
                "amount": item.amount,
            }
            for item in estimate.drivers
        ],
        "facts": [fact_lines.as_document(fact) for fact in estimate.facts],
    }
    if remarks is not None:
        from hinagata.planner.remarks import as_document

        document |= as_document(remarks)
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _item(item: Item) -> dict[str, object]:
    return {
        "service": item.service,
        "resource": item.resource,
        "name": item.name,
        "quantity": item.quantity,
        "unit": item.unit,
        "free": item.free,
        "charges": [
            {"quantity": charge.quantity, "fact": charge.price.name, "amount": charge.amount}
            for charge in item.charges
        ],
        "amount": item.amount,
        "at_rest": item.at_rest,
        "verified": item.verified,
        "facts": [fact.name for fact in item.facts],
    }
