"""A lake on an endpoint: what Glue knows of it and what lies in its bucket is what is asked."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.lab import lake as lake_module
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.lake import LakeOnEndpoint
from tests.emulator.templates import deployed, ref, resource
from tests.workbench.lab.lakes import ACCOUNT, QUERY, TABLE, root, whole, write


def test_a_lake_is_copied_as_glue_says_it_lies(endpoint: Endpoint, tmp_path: Path) -> None:
    """Its columns, its partitions and its bucket; what lies beside the partitions is left alone."""
    name = f"lake-{uuid.uuid4().hex[:8]}"
    made = deployed(endpoint, lake(name))
    bucket = endpoint.client("s3")
    for day in ("2026-09-20", "2026-07-20"):
        file = write(tmp_path, day, whole(root()))
        key = str(file.relative_to(tmp_path))
        bucket.put_object(Bucket=made["Bucket"], Key=key, Body=file.read_bytes())
    for beside in (f"spans/account={ACCOUNT}/late.gz", "errors/account=1/day=2026-09-20/a.gz"):
        bucket.put_object(Bucket=made["Bucket"], Key=beside, Body=b"this is no gzip")

    with LakeOnEndpoint(database=made["Database"], query=QUERY).copied(endpoint) as copied:
        found = copied.trace(root())

    assert sorted(span.hop for span in found.spans) == ["Catalogue", "Discard", "PhotoApi"]
    assert (found.partitions, found.of_partitions) == (1, 2)


def test_fails_if_a_lake_is_too_large_to_copy(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And says who answers then."""
    monkeypatch.setattr(lake_module, "MOST_BYTES", 10)
    made = deployed(endpoint, lake(f"lake-{uuid.uuid4().hex[:8]}"))
    key = f"spans/account={ACCOUNT}/day=2026-09-20/a.gz"
    endpoint.client("s3").put_object(Bucket=made["Bucket"], Key=key, Body=b"eleven more")
    place = LakeOnEndpoint(database=made["Database"], query=QUERY)

    with (
        pytest.raises(HinagataError, match="11 bytes, too much to copy: ask it where it is"),
        place.copied(endpoint),
    ):
        pass


def lake(name: str) -> dict[str, dict[str, object]]:
    """A bucket, a database and its table of spans."""
    table = {
        "Name": TABLE.name,
        "PartitionKeys": [{"Name": each, "Type": "string"} for each in TABLE.partitions],
        "StorageDescriptor": {
            "Location": f"s3://{name}/spans/",
            "Columns": [{"Name": each, "Type": kind} for each, kind in TABLE.columns.items()],
        },
    }
    return {
        "Bucket": resource("S3::Bucket", BucketName=name),
        "Database": resource(
            "Glue::Database", CatalogId="000000000000", DatabaseInput={"Name": name}
        ),
        "Table": resource(
            "Glue::Table",
            CatalogId="000000000000",
            DatabaseName=ref("Database"),
            TableInput=table,
        ),
    }
