"""What was recorded of a sample: as it is written, nothing, or an error that names the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.records import Expectation, files_of, read_records
from tests.recorded_settings import REPOSITORY

RUN = {
    "on": "2026-11-22",
    "commands": ["hinagata run order_events"],
    "says": "60 messages sent, 60 accepted, 0 lost",
    "seconds": 31.5,
    "expectations": [{"about": "lost", "expected": "0", "observed": "0", "met": True}],
    "held_back": ["Orders is worked on in 2 batches of 10 at once, by Payment"],
}


def written(project: Path, text: str) -> Path:
    """A project whose record of a sample says so."""
    file, plot = files_of(project, "order_events")
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    plot.write_text("<svg/>", encoding="utf-8")
    return project


def test_a_record_is_read(tmp_path: Path) -> None:
    """A run with its day, its commands and what came of each expectation; no simulation yet."""
    records = read_records(written(tmp_path, json.dumps({"run": RUN})), "order_events")

    assert records.run is not None
    assert (records.run.on, records.run.seconds) == ("2026-11-22", 31.5)
    assert records.run.expectations == (
        Expectation(about="lost", expected="0", observed="0", met=True),
    )
    assert records.simulation is None
    assert records.plot == "<svg/>"


def test_nothing_may_be_recorded(tmp_path: Path) -> None:
    """A sample that nobody recorded has no record, and no error."""
    records = read_records(tmp_path, "order_events")

    assert (records.simulation, records.run, records.plot) == (None, None, "")


@pytest.mark.parametrize("text", ["{", "[]", '{"run": {}}', '{"run": {"on": 1, "commands": 2}}'])
def test_fails_naming_a_broken_record(tmp_path: Path, text: str) -> None:
    """A record that cannot be read is no page without it."""
    with pytest.raises(CatalogueError, match=r"order_events\.json: it cannot be read"):
        read_records(written(tmp_path, text), "order_events")


def test_records_of_this_project_are_of_its_samples() -> None:
    """Each record is of a sample that there is, and names its commands and its day."""
    samples = {card.stem for card in (REPOSITORY / "stacks").glob("*.toml")}
    for file in (REPOSITORY / "docs" / "records").glob("*.json"):
        records = read_records(REPOSITORY, file.stem)
        assert file.stem in samples
        for record in (records.simulation, records.run):
            assert record is None or (record.commands and record.on.count("-") == 2)
