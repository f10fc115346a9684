"""What `hinagata new` does: a project out of a blueprint, a sample, or a few questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from hinagata.errors import UsageError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import FILE, parse_blueprint, read_text
from hinagata.generator.files import Files
from hinagata.generator.naming import ProjectName, folder_name, project_name
from hinagata.generator.record import BLUEPRINT, Answers, record_of, this_version
from hinagata.generator.remarks import remarks_on
from hinagata.generator.rendering import blueprint_project, sample_project
from hinagata.generator.shipped import blueprint_text
from hinagata.generator.writing import write_project


def new_project(
    name: str,
    *,
    blueprint: str | None = None,
    sample: str | None = None,
    own: bool = False,
    here: Path,
    stream: TextIO,
) -> None:
    """Writes a new project into a folder of its name, and says what to do next.

    Args:
        name: The project's, as a person typed it.
        blueprint: The file to make it from, or the name of one that comes along.
        sample: The sample to make it from. With neither, a person at a terminal is asked.
        own: Whether the constructs are its own source, so that it needs nothing of ours to deploy.
        here: The folder in which its folder is made.
        stream: Where the answer is written.

    Raises:
        HinagataError: The name, the blueprint or the sample cannot be used, something is in the
            way, or nobody is there to be asked. Then nothing was written.
    """
    names = project_name(name)
    folder = here / folder_name(name)
    origin = sample or BLUEPRINT
    files: Files
    remarks: list[str] = []
    if sample is not None:
        files = sample_project(sample, name=name, own=own)
    else:
        file, text = _blueprint(blueprint)
        read = parse_blueprint(text, file=file)
        remarks = list(remarks_on(Architecture(read)))
        files = {**blueprint_project(read, name=name, own=own), FILE: text.encode()}
    answers = Answers(hinagata=this_version(), origin=origin, name=name, own=own)
    write_project(record_of(files, answers), folder)
    stream.write(f"{folder.name}/: {len(files)} files{_renamed(name, names)}\n\n")
    stream.writelines(f"  {remark}\n" for remark in remarks)
    stream.write("\n" if remarks else "")
    next_steps = {
        f"cd {folder.name}": "",
        **(
            {}
            if _is_in_repository(here)
            else {"git init": "keep it as it was made, and then commit"}
        ),
        f"hinagata run {names.package}": "see the first results, on this machine",
        "make test": "everything that must hold",
    }
    width = max(map(len, next_steps))
    stream.writelines(
        f"  {step:<{width}}    {why}".rstrip() + "\n" for step, why in next_steps.items()
    )


def _renamed(name: str, names: ProjectName) -> str:
    """Return what a name was made, where the name of the folder does not tell it."""
    if name in (names.bucket, names.package):
        return ""
    return f", in which {name!r} is {names.package} for Python and {names.stack} for CloudFormation"


def _is_in_repository(folder: Path) -> bool:
    return any((each / ".git").exists() for each in (folder.resolve(), *folder.resolve().parents))


def _blueprint(asked: str | None) -> tuple[Path, str]:
    """Return what to call the blueprint, and its text: of a file, by its name, or by questions."""
    if asked is None:
        return Path(FILE), _asked()
    if asked.isidentifier() and not Path(asked).exists():
        return Path(f"{asked}.yaml"), blueprint_text(asked)
    return Path(asked), read_text(Path(asked))


def _asked() -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "hinagata new: nobody is at a terminal to be asked; give --blueprint FILE, or "
            "--from SAMPLE"
        )
    from rich.console import Console

    from hinagata.generator.questions import ask_blueprint

    # What is asked is no part of the answer that somebody may read from standard output.
    return ask_blueprint(Console(stderr=True))
