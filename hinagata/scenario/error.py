"""The error of a scenario file that cannot be used as it is written."""

from pathlib import Path

from hinagata.errors import HinagataError


class ScenarioError(HinagataError):
    """A place in a scenario file, what was found there, and what is expected instead.

    Args:
        file: the scenario file, as the user named it.
        line: the line of the finding, from 1.
        field: the path of the field from the top of the file, as `sources.cars.rate`; empty if the
            file as a whole is meant.
        found: what stands there.
        expected: what may stand there.
    """

    def __init__(self, *, file: Path, line: int, field: str, found: str, expected: str) -> None:
        place = f"{file}:{line}: {field}: " if field else f"{file}:{line}: "
        super().__init__(f"{place}found {found}; expected {expected}")
        self.file = file
        self.line = line
        self.field = field
        self.found = found
        self.expected = expected
