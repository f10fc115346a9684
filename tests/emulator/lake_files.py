"""The lines that a delivery stream has written into a bucket, each file read once."""

import gzip
import json
import re
from typing import Any

from hinagata.lab.endpoint import Endpoint

_FORM = re.compile(r"spans/account=\d{12}/day=\d{4}-\d\d-\d\d/.+")


class LakeFiles:
    """The files of a lake.

    Args:
        endpoint: where it is.
        bucket: the name of its bucket.
    """

    def __init__(self, endpoint: Endpoint, bucket: str) -> None:
        self._s3, self._bucket = endpoint.client("s3"), bucket
        self._lines: dict[str, list[dict[str, Any]]] = {}

    def lines(self) -> list[dict[str, Any]]:
        """Every line so far; all of them lie where the table of a lake looks."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        for key in (item["Key"] for page in pages for item in page.get("Contents", [])):
            if key not in self._lines:
                assert _FORM.fullmatch(key)
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                self._lines[key] = [json.loads(each) for each in gzip.decompress(body).splitlines()]
        return [line for lines in self._lines.values() for line in lines]
