"""Tests that passed on the very same files before, which `make test` does not run again.

What drives an embedded endpoint takes minutes, and says nothing new until a file changes: any file
of the repository that git knows or would know, the installed packages, or the interpreter.
"""

import hashlib
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
# Each run of these is processes, ports and seconds of waiting; all others are run every time.
DEAR = "tests/emulator/"
_KEPT = "hinagata/proven"


class Proven:
    """Leaves out what is proven, and keeps what passes.

    Args:
        config: Of the session.
        sources: What everything was proven on.

    Attributes:
        before: The tests that passed before.
    """

    def __init__(self, config: pytest.Config, sources: str) -> None:
        self._config = config
        self._sources = sources
        kept = config.cache.get(_KEPT, {}) if config.cache else {}
        self.before = set(kept.get("tests", ())) if kept.get("sources") == sources else set()
        self._passed: set[str] = set()
        self._other: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what passed before."""
        left_out = [item for item in items if item.nodeid in self.before]
        items[:] = [item for item in items if item.nodeid not in self.before]
        self._config.hook.pytest_deselected(items=left_out)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how each part of a test ended."""
        if report.nodeid.startswith(DEAR):
            (self._passed if report.passed else self._other).add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Keep what passed on these files, now and before; once a session, not in each process."""
        if self._config.cache and not hasattr(self._config, "workerinput"):
            tests = sorted((self.before | self._passed) - self._other)
            self._config.cache.set(_KEPT, {"sources": self._sources, "tests": tests})

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many there were."""
        if self.before:
            terminalreporter.write_line(
                f"{len(self.before)} tests of {DEAR} passed on these very files before, and were "
                "not run again (pytest without --not-again runs all)"
            )


def sources(repository: Path) -> str | None:
    """What changes when a test might end otherwise; None where nobody can tell.

    Args:
        repository: A checkout.
    """
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=repository,
            capture_output=True,
            check=True,
        ).stdout
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None
    digest = hashlib.sha256(sys.version.encode())
    for found in sorted(f"{each.name}=={each.version}" for each in distributions()):
        digest.update(found.encode())
    for name in sorted(listed.decode().split("\0")):
        file = repository / name
        if name and file.is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
