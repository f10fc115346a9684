"""The tests that the catalogue's pages call proofs: in a whole session each has run, and passed.

That a test is there says little: it may be skipped, left out or expected to fail. So a test that
reads the pages records which tests they name (`record_property(NAMED, ids)`), and a session that is
started with `--linked` fails unless each of them passed in it.
"""

from collections import defaultdict
from collections.abc import Collection

import pytest

NAMED = "tests that pages name"
_RUN = "passed"


class Linked:
    """Fails a session in which a test that a page names did not pass.

    Args:
        proven: The tests that passed on the very same files before, and are not run again.
    """

    def __init__(self, proven: Collection[str] = ()) -> None:
        self._named: set[str] | None = None
        self._ended: dict[str, set[str]] = defaultdict(set)
        for test in proven:
            self._ended[_without_example(test)].add(_RUN)
        self._missing: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how each part of a test ended, and which tests pages name."""
        expected_to_fail = hasattr(report, "wasxfail")
        ended = "expected to fail" if expected_to_fail else report.outcome
        # Set up and torn down is not run.
        if ended != _RUN or report.when == "call":
            self._ended[_without_example(report.nodeid)].add(ended)
        for name, value in report.user_properties:
            if name == NAMED and report.when == "call":
                self._named = (self._named or set()) | set(value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Look for what did not run."""
        if self._named is None:
            self._missing = ["no test of this session says which tests the pages name"]
        for test in sorted(self._named or ()):
            others = self._ended[test] - {_RUN}
            if others or not self._ended[test]:
                how = ", ".join(sorted(others)) or "not run"
                self._missing.append(
                    f"a page calls {test} a proof, but in this session it is: {how}"
                )
        if self._missing and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is missing."""
        for sentence in self._missing:
            terminalreporter.write_line(f"ERROR {sentence}", red=True)


def _without_example(test: str) -> str:
    """A test's id without the example that it is run with."""
    return test.partition("[")[0]
