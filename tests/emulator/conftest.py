"""One embedded endpoint a test module."""

from collections.abc import Iterator

import pytest

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A running emulator with every patch."""
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def endpoint(emulator: Emulator) -> Endpoint:
    """The running emulator's endpoint, as its administrator."""
    return Endpoint(emulator.endpoint, embedded=True)
