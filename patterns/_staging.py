"""Folders for assets that are put together from several source folders."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

# What Python leaves behind while it runs; never part of an asset, or its hash would change.
LEFTOVERS = ["**/__pycache__", "**/*.pyc", ".mypy_cache", ".pytest_cache"]


def staged(links: dict[str, Path]) -> str:
    """A temporary folder in which each name of `links` is a link to its path.

    The CDK follows the links when it copies the asset, and hashes contents, so neither the
    folder's name nor where the sources lie shows in a template. Removed when Python exits.
    """
    folder = Path(tempfile.mkdtemp(prefix="hinagata-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, target in links.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target.resolve())
    return str(folder)


def installed(module: str) -> Path:
    """Where an importable package (its folder) or module (its file) lies.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        message = f"{module} is not installed here: install what this app requires"
        raise ModuleNotFoundError(message)
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def source_package(code: str, package: str) -> Path:
    """The folder of a top-level package in a source root.

    Raises:
        ValueError: There is no such folder.
    """
    folder = Path(code) / package
    if not folder.is_dir():
        message = (
            f"no package {package!r} in the source root {str(code)!r} (looked for {folder}): "
            "name the root by code=, relative to where the app runs"
        )
        raise ValueError(message)
    return folder
