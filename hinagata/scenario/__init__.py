"""A scenario: what happens to a sample, read from one file and checked to the last field."""

from hinagata.scenario.error import ScenarioError
from hinagata.scenario.model import (
    ConstantRate,
    DiurnalRate,
    EveryStored,
    Expectations,
    Key,
    LaptopShare,
    LatencyExpectation,
    NewestStored,
    Request,
    Scenario,
    ServiceTime,
    Source,
    StoredExpectation,
)
from hinagata.scenario.reading import find_scenario, read_scenario

__all__ = [
    "ConstantRate",
    "DiurnalRate",
    "EveryStored",
    "Expectations",
    "Key",
    "LaptopShare",
    "LatencyExpectation",
    "NewestStored",
    "Request",
    "Scenario",
    "ScenarioError",
    "ServiceTime",
    "Source",
    "StoredExpectation",
    "find_scenario",
    "read_scenario",
]
