"""The embedded AWS endpoint as a process: started, watched, and gone when its context ends."""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.patches import PATCHES, WITHOUT_VARIABLE
from hinagata.suggestion import suggest

START_SECONDS = 30.0  # typically 1; a laptop that is busy synthesizing needs several
STOP_SECONDS = 5.0  # after that the process group is killed

# What a handler on the laptop may see of the user's environment. All else, and every AWS_* above
# all, stays outside: a handler must never reach a real account.
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


class EmulatorError(HinagataError):
    """The embedded endpoint did not start, or died."""


class Emulator:
    """An AWS endpoint on a free loopback port, with its patches, that no exit leaves behind.

    Handlers run as its children, in the interpreter that runs this. On the way out, whatever the
    reason, the process group is stopped and its temporary folder removed; if this process is
    killed outright, the endpoint notices the closed pipe and stops by itself.

    Args:
        workdir: folder for the log and the temporary files; made if it does not exist.
        without: names of patches to leave out, to see what they do.
        environment: variables for the endpoint and the handlers. `LAMBDA_ACCOUNT_CONCURRENCY` is
            the account's concurrency: 1000 as on AWS, unless given.

    Example:
        >>> with Emulator(Path("build/lab")) as emulator:  # doctest: +SKIP
        ...     print(emulator.endpoint)
        http://127.0.0.1:40213
    """

    def __init__(
        self,
        workdir: Path,
        *,
        without: frozenset[str] = frozenset(),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        known = [patch.name for patch in PATCHES]
        for name in sorted(without.difference(known)):
            raise UsageError(f"there is no patch {name!r}: {suggest(name, known)}")
        self.workdir = workdir.resolve()
        self.log = self.workdir / "emulator.log"
        self.endpoint = ""
        self.patches = tuple(patch for patch in PATCHES if patch.name not in without)
        self._without = without
        self._environment = dict(environment or {})
        self._temporary = self.workdir / "tmp"
        self._process: subprocess.Popen[bytes] | None = None
        self._awaited = False

    @property
    def pid(self) -> int:
        """The process id of the running endpoint."""
        if self._process is None:
            raise EmulatorError("the emulator is not running: call start() first")
        return self._process.pid

    def launch(self) -> Self:
        """Start the endpoint, and leave it to get ready: `start()` waits until it answers.

        Stopped before anybody waited for it, it leaves no log.
        """
        if self._process is not None:
            raise EmulatorError("the emulator is already running")
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        try:
            with self.log.open("wb") as log:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "hinagata.lab.launcher"],
                    stdin=subprocess.PIPE,  # the launcher stops when this end closes
                    stdout=subprocess.PIPE,  # it says there, in one line, where it listens
                    stderr=log,
                    env=self._scrubbed_environment(),
                    cwd=self._temporary,
                    start_new_session=True,  # Ctrl-C reaches this process only, which then stops it
                )
        except BaseException:
            self.stop()
            raise
        return self

    def start(self) -> Self:
        """Start the endpoint, unless it was launched, and return when it answers."""
        if self.endpoint:
            raise EmulatorError(f"the emulator is already running at {self.endpoint}")
        if self._process is None:
            self.launch()
        self._awaited = True
        process = cast("subprocess.Popen[bytes]", self._process)
        deadline = time.monotonic() + START_SECONDS
        try:
            self.endpoint = self._read_endpoint(process, deadline)
            self._wait_healthy(process, deadline)
        except BaseException:
            self.stop()
            raise
        return self

    def refuse_dead(self) -> None:
        """Raise EmulatorError if the endpoint has ended by itself, or somebody ended it."""
        status = None if self._process is None else self._process.poll()
        if status is not None:
            how = f"by signal {-status}" if status < 0 else f"with status {status}"
            raise EmulatorError(f"the embedded endpoint ended {how} (log: {self.log})")

    def stop(self) -> None:
        """Stop the endpoint and every handler, and remove its temporary files."""
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # a handler that outlived its parent
                process.wait()
            if not self._awaited:
                self.log.unlink(missing_ok=True)
        self._awaited = False
        self.endpoint = ""
        shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self if self.endpoint else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _scrubbed_environment(self) -> dict[str, str]:
        temporary = str(self._temporary)
        return {
            **{name: os.environ[name] for name in _INHERITED if name in os.environ},
            "HOME": temporary,  # no ~/.aws of the user
            "TMPDIR": temporary,
            "STATE_DIR": str(self._temporary / "state"),
            "DOCKER_HOST": f"unix://{temporary}/none.sock",  # the same everywhere: without Docker
            "PYTHONUNBUFFERED": "1",
            "AUTH": "true",  # IAM is enforced
            "SFTP_ENABLED": "0",  # two listeners nobody uses
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000",  # AWS's default quota
            WITHOUT_VARIABLE: ",".join(sorted(self._without)),
            **self._environment,
        }

    def _read_endpoint(self, process: subprocess.Popen[bytes], deadline: float) -> str:
        output = cast("IO[bytes]", process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            if not selector.select(deadline - time.monotonic()):
                raise EmulatorError(self._not_started("said nothing"))
        line = output.readline().decode().strip()
        if not line:
            process.wait(STOP_SECONDS)
            raise EmulatorError(self._not_started("ended"))
        return line

    def _wait_healthy(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        # The user's HTTP proxy must not be asked for a loopback address.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EmulatorError(self._not_started("ended"))
            try:
                with opener.open(f"{self.endpoint}/_ministack/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise EmulatorError(self._not_started("did not answer"))

    def _not_started(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        reason = f": {lines[-1]}" if lines else ""
        return f"the emulator {what} within {START_SECONDS:.0f} s{reason} (log: {self.log})"
