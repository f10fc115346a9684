"""The embedded endpoint as a process."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hinagata.errors import UsageError
from hinagata.lab.emulator import Emulator, EmulatorError
from hinagata.lab.endpoint import Endpoint
from tests.emulator.templates import deployed, function, role
from tests.polling import eventually

SHOWS_ENVIRONMENT = """
    import os
    def handler(event, context):
        return dict(os.environ)
"""


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie of ours that nobody waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def test_two_emulators_know_nothing_of_each_other(tmp_path: Path) -> None:
    """Each emulator listens on a port of its own and has resources of its own."""
    with Emulator(tmp_path / "one") as one, Emulator(tmp_path / "two") as two:
        Endpoint(one.endpoint).client("sqs").create_queue(QueueName="mine")

        queues = [
            Endpoint(each.endpoint).client("sqs").list_queues().get("QueueUrls", [])
            for each in (one, two)
        ]
        assert [len(urls) for urls in queues] == [1, 0]


def test_stop_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    """After stop() the emulator, its handlers and their temporary folders are gone."""
    with Emulator(tmp_path) as emulator:
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        code = "import os, time\ndef handler(event, context):\n    return os.getpid()"
        made = deployed(endpoint, {"Role": role(), "Function": function(code)})
        answer = endpoint.client("lambda").invoke(FunctionName=made["Function"])
        worker, server = int(answer["Payload"].read()), emulator.pid
        assert list((tmp_path / "tmp").glob("ministack-lambda-*"))

    assert not alive(server)
    eventually(lambda: not alive(worker))
    assert not (tmp_path / "tmp").exists()


def test_a_launch_that_nobody_waited_for_leaves_nothing(tmp_path: Path) -> None:
    """What is refused while the endpoint gets ready ends it, and there is no log to read."""
    emulator = Emulator(tmp_path).launch()
    server = emulator.pid
    emulator.stop()

    assert not alive(server)
    assert list(tmp_path.iterdir()) == []


def test_handlers_see_nothing_of_the_users_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler gets its role's credentials and this endpoint, whatever the user has exported."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREAL")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:1")
    with Emulator(tmp_path, environment={"PARTNER_URL": "http://127.0.0.1:9"}) as emulator:
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        made = deployed(endpoint, {"Role": role(), "Function": function(SHOWS_ENVIRONMENT)})
        answer = endpoint.client("lambda").invoke(FunctionName=made["Function"])
        seen = answer["Payload"].read().decode()

        assert "production" not in seen
        assert "AKIAREALREALREAL" not in seen
        assert "proxy.invalid" not in seen
        assert f'"AWS_ENDPOINT_URL": "{emulator.endpoint}"' in seen
        assert '"PARTNER_URL": "http://127.0.0.1:9"' in seen


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_process_that_started_it(tmp_path: Path, ending: signal.Signals) -> None:
    """Even a parent that is killed outright leaves no emulator behind."""
    program = (
        "import sys, time, pathlib\n"
        "from hinagata.lab.emulator import Emulator\n"
        "with Emulator(pathlib.Path(sys.argv[1])) as emulator:\n"
        "    print(emulator.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    server = int(parent.stdout.readline())
    parent.send_signal(ending)
    parent.wait(10)
    parent.stdout.close()

    eventually(lambda: not alive(server))


def test_fails_with_the_reason_in_one_sentence(tmp_path: Path) -> None:
    """An emulator that cannot start says why and where its log is."""
    emulator = Emulator(tmp_path, environment={"HINAGATA_LAB_WITHOUT": "no-such-patch"})

    with pytest.raises(EmulatorError, match=r"no patch 'no-such-patch'.*emulator\.log"):
        emulator.start()
    with pytest.raises(EmulatorError, match="not running"):
        _ = emulator.pid


def test_fails_for_a_patch_that_does_not_exist(tmp_path: Path) -> None:
    """A misspelt patch is refused before anything starts."""
    with pytest.raises(UsageError, match="did you mean load-balancer"):
        Emulator(tmp_path, without=frozenset({"load-balancr"}))


def test_it_starts_in_seconds(tmp_path: Path) -> None:
    """The emulator answers soon enough to be started for a single test."""
    started = time.monotonic()
    with Emulator(tmp_path):
        assert time.monotonic() - started < 10
