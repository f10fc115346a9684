"""What `hinagata price` does."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from hinagata.planner.pricing.as_json import as_json
from hinagata.planner.pricing.as_text import as_text
from hinagata.planner.pricing.bill import price


def price_usage(
    usage: Path,
    *,
    stream: TextIO,
    region: str | None = None,
    facts: Path | None = None,
    free_tier: bool | None = None,
    format: str = "text",
    sources: bool = False,
) -> None:
    """Writes what a usage file costs a month.

    Args:
        usage: The usage file.
        stream: Where the answer is written.
        region: Where it runs. Default: what the file says, or us-east-1.
        facts: A file of facts that replace those that ship. Default: none.
        free_tier: Whether what is free is taken off. Default: as the file says, or not.
        format: `text` or `json`.
        sources: Whether the text names source and date of each number; JSON always does.
    """
    estimate = price(usage, region=region, facts=facts, free_tier=free_tier)
    stream.write(as_json(estimate) if format == "json" else as_text(estimate, sources=sources))
