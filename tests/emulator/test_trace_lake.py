"""The trace lake: a photo's whole way, months later, out of the files that the pipeline wrote."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab.deployment import deploy
from hinagata.lab.emulator import Emulator
from hinagata.lab.endpoint import Endpoint
from tests.emulator.lake_files import LakeFiles
from tests.emulator.test_trace_continuity import copied_project, replaced, run
from tests.polling import eventually

REPOSITORY = Path(__file__).parents[2]
APP = """
from patterns import App
from stacks.trace_lake import TraceLake

app = App(failure_modes=False)
TraceLake(app, "TraceLake", photos_per_second=5)
app.synth()
"""
TWO_MONTHS = timedelta(days=61)
# Seen by the emulator, whose delivery stream asks `gmtime` on which day it writes, and by the
# handlers, whose spans ask `time`. Who signs a request asks `datetime`, which stays right.
CLOCK = """
import os
import time
from pathlib import Path

plain_time, plain_gmtime = time.time, time.gmtime


def behind():
    return float(Path(os.environ["CLOCK_BEHIND"]).read_text())


def gmtime(seconds=None):
    return plain_gmtime(plain_time() - behind() if seconds is None else seconds)


time.gmtime = gmtime
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    time.time = lambda: plain_time() - behind()
"""
# A cold start of a handler takes a busy laptop seconds.
WITHIN = 120
# The hop that each hop's work came of: the catalogue follows three changes.
WAYS = [
    ("Catalogue", "Discard"),
    ("Catalogue", "Print"),
    ("Catalogue", "Store"),
    ("Discard", "Start"),
    ("PhotoApi", ""),
    ("Print", "Start"),
    ("Start", "PhotoApi"),
    ("Store", "Start"),
]


def deployed(endpoint: Endpoint, directory: Path) -> dict[str, str]:
    """Synthesize the sample alone and deploy it; return physical ids by logical id."""
    subprocess.run(
        [sys.executable, "-c", APP],
        cwd=REPOSITORY,
        env=os.environ
        | {"CDK_OUTDIR": str(directory), "PYTHONPATH": str(REPOSITORY), "CDK_VALIDATION": "false"},
        check=True,
        capture_output=True,
    )
    up = deploy(CloudAssembly.read(directory), endpoint, report=lambda _: None)
    assert [stub.type for stub in up.stubs] == ["AWS::Athena::NamedQuery"]
    return {name: value for (_, name), value in up.resources.items()}


def named(names: dict[str, str], name: str) -> str:
    """The physical id of a resource, by its logical id without the hash."""
    (found,) = [v for k, v in names.items() if re.fullmatch(f"{name}[0-9A-F]{{8}}", k)]
    return found


def take_photo(endpoint: Endpoint, names: dict[str, str], *, at: datetime) -> str:
    """Post a photo, traced since a time; return the root of the trace that the answer names."""
    url = endpoint.url_of_api(named(names, "PhotoApi"), "live") + "/owners/7/photos"
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
        "X-Amzn-Trace-Id": f"Root=1-{int(at.timestamp()):08x}-{uuid.uuid4().hex[:24]};Sampled=1",
    }
    body = b'{"title": "the dog asleep"}'
    signed = endpoint.sign("POST", url, headers, body)
    request = urllib.request.Request(url, data=body, headers=signed, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        told: dict[str, str] = json.loads(response.read())
    return told["trace"]


def asked(endpoint: Endpoint, root: str) -> tuple[int, dict[str, Any]]:
    """Ask the lake for a trace, as a person does; return the exit code and the answer."""
    words = ["trace", "trace_lake", root, "--endpoint", str(endpoint.url), "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "hinagata", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def begun(span: dict[str, Any]) -> datetime:
    """When a hop began its work."""
    return datetime.fromisoformat(span["start"])


def ways(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Each span of a trace with the hop that it came of."""
    hops = {span["segment"]: span["hop"] for span in told["spans"]}
    return sorted((span["hop"], hops.get(span["parent"], "")) for span in told["spans"])


def at(span: dict[str, str]) -> datetime:
    """When the work of a span began."""
    return datetime.fromisoformat(span["start"])


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_lake_has_the_whole_way_of_a_photo_of_two_months_ago(tmp_path: Path) -> None:
    """Over API, topic, queue, workflow and bucket, and beyond the deletion of what it wrote.

    The hops and the delivery stream have a clock that is two months behind; then two months pass.
    """
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    clock = tmp_path / "behind"
    clock.write_text(f"{TWO_MONTHS.total_seconds()}")
    environment = {"PYTHONPATH": str(tmp_path), "CLOCK_BEHIND": str(clock)}
    then = datetime.now(UTC) - TWO_MONTHS
    with Emulator(tmp_path / "emulator", environment=environment) as emulator:
        endpoint = Endpoint(emulator.endpoint, embedded=True)
        names = deployed(endpoint, tmp_path / "app")
        lake = LakeFiles(endpoint, named(names, "TracesBucket"))

        old = [take_photo(endpoint, names, at=then) for _ in range(2)]
        eventually(lambda: len(lake.lines()) == 2 * len(WAYS), within=WITHIN)
        clock.write_text("0")
        new = [take_photo(endpoint, names, at=datetime.now(UTC)) for _ in range(3)]
        eventually(lambda: len(lake.lines()) == 5 * len(WAYS), within=WITHIN)
        answers = [asked(endpoint, root) for root in (*old, *new)]
        listed = endpoint.client("s3").list_objects_v2(Bucket=named(names, "Album"))["Contents"]

    assert [code for code, _ in answers] == [0] * 5
    for _, told in answers:
        # What is catalogued after it was deleted is told by its tombstone, so it came of Discard.
        assert ways(told) in (WAYS, [WAYS[0], *WAYS[:2], *WAYS[3:]])
        assert told["read"]["partitions"] < told["lake"]["partitions"]
    first = answers[0][1]
    assert first["read"]["bytes"] < first["lake"]["bytes"] / 2
    assert first["first_day"] < f"{then:%Y-%m-%d}" < first["last_day"]
    assert all(abs(begun(span) - then).total_seconds() < WITHIN for span in first["spans"])
    # The negative is gone, and the lake knows who threw it away.
    assert not [item for item in listed if item["Key"].startswith("negatives/")]
    (removed,) = [span for span in first["spans"] if span["type"] == "object.removed"]
    (discard,) = [span for span in first["spans"] if span["hop"] == "Discard"]
    assert removed["parent"] == discard["segment"]
    assert datetime.now(UTC) - begun(removed) > TWO_MONTHS - timedelta(seconds=WITHIN)


FEWER = {"messages: 20, rate: 2/s": "messages: 4, rate: 2/s"}
# One line of the runtime: what goes with an object is the event, but under a trace of its own.
KEEPS = '"trace": onward_trace(event.trace),'
FORGETS = '"trace": new_trace(),'
IMPORTS = "from pattern_runtime.trace import onward_trace"


@pytest.mark.long
@pytest.mark.timeout(300)
def test_fails_where_the_bucket_forgets_the_trace(tmp_path: Path) -> None:
    """Objects that carry another trace break the tree, and the run and the lake name the hop."""
    project = copied_project(tmp_path)
    replaced(project / "scenarios/trace_lake/one_day.yaml", FEWER)
    changes = {KEEPS: FORGETS, IMPORTS: "from pattern_runtime.trace import new_trace"}
    replaced(project / "pattern_runtime/objects.py", changes)

    code, document, text = run(project, "trace_lake")

    assert code == 1, text
    assert [each["about"] for each in document["expectations"] if not each["met"]] == [
        "traced cameras to Catalogue"
    ]
    ((broken,),) = [each["breaks"] for each in document["traces"] if each["breaks"]]
    assert (broken["hop"], broken["messages"]) == ("Catalogue", 4)
    assert "Discard" in broken["before"]
    assert re.search(r"trace: 4 of cameras break between [\w\s]+ and\s+Catalogue,", text), text
    assert document["lake"]["last"]["missing"] == ["Catalogue"]
    assert "no span of Catalogue under this trace" in text
