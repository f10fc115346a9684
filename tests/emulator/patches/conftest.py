"""Two embedded endpoints for all patches: one with every patch, one with none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.patches import PATCHES
from hinagata.lab.patches.mobile_push import PROVIDER_VARIABLE
from tests.emulator.patches.observed import ACCOUNT_CONCURRENCY
from tests.fakes.http_peer import HttpPeer

ENVIRONMENT = {
    "LAMBDA_ACCOUNT_CONCURRENCY": str(ACCOUNT_CONCURRENCY),
    "HINAGATA_LAB_MAPPING_CONCURRENCY": "2",
    # Three attempts in a third of a second, with the patch and without.
    "HINAGATA_LAB_RETRY_SCALE": "600",
    "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.1",
}


def running(folder: Path, without: frozenset[str], push: HttpPeer) -> Iterator[Endpoint]:
    """An emulator with a small account."""
    environment = {**ENVIRONMENT, PROVIDER_VARIABLE: push.url}
    with Emulator(folder, without=without, environment=environment) as emulator:
        yield Endpoint(emulator.endpoint, embedded=True)


@pytest.fixture(scope="session")
def push_service() -> Iterator[HttpPeer]:
    """What messages to phones are delivered to."""
    with HttpPeer(status=200) as service:
        yield service


@pytest.fixture(scope="session")
def patched(tmp_path_factory: pytest.TempPathFactory, push_service: HttpPeer) -> Iterator[Endpoint]:
    """With every patch."""
    yield from running(tmp_path_factory.mktemp("patched"), frozenset(), push_service)


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory, push_service: HttpPeer) -> Iterator[Endpoint]:
    """Without any patch."""
    every = frozenset(patch.name for patch in PATCHES)
    yield from running(tmp_path_factory.mktemp("plain"), every, push_service)
