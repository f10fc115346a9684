"""A scenario: what happens to a sample, read from one file and checked to the last field."""

from hinagata.scenario.as_run import as_run
from hinagata.scenario.error import ScenarioError
from hinagata.scenario.fault import Fault, Inject, Moment
from hinagata.scenario.key import HotKey, Key, Uniform, Zipf
from hinagata.scenario.model import (
    BacklogExpectation,
    CountExpectation,
    EveryStored,
    Expectations,
    LaptopShare,
    LatencyExpectation,
    LatestStored,
    NewestStored,
    Put,
    Request,
    Scenario,
    ServiceTime,
    Source,
    StoredExpectation,
    TraceExpectation,
)
from hinagata.scenario.rate import (
    BurstRate,
    ClosedLoopRate,
    ConstantRate,
    DiurnalRate,
    PacedRate,
    RampRate,
    Rate,
    TraceRate,
)
from hinagata.scenario.reading import find_scenario, read_scenario

__all__ = [
    "BacklogExpectation",
    "BurstRate",
    "ClosedLoopRate",
    "ConstantRate",
    "CountExpectation",
    "DiurnalRate",
    "EveryStored",
    "Expectations",
    "Fault",
    "HotKey",
    "Inject",
    "Key",
    "LaptopShare",
    "LatencyExpectation",
    "LatestStored",
    "Moment",
    "NewestStored",
    "PacedRate",
    "Put",
    "RampRate",
    "Rate",
    "Request",
    "Scenario",
    "ScenarioError",
    "ServiceTime",
    "Source",
    "StoredExpectation",
    "TraceExpectation",
    "TraceRate",
    "Uniform",
    "Zipf",
    "as_run",
    "find_scenario",
    "read_scenario",
]
