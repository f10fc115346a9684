"""One report for the tests of all outputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.configuration import Configuration
from hinagata.checks.report import Report
from hinagata.checks.runner import run_checks
from hinagata.topology.reading import read_topology
from tests.workbench.checks.shop import OTHER, REASON, WORKER, loops, write_shop

UNKNOWN = {"Fn::ImportValue": "from-elsewhere"}


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """One finding that fails, one acknowledged, one unresolved, one stale acknowledgement."""
    shop = write_shop(
        tmp_path,
        resources={
            WORKER: loops(),
            OTHER: loops(),
            "Shop/Unsure": loops(RecursiveLoop=UNKNOWN),
        },
        acknowledged={OTHER: {"FM108": REASON}, WORKER: {"FM107": REASON}},
    )
    return run_checks(
        read_topology(shop),
        Configuration(severities={"FM108": Severity.ERROR}),
        only=["FM107", "FM108"],
    )
