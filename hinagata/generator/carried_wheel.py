"""The wheel of the hinagata that runs, which a project carries beside itself.

On the public package index the name `hinagata` is somebody else's: no project may ask there for it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.generator.files import Files
from hinagata.generator.shipped import checkout

_DISTRIBUTION = "hinagata"
_FOLDER = "wheels"
# What a wheel holds, in them and in its folder of metadata; the rest an installer has written.
_PACKAGES = ("hinagata", "pattern_runtime", "patterns")
_METADATA = ("METADATA", "WHEEL", "entry_points.txt", "licenses")


@cache
def wheel_files() -> Files:
    """Returns the one file `wheels/hinagata-VERSION-py3-none-any.whl`.

    It is the same to the byte, whether this hinagata runs from a checkout or from such a wheel.

    Raises:
        HinagataError: This hinagata was installed in a way that does not tell what it is made of.
    """
    root = checkout()
    files = _built(root) if root else _installed()
    (metadata,) = {path.partition("/")[0] for path in files if path.endswith(".dist-info/WHEEL")}
    name = f"{metadata.removesuffix('.dist-info')}-py3-none-any.whl"
    return {f"{_FOLDER}/{name}": _packed(files, f"{metadata}/RECORD")}


def _built(root: Path) -> Files:
    """Return what the wheel of a checkout holds, but for its record."""
    try:
        from hatchling.builders.wheel import WheelBuilder
    except ModuleNotFoundError:
        raise HinagataError(
            "a project carries the wheel of hinagata, and this one runs from its sources, where "
            "hatchling builds it; do: make setup, or pip install hatchling"
        ) from None
    with tempfile.TemporaryDirectory(prefix="hinagata-") as folder:
        (wheel,) = WheelBuilder(str(root)).build(directory=folder, versions=["standard"])
        with zipfile.ZipFile(wheel) as archive:
            return {
                name: archive.read(name)
                for name in archive.namelist()
                if not name.endswith(".dist-info/RECORD")
            }


def _installed() -> Files:
    """Return what the wheel held from which this package was installed, but for its record."""
    listed = distribution(_DISTRIBUTION).files
    if listed is None:
        raise HinagataError(
            "hinagata is installed here without a list of its files; install it from its wheel"
        )
    return {path.as_posix(): path.read_binary() for path in listed if _is_of_wheel(*path.parts)}


def _is_of_wheel(folder: str, *below: str) -> bool:
    if _is_metadata(folder):
        return below[0] in _METADATA
    return folder in _PACKAGES and "__pycache__" not in below


def _is_metadata(folder: str) -> bool:
    return folder.endswith(".dist-info")


def _packed(files: Files, record: str) -> bytes:
    """Return a wheel (packaging.python.org/en/latest/specifications/binary-distribution-format)."""
    rows = io.StringIO()
    table = csv.writer(rows, lineterminator="\n")
    packed = io.BytesIO()
    # Not compressed: how zlib does it differs between machines, and the wheel must not. git does.
    with zipfile.ZipFile(packed, "w") as archive:
        # The metadata last, as the format advises.
        for path in sorted(files, key=lambda path: (_is_metadata(path.partition("/")[0]), path)):
            archive.writestr(_entry(path), files[path])
            digest = urlsafe_b64encode(hashlib.sha256(files[path]).digest()).decode().rstrip("=")
            table.writerow([path, f"sha256={digest}", len(files[path])])
        table.writerow([record, "", ""])
        archive.writestr(_entry(record), rows.getvalue())
    return packed.getvalue()


def _entry(path: str) -> zipfile.ZipInfo:
    # Of the earliest time that a zip file can hold, and readable by all.
    entry = zipfile.ZipInfo(path)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry
