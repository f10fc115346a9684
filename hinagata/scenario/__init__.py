"""A scenario: what happens to a sample, read from one file and checked to the last field."""

from hinagata.scenario.error import ScenarioError
from hinagata.scenario.fault import Fault, Inject, Moment
from hinagata.scenario.key import HotKey, Key, Uniform, Zipf
from hinagata.scenario.model import (
    EveryStored,
    Expectations,
    LaptopShare,
    LatencyExpectation,
    NewestStored,
    Request,
    Scenario,
    ServiceTime,
    Source,
    StoredExpectation,
)
from hinagata.scenario.rate import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    RampRate,
    Rate,
    TraceRate,
)
from hinagata.scenario.reading import find_scenario, read_scenario

__all__ = [
    "BurstRate",
    "ClosedLoopRate",
    "ConstantRate",
    "DiurnalRate",
    "EveryStored",
    "Expectations",
    "Fault",
    "HotKey",
    "Inject",
    "Key",
    "LaptopShare",
    "LatencyExpectation",
    "Moment",
    "NewestStored",
    "RampRate",
    "Rate",
    "Request",
    "Scenario",
    "ScenarioError",
    "ServiceTime",
    "Source",
    "StoredExpectation",
    "TraceRate",
    "Uniform",
    "Zipf",
    "find_scenario",
    "read_scenario",
]
