"""`hinagata layouts --measure`: three layouts of a table, deployed and driven."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme import REPOSITORY


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_layout_that_wins_wins_on_the_endpoint() -> None:
    """C writes a fraction of A's units and reads a fraction of B's, in one call of the table."""
    said = subprocess.run(
        [
            str(Path(sys.executable).with_name("hinagata")),
            *("layouts", "--measure", "hvac_platform", "--format", "json"),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr
    document = json.loads(said.stdout)
    by_device, by_item, by_building = document["measured"]
    per_report = [each["write_units"] / each["reports"] for each in document["measured"]]
    assert per_report[0] > 3 * per_report[2]
    assert by_item["read_units"] > 3 * by_building["read_units"]
    assert (by_device["calls"], by_item["calls"], by_building["calls"]) == (2, 3, 1)
    # Three of forty data items may change, and not in each report do they.
    assert by_building["written"] < 3 * by_building["reports"]
    assert by_building["usd_per_million_reports"] < by_item["usd_per_million_reports"]
    assert by_building["usd_per_million_reports"] < by_device["usd_per_million_reports"]
    assert [each["name"] for each in document["layouts"]] == ["A", "B", "C"]
