"""Put the file assets of a stack where its template will look for them."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hinagata.assembly.cloud_assembly import FileAsset
from hinagata.errors import HinagataError

EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same files, whenever zipped
SKIPPED_FOLDERS = frozenset({"__pycache__"})


def upload_file_asset(storage: Any, asset: FileAsset, bucket: str, key: str) -> bool:
    """Upload an asset unless its content, which its key names, is there; whether it was uploaded.

    Args:
        storage: an S3 client.
        asset: of the stack.
        bucket: to put it in, resolved.
        key: of the object, resolved.
    """
    try:
        storage.head_object(Bucket=bucket, Key=key)
    except storage.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchKey", "NotFound"}:
            raise
    else:
        return False
    if not asset.path.exists():
        raise HinagataError(f"the asset {asset.path} is missing: synthesize the app again")
    content = zipped(asset.path) if asset.packaging == "zip" else asset.path.read_bytes()
    storage.put_object(Bucket=bucket, Key=key, Body=content)
    return True


def zipped(folder: Path) -> bytes:
    """Return a folder as a zip archive, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if path.stat().st_mode & 0o100 else 0o644) << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and SKIPPED_FOLDERS.isdisjoint(path.relative_to(folder).parts):
            yield path
