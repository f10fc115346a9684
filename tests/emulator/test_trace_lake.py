"""The trace lake: a photo's whole way, out of the files that the pipeline wrote."""

import gzip
import json
import os
import re
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.lab.deployment import deploy
from hinagata.lab.endpoint import Endpoint
from tests.polling import eventually

REPOSITORY = Path(__file__).parents[2]
APP = """
from patterns import App
from stacks.trace_lake import TraceLake

app = App(failure_modes=False)
TraceLake(app, "TraceLake", photos_per_second=5)
app.synth()
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


def take_photo(endpoint: Endpoint, names: dict[str, str]) -> str:
    """Post a photo; return the root of the trace that the answer names."""
    url = endpoint.url_of_api(named(names, "PhotoApi"), "live") + "/owners/7/photos"
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
    body = b'{"title": "the dog asleep"}'
    signed = endpoint.sign("POST", url, headers, body)
    request = urllib.request.Request(url, data=body, headers=signed, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        told: dict[str, str] = json.loads(response.read())
    return told["trace"]


def kept(endpoint: Endpoint, bucket: str) -> list[dict[str, Any]]:
    """Every span in the lake."""
    s3 = endpoint.client("s3")
    found = []
    for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        assert re.match(r"spans/account=\d{12}/day=\d{4}-\d\d-\d\d/", item["Key"])
        body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
        found += [json.loads(line) for line in gzip.decompress(body).splitlines()]
    return found


def ways(spans: list[dict[str, Any]], root: str) -> list[tuple[str, str]]:
    """Each span of a trace with the hop that it came of."""
    mine = [span for span in spans if span["trace"].startswith(f"Root={root}")]
    hops = {span["segment"]: span["span"] for span in mine}
    parents = [span["trace"].partition("Parent=")[2].partition(";")[0] for span in mine]
    return sorted((span["span"], hops.get(by, "")) for span, by in zip(mine, parents, strict=True))


@pytest.mark.long
def test_the_lake_has_the_whole_way_of_each_photo(endpoint: Endpoint, tmp_path: Path) -> None:
    """Over API, topic, queue, workflow and bucket, and beyond the deletion of what it wrote."""
    names = deployed(endpoint, tmp_path / "app")
    lake = named(names, "TracesBucket")

    roots = [take_photo(endpoint, names) for _ in range(2)]

    for root in roots:
        eventually(lambda r=root: ways(kept(endpoint, lake), r) == WAYS, within=WITHIN)
    listed = endpoint.client("s3").list_objects_v2(Bucket=named(names, "Album"))["Contents"]
    assert not [item for item in listed if item["Key"].startswith("negatives/")]
