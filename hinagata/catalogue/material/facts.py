"""All numbers from AWS that anything here rests on, each with its source and its date."""

from __future__ import annotations

from itertools import groupby

from hinagata.facts import Fact
from hinagata.facts.facts import every_fact


def facts_by_service() -> dict[str, tuple[Fact, ...]]:
    """Returns all facts, by the services that they are about."""
    facts = sorted(every_fact(), key=lambda fact: (fact.service, fact.key, fact.region))
    return {
        service: tuple(found) for service, found in groupby(facts, key=lambda fact: fact.service)
    }
