"""Which tests share a process when the suite runs on both cores, and which examples they take."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples at every run, so that a suite that was green stays so until the code changes;
# `pytest --hypothesis-profile=explore` looks for new ones.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", max_examples=1000)
settings.load_profile("steady")

# A suite that is started in the background inherits an ignored Ctrl-C, and so would all it starts.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = Path(__file__).parent
# What is dear and made once a session, the syntheses and the emulator, stays in one process each.
_TOGETHER = ("synth", "emulator")
# These start emulators of their own, one after the other, and take as long as all the rest.
_APART = "test_readme_commands"


# xdist reads the groups in the same hook, and its plugin is registered later: without being first,
# the groups come too late, and every dear fixture is made by both processes.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests of a dear folder, so that its session fixtures are made once."""
    for item in items:
        folder = item.path.relative_to(HERE).parts[0]
        if folder in _TOGETHER:
            group = item.path.stem if item.path.stem == _APART else folder
            item.add_marker(pytest.mark.xdist_group(group))
