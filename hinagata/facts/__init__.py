"""Prices and quotas of AWS as dated data: every number knows its unit, source, date and confidence.

Numbers from AWS stand in `prices.toml`, `quotas.toml` and `cold_starts.toml`, never in code. Each
file is read when a number of it is first asked for.
"""

from hinagata.facts.error import FactError
from hinagata.facts.fact import Confidence, Fact
from hinagata.facts.facts import Facts

__all__ = ["Confidence", "Fact", "FactError", "Facts"]
