"""Put the file assets of a stack where its template will look for them."""

import contextlib
import io
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hinagata.assembly.cloud_assembly import FileAsset
from hinagata.errors import HinagataError
from hinagata.output_file import OutputError, write_whole

EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same files, whenever zipped
SKIPPED_FOLDERS = frozenset({"__pycache__"})
CACHE_TAG = sys.implementation.cache_tag


def upload_file_asset(
    storage: Any, asset: FileAsset, bucket: str, key: str, *, compiled: bool = False
) -> bool:
    """Upload an asset unless its content, which its key names, is there; whether it was uploaded.

    Args:
        storage: an S3 client.
        asset: of the stack.
        bucket: to put it in, resolved.
        key: of the object, resolved.
        compiled: whether this interpreter will run it: then its bytecode goes along.
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
    if asset.packaging != "zip":
        content = asset.path.read_bytes()
    else:
        content = _zipped_once(asset.path) if compiled else zipped(asset.path)
    storage.put_object(Bucket=bucket, Key=key, Body=content)
    return True


def zipped(folder: Path, *, compiled: bool = False) -> bytes:
    """Return a folder as a zip archive, the same bytes for the same files.

    Args:
        folder: the folder.
        compiled: whether each module's bytecode for this interpreter goes along. Each environment
            of a function unpacks its code anew, and would compile it anew.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: Path, content: bytes, permissions: int) -> None:
            entry = zipfile.ZipInfo(name.as_posix(), EARLIEST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = permissions << 16
            archive.writestr(entry, content)

        for path in _files(folder):
            name = path.relative_to(folder)
            add(name, path.read_bytes(), 0o755 if path.stat().st_mode & 0o100 else 0o644)
            if compiled and path.suffix == ".py" and (bytecode := _bytecode(path, str(name))):
                add(name.parent / "__pycache__" / f"{name.stem}.{CACHE_TAG}.pyc", bytecode, 0o644)
    return buffer.getvalue()


def _zipped_once(folder: Path) -> bytes:
    """Return a compiled archive, which is kept beside the folder, whose name tells its content."""
    kept = folder.with_name(f"{folder.name}.{CACHE_TAG}.zip")
    try:
        return kept.read_bytes()
    except FileNotFoundError:
        content = zipped(folder, compiled=True)
    # A disk that is full, or not ours, costs the time of doing it again.
    with contextlib.suppress(OutputError):
        write_whole(kept, content)
    return content


def _bytecode(module: Path, name: str) -> bytes | None:
    """Return what an import of a module needs, whenever it is unpacked; None if there is none."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch, "module.pyc")
        try:
            py_compile.compile(
                str(module),
                cfile=str(target),
                dfile=name,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
            return target.read_bytes()
        except (py_compile.PyCompileError, SyntaxError, ValueError, OSError):
            return None


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and SKIPPED_FOLDERS.isdisjoint(path.relative_to(folder).parts):
            yield path
