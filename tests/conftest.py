"""Which tests share a process when the suite runs on both cores, and which examples they take."""

from __future__ import annotations

import signal
import threading
from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.linked import Linked
from tests.proven import REPOSITORY, Proven, sources

# The same examples at every run, so that a suite that was green stays so until the code changes;
# `pytest --hypothesis-profile=explore` looks for new ones.
# How long an example takes says more of what else the machine does: pytest-timeout ends one that
# hangs.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile("steady")

# A suite that is started in the background inherits an ignored Ctrl-C, and so would all it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

# What is synthesized is made once a session, and belongs to one process.
_TOGETHER = "tests/synth/"


class ByFile(LoadScopeScheduling):
    """Deals tests out so that what is dear is made once: whole files, in the order as given.

    xdist's own groups (`--dist loadgroup` of 3.8) come to nothing with pytest 9.2, which no longer
    tells them by the tests' names.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _TOGETHER if nodeid.startswith(_TOGETHER) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Take our own scheduler, whatever `--dist` says, and the order of the command line."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the options that `make test` and `make prove` give."""
    parser.addoption(
        "--not-again",
        action="store_true",
        help="leave out the tests on the embedded endpoint that passed on the very same files",
    )
    parser.addoption(
        "--linked",
        action="store_true",
        help="fail unless each test that a page of the catalogue calls a proof ran and passed",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep what passes, and look for what did not run, if it is asked for."""
    before: Collection[str] = ()
    if config.getoption("--not-again") and (found := sources(REPOSITORY)):
        proven = Proven(config, found)
        config.pluginmanager.register(proven)
        before = proven.before
    # Where the reports of all processes come together.
    if config.getoption("--linked") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Linked(before))
