"""A site from a project: pages whose sources changed are made, others kept; all moved at once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.page.other_pages import other_pages
from hinagata.catalogue.page.page import Page
from hinagata.catalogue.page.pattern_page import pattern_page
from hinagata.catalogue.page.sample_page import sample_page
from hinagata.catalogue.page.workbench_page import workbench_page
from hinagata.catalogue.project import Project
from hinagata.catalogue.search import write_indexes

RECORD = ".hinagata-catalogue.json"
_ASSETS = Path(__file__).parent / "page" / "assets"
# Whatever reads, reckons or draws is what a page is made of, too.
_WORKBENCH = Path(__file__).parents[1]
_MADE_OF = (".py", ".toml", ".yaml", ".json", ".j2", ".css", ".js", ".svg", ".md", "")


@dataclass(frozen=True, kw_only=True)
class Built:
    """A site that was built.

    Attributes:
        folder: Where.
        made: The pages that were made.
        kept: How many were kept as they were.
        size: Bytes of everything.
    """

    folder: Path
    made: tuple[str, ...]
    kept: int
    size: int


def build(project: Project, folder: Path, *, search: bool = True) -> Built:
    """Builds the site of a project into a folder.

    It is made beside the folder and then moved there, so that a reader never sees half of it, and
    a source that is broken leaves the site as it was.

    Args:
        project: Whose site.
        folder: Where: a folder that is not there, an empty one, or a site that was built.
        search: Whether to make the index for searching.

    Raises:
        HinagataError: A source is broken, or the folder holds something else.
    """
    before = _recorded(folder)
    staging = folder.with_name(f".{folder.name}.staging-{os.getpid()}")
    shutil.rmtree(staging, ignore_errors=True)
    record: dict[str, dict[str, object]] = {}
    made: list[str] = []
    keep: list[str] = []
    try:
        staging.mkdir(parents=True)
        for page in pages_of(project):
            digest = _digest(page)
            kept = before.get(page.path, {})
            if kept.get("digest") == digest and _copy(kept, folder, staging):
                record[page.path] = dict(kept)
                keep += _pages_among(kept["files"])
                continue
            files = page.make()
            for path, text in files.items():
                _write(staging / path, text)
            record[page.path] = {"digest": digest, "files": sorted(files)}
            made += _pages_among(sorted(files))
        for asset in sorted(_ASSETS.iterdir()):
            shutil.copy(asset, staging / asset.name)
        _write(staging / RECORD, json.dumps(record, indent=1))
        if search:
            write_indexes(staging, before=folder)
        size = sum(file.stat().st_size for file in staging.rglob("*") if file.is_file())
        _move(staging, folder)
    except OSError as error:
        raise CatalogueError(f"{folder}: the site cannot be written: {error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Built(folder=folder, made=tuple(made), kept=len(keep), size=size)


def pages_of(project: Project) -> Iterator[Page]:
    """Yields all pages of a project's site."""
    for name in project.patterns:
        yield pattern_page(project, name)
    for name in project.samples:
        yield sample_page(project, name)
    yield workbench_page(project)
    yield from other_pages(project)


def _recorded(folder: Path) -> Mapping[str, Mapping[str, object]]:
    """What the site in a folder was made of; nothing where there is none yet."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return {}
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict):
        raise CatalogueError(
            f"{folder} is no site that was built here (it has no {RECORD}), and is left alone; "
            "name another folder, or remove it"
        )
    return record


def _digest(page: Page) -> str:
    digest = hashlib.sha256(f"{_of_workbench()} {page.words}".encode())
    for source in page.sources:
        digest.update(_of_source(source).encode())
    return digest.hexdigest()


@cache
def _of_workbench() -> str:
    return f"{sys.version} {_of_source(_WORKBENCH)}"


def _of_source(source: Path) -> str:
    """What a file says, or all files of a folder that anything is made of."""
    digest = hashlib.sha256()
    if source.is_file():
        digest.update(source.read_bytes())
    for file in sorted(source.rglob("*")):
        if file.suffix in _MADE_OF and file.is_file() and "__pycache__" not in file.parts:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _copy(kept: Mapping[str, object], folder: Path, staging: Path) -> bool:
    """Takes a page over from the site that is there; says whether it was there."""
    files = kept.get("files")
    paths = [str(path) for path in files] if isinstance(files, list) else []
    if not paths or not all((folder / path).is_file() for path in paths):
        return False
    for path in paths:
        (staging / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / path, staging / path)
    return True


def _pages_among(files: object) -> list[str]:
    """The pages among what was made together: one in each language, and no pictures."""
    return [file for file in files if file.endswith(".html")] if isinstance(files, list) else []


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _move(staging: Path, folder: Path) -> None:
    """Puts the new site where the old one was."""
    old = folder.with_name(f".{folder.name}.old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    staging.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
