"""A project from a sample: all that belongs to the sample, under the project's own name."""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hinagata.errors import UsageError
from hinagata.generator.files import Files
from hinagata.generator.naming import ProjectName, project_name
from hinagata.generator.sample_app import app_of
from hinagata.generator.shared_module import needed_of
from hinagata.generator.shipped import root as shipped_root
from hinagata.samples import find_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# How what tools leave behind is called.
_LEFTOVERS = (".", "__pycache__")
# Names our own schema by its place in our own sources.
_SCHEMA_COMMENT = "# yaml-language-server: "
# What a card may tell to look at, and a project does not have.
_ELSEWHERE = re.compile(r"\b(?:docs|examples|tests)/[\w./-]*\w")
# What a card tells that was reckoned here, of the sample as it is.
_RECKONED = re.compile(r"\bby hinagata (?:plan|price|simulate)\b", re.IGNORECASE)
_VERDICTS = re.compile(r"(?m)(?:^#.*\n)*^verdicts = \[\n(?:  .*\n)*\]\n")
# In another language, a card tells the sample's title, which no project has.
_OTHER_LANGUAGES = re.compile(r"(?s)\n\[ja\]\n.*")
# What the tests of all handlers share.
_SHARED_TESTS = "tests/functions/conftest.py"


def sample_files(sample: str, *, name: str) -> Files:
    """Returns what is the sample's own in a project of that name.

    These are `app.py` with the sample's stack alone, `stacks/` with its card and the modules that
    it imports, its packages in `functions/`, the tests of its handlers with what they need, its
    scenarios, and a test that each handler starts, which takes the fixture `assembly`. The sample's
    name is replaced by the project's, in all its forms, in paths and contents. Python is not
    formatted anew, though its lines have other lengths now: see `formatting`.

    Args:
        sample: The sample's name, as `hinagata list` tells it.
        name: The project's, as a person typed it.

    Raises:
        UsageError: There is no such sample, or the name is none for a project, or one that
            something in the sample has already.

    Example:
        >>> sorted(sample_files("trace_lake", name="photos-2030"))[:3]
        ['app.py', 'functions/photos_2030/__init__.py', 'functions/photos_2030/catalogue.py']
    """
    root = shipped_root()
    card = find_sample(sample, project=root)
    old, new = project_name(sample), project_name(name)
    found = dict(sorted(_belonging(root, sample).items()))
    found["app.py"] = app_of(card, (root / "app.py").read_text(encoding="utf-8"))
    if new != old:
        _refuse_taken(new, found, sample=sample)
    renamed = _renaming(old, new)
    files = {renamed(path): renamed(text) for path, text in found.items()}
    files["tests/test_handlers.py"] = _handlers_test(new)
    return {path: _at_home(path, text, files).encode() for path, text in files.items()}


def container_requirements() -> str:
    """Returns what a container imports beside its own code, pinned with hashes."""
    file = shipped_root() / "functions" / "connected_car" / "gateway" / "requirements.txt"
    return file.read_text(encoding="utf-8")


def _handlers_test(name: ProjectName) -> str:
    from jinja2 import StrictUndefined, Template

    file = Path(__file__).with_name("templates") / "sample_handlers_test.py.j2"
    text = file.read_text(encoding="utf-8")
    template = Template(text, undefined=StrictUndefined, keep_trailing_newline=True)
    rendered: str = template.render(name=name)
    return rendered


def _belonging(root: Path, sample: str) -> dict[str, str]:
    packages = {folder.name for folder in (root / "functions").iterdir()}
    stacks = {f"stacks/{module}.py" for module in _closure(root, {sample})}
    named = {sample}.union(*(packages & _packages_named(root / path) for path in stacks))
    found = _read(
        root,
        {
            "stacks/__init__.py",
            f"stacks/{sample}.toml",
            *stacks,
            *_below(root, f"scenarios/{sample}"),
        }
        | {path for package in named for path in _below(root, f"functions/{package}")},
    )
    for path in stacks:
        if PurePosixPath(path).name.startswith("_"):
            found[path] = needed_of(found[path], [found[each] for each in stacks - {path}])
    return found | _tests(root, named)


def _read(root: Path, paths: Iterable[str]) -> dict[str, str]:
    return {path: (root / path).read_text(encoding="utf-8") for path in paths}


def _tests(root: Path, packages: set[str]) -> dict[str, str]:
    """The tests of packages, with what they need of other tests' files."""
    paths = {path for package in packages for path in _below(root, f"tests/functions/{package}")}
    own = [text for path, text in _read(root, paths).items() if path.endswith(".py")]
    (shared,) = _read(root, [_SHARED_TESTS]).values()
    found = {**_read(root, paths), _SHARED_TESTS: needed_of(shared, own)}
    while more := {each for text in found.values() for each in _of_tests(text)} - found.keys():
        found |= _read(root, more)
    folders = {folder for path in found for folder in PurePosixPath(path).parents[:-1]}
    return found | _read(root, (f"{folder}/__init__.py" for folder in folders))


def _of_tests(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            yield f"{str(node.module).replace('.', '/')}.py"


def _below(root: Path, folder: str) -> Iterator[str]:
    for path in (root / folder).rglob("*"):
        place = path.relative_to(root)
        if path.is_file() and not any(part.startswith(_LEFTOVERS) for part in place.parts):
            yield place.as_posix()


def _closure(root: Path, modules: set[str]) -> set[str]:
    """The modules of `stacks`, with those that they import, and so on."""
    imported = {
        imported.removeprefix("stacks.")
        for module in modules
        for node in ast.walk(_parsed(root / "stacks" / f"{module}.py"))
        if isinstance(node, ast.ImportFrom)
        and (imported := node.module or "").startswith("stacks.")
    }
    return modules if imported <= modules else _closure(root, modules | imported)


def _packages_named(stack: Path) -> set[str]:
    """What may be a package in what a stack says: handlers and images are named in texts."""
    return {text.partition(".")[0] for text in _texts(_parsed(stack))}


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _texts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _refuse_taken(new: ProjectName, files: Mapping[str, str], *, sample: str) -> None:
    """Refuse a name that stands for something else in the code already."""
    for path, text in files.items():
        # Tests import what they need by name, so nothing in them hides it.
        if not path.endswith(".py") or path.startswith("tests/"):
            continue
        taken = {new.package, new.stack} & set(_words(path, text))
        if taken:
            raise UsageError(
                f"{new.package} cannot be the name of a project from {sample}: "
                f"{min(taken)} is something else in {path} already; add a word"
            )


def _words(path: str, text: str) -> Iterator[str]:
    """The names in a module, and its texts that are names, such as constructs' ids."""
    yield from Path(path).with_suffix("").parts
    tree = ast.parse(text)
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name) | ast.ImportFrom(module=str(name)):
                yield from name.split(".")
            case ast.keyword(arg=str(name)):
                yield name
            case ast.Constant(value=str(value)) if value.replace(".", "_").isidentifier():
                yield from value.split(".")
            case _:
                pass


def _renaming(old: ProjectName, new: ProjectName) -> Callable[[str], str]:
    """What replaces each form of a name by the same form of another, where it is a whole word."""
    forms = dict(zip(_forms(old), _forms(new), strict=True))
    either = "|".join(re.escape(form) for form in forms)
    word = re.compile(rf"(?<![A-Za-z0-9_])(?:{either})(?![A-Za-z0-9_])")
    return lambda text: word.sub(lambda found: forms[found[0]], text)


def _forms(name: ProjectName) -> Iterable[str]:
    return (
        *(name.package, name.stack, name.bucket, name.bucket.capitalize()),
        *(name.title, name.title.lower(), name.title.title()),
    )


def _at_home(path: str, text: str, files: Mapping[str, str]) -> str:
    """A file without the lines that speak of this house, where the project's own has no such."""
    if path.startswith("scenarios/"):
        return _without(text, lambda line: line.startswith(_SCHEMA_COMMENT))
    if path.startswith("stacks/") and path.endswith(".toml"):
        return _without(
            _OTHER_LANGUAGES.sub("", _VERDICTS.sub("", text)),
            lambda line: (
                line.startswith("talk = ")
                or _RECKONED.search(line) is not None
                or any(place not in files for place in _ELSEWHERE.findall(line))
            ),
        )
    return text


def _without(text: str, leave_out: Callable[[str], bool]) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not leave_out(line))
