"""What `hinagata choose` does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from hinagata.errors import UsageError
from hinagata.planner.choosing.as_text import as_json, as_text
from hinagata.planner.choosing.choice import choose
from hinagata.planner.choosing.traffic import Traffic
from hinagata.scenario import units

# Options that carry a unit, and what they are of the traffic.
_UNITS: Mapping[str, tuple[str, Callable[[str], float]]] = {
    "rate": ("rate", units.per_second),
    "rise": ("rise_s", units.seconds),
    "duration": ("duration_s", units.seconds),
    "cold_start": ("cold_start_s", units.seconds),
    "latency": ("latency_s", units.seconds),
}


def choose_pattern(
    options: Mapping[str, str | float | bool | None],
    *,
    stream: TextIO,
    region: str | None = None,
    facts: Path | None = None,
    format: str = "text",
    sources: bool = False,
) -> None:
    """Writes which pattern suits a traffic.

    Args:
        options: What the command line says of it, by option; None for what it does not say.
        stream: Where the answer is written.
        region: Where it runs. Default: us-east-1.
        facts: A file of facts that replace those that ship. Default: none.
        format: `text` or `json`.
        sources: Whether the text names source and date of each number; JSON always does.

    Raises:
        HinagataError: An option is none that can be.
    """
    told: dict[str, float | bool] = {}
    for option, value in options.items():
        if option in _UNITS and isinstance(value, str):
            name, parse = _UNITS[option]
            try:
                told[name] = parse(value)
            except ValueError as error:
                raise UsageError(f'--{option}: found "{value}"; expected {error}') from None
        elif value is not None and not isinstance(value, str):
            told[option] = value
    choice = choose(Traffic(**told), region=region, facts=facts)  # type: ignore[arg-type]
    stream.write(as_json(choice) if format == "json" else as_text(choice, sources=sources))
