"""The page of a simulation shows what happened, and says why a plot is not there."""

from __future__ import annotations

from hinagata.report.page import Text
from hinagata.simulator.page import figure, page
from hinagata.simulator.simulation import Simulation, simulate
from tests.workbench.simulator.town import CARS, scenario, source, town


def played(rate: float) -> Simulation:
    """The town, with so many cars a second."""
    cars = source("cars", "Gateway", rate, *CARS.reaches)
    return simulate(town(), scenario(cars, duration_seconds=300.0), "tick", checked=False)


def units(simulation: Simulation) -> list[str]:
    """What the panels of the figure show."""
    return [panel.unit for panel in figure(simulation).panels]


def words(simulation: Simulation) -> str:
    """The paragraphs beside the plots."""
    (over_time,) = (each for each in page(simulation).sections if each.title == "Over time")
    return " ".join(block.text for block in over_time.blocks if isinstance(block, Text))


def test_where_nothing_waits_there_is_no_plot_of_backlogs_but_a_word() -> None:
    """An empty plot would be taken for one that failed."""
    calm = played(1.0)
    assert "waiting" not in units(calm)
    assert "No plot of backlogs" in words(calm)


def test_a_backlog_has_its_plot() -> None:
    """More than the stream's lanes can do."""
    held_up = played(900.0)
    assert "waiting" in units(held_up)
    assert "No plot of backlogs" not in words(held_up)


def test_no_line_hides_another() -> None:
    """Lines that are the same are one, with both names."""
    for panel in figure(played(40.0)).panels:
        lines = [tuple(round(value, 9) for value in series.y) for series in panel.series]
        assert len(set(lines)) == len(lines), panel.unit
