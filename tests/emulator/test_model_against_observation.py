"""The comparison of the model with the observation: its arithmetic, and all of it at full size."""

from pathlib import Path

import pytest

from hinagata.lab.accounting import Records
from hinagata.lab.steps import Steps
from hinagata.scenario import as_run, read_scenario
from tests.emulator.model_against_observation import (
    CARS,
    CELLS,
    OPERATORS,
    REPOSITORY,
    Comparison,
    Numbers,
    compare_all,
    document,
    scenario_text,
    service_times,
)
from tests.workbench.lab.records import sent, span


def compared(model: Numbers, seen: Numbers) -> Comparison:
    """The first cell, simulated once."""
    return Comparison(cell=CELLS[0], model=[model], seen=seen, latest_s=0.0)


def test_the_model_may_miss_what_was_seen_by_a_share_of_it() -> None:
    """Too little as well as too much."""
    seen = Numbers(throttled=0.40, backlog=40.0, p50_s=4.0)

    near = compared(Numbers(throttled=0.45, backlog=35.0, p50_s=4.5), seen)
    far = compared(Numbers(throttled=0.47, backlog=33.0, p50_s=4.7), seen)

    assert near.met
    assert [far.holds(name) for name in ("throttled", "backlog", "p50_s")] == [False] * 3
    assert [near.apart(name) for name in ("throttled", "backlog", "p50_s")] == [
        pytest.approx(0.125),
        pytest.approx(-0.125),
        pytest.approx(0.125),
    ]


def test_next_to_nothing_is_held_to_next_to_nothing() -> None:
    """A percentage point, a message, 50 ms; not to a share of nothing."""
    seen = Numbers(throttled=0.0, backlog=1.0, p50_s=0.1)

    assert compared(Numbers(throttled=0.01, backlog=2.0, p50_s=0.15), seen).met
    assert not compared(Numbers(throttled=0.02, backlog=2.0, p50_s=0.15), seen).met
    assert not compared(Numbers(throttled=0.01, backlog=2.5, p50_s=0.15), seen).met


def test_the_table_marks_what_is_beyond() -> None:
    """With the range of the seeds where they differ."""
    seen = Numbers(throttled=0.40, backlog=40.0, p50_s=4.0)
    both = [Numbers(throttled=share, backlog=40.0, p50_s=5.0) for share in (0.38, 0.42)]
    comparison = Comparison(cell=CELLS[0], model=both, seen=seen, latest_s=0.0)

    (line,) = (
        line for line in document([comparison], "Today.").splitlines() if line.startswith("| 1 |")
    )

    assert "| 40.0% (38.0% to 42.0%) | 40.0% | 0 |" in line
    assert "| 40 | 40 | 0 |" in line
    assert "| 5.00 s | 4.00 s | **+25.0%** |" in line


def test_a_message_more_or_less_stands_as_such() -> None:
    """Half of two says more than it is."""
    seen = Numbers(throttled=0.0, backlog=2.0, p50_s=4.0)
    near = compared(Numbers(throttled=0.0, backlog=1.0, p50_s=4.0), seen)

    assert "| 1 | 2 | -1 |" in document([near], "Today.")


def test_service_times_are_seen_from_outside() -> None:
    """Of an entry from the sending on, of others their work; what was interrupted is left out."""
    records = Records(
        sent=[sent(event, source="cars", at=0.0) for event in ("a", "b", "c")],
        spans=[
            *(span("DeviceGateway", event, end=0.2) for event in ("a", "b")),
            span("DeviceGateway", "c", end=9.0),
            *(span("Ingest", event, end=1.0) for event in ("a", "b", "c", "of another run")),
        ],
        dead_letters=[],
    )

    times = service_times(records, entries={CARS.entry, OPERATORS.entry})

    assert {hop: time.mean_seconds for hop, time in times.items()} == {
        "DeviceGateway": pytest.approx(0.2),
        "Ingest": pytest.approx(0.1),
    }
    assert all(time.cv == pytest.approx(0.0, abs=1e-9) for time in times.values())


def test_every_cell_is_a_scenario(tmp_path: Path) -> None:
    """Both play the same file; rates and service times differ from cell to cell."""
    for number, cell in enumerate(CELLS):
        file = tmp_path / f"{number}.yaml"
        file.write_text(scenario_text([cell], seed=number))
        played = as_run(read_scenario(file, project=REPOSITORY))

        rates = [source.rate.rate_at(0.0) for source in played.sources.values()]
        assert rates == [rate for rate, _ in cell.rates]
        assert {fault.target: fault.delay_seconds for fault in played.faults} == {
            **cell.slow,
            None: 0.0,
        }
    assert len({(cell.rates, tuple(cell.slow.items())) for cell in CELLS}) == 10


@pytest.mark.long
def test_the_model_predicts_what_is_observed(tmp_path: Path) -> None:
    """Throttled share, backlog and median latency within 15 % in every cell."""
    comparisons = list(compare_all(tmp_path, Steps()))

    assert len(comparisons) == len(CELLS)
    assert all(each.met for each in comparisons), document(comparisons, "")
