"""What a generated project keeps of how it was made, so that it can be brought up to date."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.generator import merging
from hinagata.generator.files import Files

FOLDER = ".hinagata"
ANSWERS = f"{FOLDER}/answers.toml"
GENERATED = f"{FOLDER}/generated"
BLUEPRINT = "blueprint"
"""What a project is from that is from no sample."""

_README = """\
# What `hinagata update` needs

Keep this folder in version control, and leave it as it is.

- `answers.toml`: which hinagata made this project, from what, under which name.
- `generated/`: every file as it was generated. An update compares it with your file and with the
  new one, so it can tell your changes from its own. Of a file that is no text, such as the wheel,
  it is the SHA-256: what cannot be merged need not be there twice.
"""
# Commands leave things here while they run (assemblies, an update that is under way).
_IGNORED = """\
*
!.gitattributes
!.gitignore
!README.md
!answers.toml
!generated/
!generated/**
"""
_ATTRIBUTES = "generated/** -text linguist-generated\n"
_RELEASE = re.compile(r"\d+(\.\d+)*")
_DIGEST_SUFFIX = ".sha256"
_DIGEST = re.compile(rb"[0-9a-f]{64}\n")


class RecordError(HinagataError):
    """A project that does not say how it was generated."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a person chose when the project was made.

    Attributes:
        hinagata: The version that made it, or brought it up to date last.
        origin: `blueprint`, or the name of the sample that it is from.
        name: The project's name, as it was given.
        own: Whether the constructs are the project's own source.
    """

    hinagata: str
    origin: str
    name: str
    own: bool


@dataclass(frozen=True)
class Digest:
    """What is kept of a file that is no text.

    Attributes:
        sha256: Of its content, in hexadecimal digits.
    """

    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """Returns the digest of a content."""
        return cls(hashlib.sha256(content).hexdigest())


Generated = Mapping[str, bytes | Digest]
"""What is kept of files as they were generated, by their paths."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a project keeps of how it was made.

    Attributes:
        answers: What was chosen.
        generated: Every file as it was generated.
    """

    answers: Answers
    generated: Generated


def this_version() -> str:
    """Returns the version of the hinagata that runs."""
    return version("hinagata")


def kept_of(files: Files) -> Generated:
    """Returns what is kept of files: texts, and the digest of what is none."""
    return {
        path: content if merging.is_text(content) else Digest.of(content)
        for path, content in files.items()
    }


def kept_path(path: str, kept: bytes | Digest) -> str:
    """Returns where it stands what is kept of a file, relative to the project's root."""
    return f"{GENERATED}/{path}{_DIGEST_SUFFIX if isinstance(kept, Digest) else ''}"


def record_of(files: Files, answers: Answers) -> Files:
    """Returns a project's files together with what is kept of how they were made.

    Args:
        files: The project, as it was generated.
        answers: What it was generated from.
    """
    kept = {
        kept_path(path, kept): f"{kept.sha256}\n".encode() if isinstance(kept, Digest) else kept
        for path, kept in kept_of(files).items()
    }
    return {
        **files,
        **kept,
        f"{FOLDER}/.gitattributes": _ATTRIBUTES.encode(),
        f"{FOLDER}/.gitignore": _IGNORED.encode(),
        f"{FOLDER}/README.md": _README.encode(),
        ANSWERS: _as_toml(answers).encode(),
    }


def read_record(project: Path) -> Record:
    """Returns what a project keeps of how it was made.

    Raises:
        RecordError: The folder is no generated project, what it keeps cannot be read, or a newer
            hinagata made it.
    """
    file = project / ANSWERS
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise RecordError(
            f"there is no generated project here: {file} is not there; "
            "go to the folder that `hinagata new` made"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{file} cannot be read: {error}") from None
    answers = _read_answers(file, text)
    _refuse_newer(file, answers)
    return Record(answers=answers, generated=_read_generated(project / GENERATED))


def _as_toml(answers: Answers) -> str:
    return (
        "# `hinagata update` reads this file, and writes it.\n"
        f"hinagata = {_quoted(answers.hinagata)}\n"
        f"from = {_quoted(answers.origin)}\n"
        f"name = {_quoted(answers.name)}\n"
        f"own = {str(answers.own).lower()}\n"
    )


def _quoted(text: str) -> str:
    """Return a TOML basic string, which escapes what JSON does (toml.io/en/v1.0.0#string)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _read_answers(file: Path, text: str) -> Answers:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecordError(f"{file} cannot be read: {error}") from None
    texts = {}
    for field in ("hinagata", "from", "name"):
        if not isinstance(document.get(field), str) or not document[field]:
            raise RecordError(f'{file} has no {field}; expected {field} = "a text"')
        texts[field] = document[field]
    own = document.get("own")
    if not isinstance(own, bool):
        raise RecordError(f"{file} has no own; expected own = true or own = false")
    return Answers(hinagata=texts["hinagata"], origin=texts["from"], name=texts["name"], own=own)


def _refuse_newer(file: Path, answers: Answers) -> None:
    if _RELEASE.match(answers.hinagata) is None:
        raise RecordError(
            f'{file}: hinagata: found "{answers.hinagata}"; expected a version such as 0.2.0'
        )
    if _release(answers.hinagata) > _release(this_version()):
        raise RecordError(
            f"this project was made by hinagata {answers.hinagata}, and this is {this_version()}; "
            "install the one that it carries; do: pip install -r requirements-dev.txt"
        )


def _release(text: str) -> tuple[int, ...]:
    found = _RELEASE.match(text)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _read_generated(folder: Path) -> Generated:
    if not folder.is_dir():
        raise RecordError(
            f"{folder} is not there, so nothing tells your changes from what was generated; "
            "bring it back from version control"
        )
    generated: dict[str, bytes | Digest] = {}

    def refuse(error: OSError) -> None:
        raise error

    try:
        for parent, folders, names in os.walk(folder, onerror=refuse):
            folders.sort()
            for name in sorted(names):
                file = Path(parent, name)
                path, held = file.relative_to(folder).as_posix(), file.read_bytes()
                if path.endswith(_DIGEST_SUFFIX) and _DIGEST.fullmatch(held):
                    digest = Digest(held.decode().rstrip())
                    generated[path.removesuffix(_DIGEST_SUFFIX)] = digest
                else:
                    generated[path] = held
    except OSError as error:
        raise RecordError(f"{error.filename} cannot be read: {error.strerror}") from None
    return generated
