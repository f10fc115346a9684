"""A construct's arguments, verbs and attributes, from its signature and its docstring.

They are read, not imported: importing a construct loads the CDK, which takes seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import griffe

from hinagata.catalogue.error import CatalogueError

# Every construct has them; what they are is said once, in the CDK's own documentation.
_CONSTRUCT = ("scope", "construct_id")
_UNSET = "None"
# "None: 24 h; more costs ..." says what the pattern decides where nothing is given.
_NONE_MEANS = re.compile(r"\bNone: (?P<means>.+?)(?:\.(?=\s|$)|$)\s*")
_NO_VERBS = ("address", "invoked_by", "consumed_for", "told")


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument.

    Attributes:
        name: As it is given.
        type: As the signature has it; empty if it has none.
        default: What holds where it is not given; empty if it has to be given.
        says: What its docstring says.
        is_literal: Whether the default stands in the signature, and not in the docstring.
    """

    name: str
    type: str
    default: str
    says: str
    is_literal: bool

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return not self.default

    @property
    def prose(self) -> str:
        """What its docstring says beside the default."""
        if self.is_literal:
            return self.says
        return _NONE_MEANS.sub("", self.says, count=1).strip()

    @property
    def can_be_off(self) -> bool:
        """Whether it is a guard rail that `Off` takes away."""
        return "Off" in re.findall(r"\w+", self.type)


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A method that connects a construct with others.

    Attributes:
        name: Of the method.
        summary: The first sentence of its docstring.
        arguments: What it takes.
    """

    name: str
    summary: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """What a construct's class says of itself.

    Attributes:
        name: Of the class.
        summary: The first sentence of its docstring.
        text: The rest of its prose.
        arguments: What its constructor takes, beside scope and id.
        id_says: What its id is for, beside being one.
        verbs: Its methods for connecting.
        attributes: Its public attributes, with what they are.
    """

    name: str
    summary: str
    text: str
    arguments: tuple[Argument, ...]
    id_says: str
    verbs: tuple[Verb, ...]
    attributes: tuple[tuple[str, str], ...]


def read_reference(file: Path, construct: str) -> Reference:
    """Returns what a construct says of itself.

    Args:
        file: Its module, in the package of the patterns.
        construct: The name of its class.

    Raises:
        CatalogueError: There is no such class, or it has no docstring, or an argument has none.
    """
    module = _module(file)
    found = module.members.get(construct)
    if not isinstance(found, griffe.Class) or found.docstring is None:
        raise CatalogueError(f"{file}: there is no class {construct} with a docstring")
    sections = _sections(found)
    summary, _, text = str(sections.get("text", "")).partition("\n\n")
    says = {each.name: _line(each.description) for each in sections.get("parameters", [])}
    initializer = found.members.get("__init__")
    if not isinstance(initializer, griffe.Function):
        raise CatalogueError(f"{file}: {construct} has no constructor")
    return Reference(
        name=construct,
        summary=_line(summary),
        text=text.strip(),
        arguments=tuple(
            _argument(each, says, f"{file}: {construct}", module)
            for each in initializer.parameters
            if each.name not in ("self", *_CONSTRUCT)
        ),
        id_says=says.get("construct_id", ""),
        verbs=tuple(_verbs(found, module)),
        attributes=tuple(
            (name, _line(each.description))
            for each in sections.get("attributes", [])
            for name in each.name.split(", ")
        ),
    )


@cache
def _module(file: Path) -> griffe.Module:
    try:
        module = griffe.visit(file.stem, filepath=file, code=file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise CatalogueError(f"{file}: it cannot be read: {error}") from None
    if not isinstance(module, griffe.Module):
        raise CatalogueError(f"{file}: it is no module")
    return module


def _sections(
    documented: griffe.Class | griffe.Function,
) -> dict[str, list[griffe.DocstringParameter]]:
    if documented.docstring is None:
        return {}
    parsed = documented.docstring.parse("google", warnings=False)
    return {section.kind.value: section.value for section in parsed}


def _verbs(found: griffe.Class, module: griffe.Module) -> list[Verb]:
    """The methods of a class, then those of the classes of this package that it is one of."""
    verbs = [
        _verb(member, module)
        for name, member in found.members.items()
        if isinstance(member, griffe.Function)
        and not name.startswith(("_", "grant_"))
        and name not in _NO_VERBS
        and "property" not in member.labels
    ]
    for base in found.bases:
        path = module.imports.get(str(base), "")
        if path.startswith("patterns."):
            home = _home(module, path)
            inherited = home.members.get(path.rpartition(".")[2])
            if isinstance(inherited, griffe.Class):
                verbs += [
                    verb
                    for verb in _verbs(inherited, home)
                    if verb.name not in {each.name for each in verbs}
                ]
    return verbs


def _verb(method: griffe.Function, module: griffe.Module) -> Verb:
    sections = _sections(method)
    says = {each.name: _line(each.description) for each in sections.get("parameters", [])}
    summary = _line(str(sections.get("text", "")).partition("\n\n")[0])
    return Verb(
        name=method.name,
        summary=summary.replace("`", ""),
        arguments=tuple(
            _described(each, says.get(each.name, ""), module)
            for each in method.parameters
            if each.name != "self"
        ),
    )


def _argument(
    given: griffe.Parameter, says: dict[str, str], where: str, module: griffe.Module
) -> Argument:
    if given.name not in says:
        raise CatalogueError(f"{where}: its docstring says nothing of the argument {given.name}")
    return _described(given, says[given.name], module)


def _described(given: griffe.Parameter, says: str, module: griffe.Module) -> Argument:
    told = _NONE_MEANS.search(says) if str(given.default) == _UNSET else None
    return Argument(
        name=given.name,
        type=_line(str(given.annotation or "")),
        default=told["means"] if told else _literal(given, module),
        says=says,
        is_literal=told is None,
    )


def _literal(given: griffe.Parameter, module: griffe.Module) -> str:
    """The default as the signature has it, a constant by its value."""
    if given.default is None:
        return ""
    default = str(given.default)
    path = module.imports.get(default, "")
    home = _home(module, path) if path.startswith("patterns.") else module
    constant = home.members.get(default)
    return str(constant.value) if isinstance(constant, griffe.Attribute) else default


def _home(module: griffe.Module, path: str) -> griffe.Module:
    """The module of the patterns that something is imported from."""
    file = module.filepath
    folder = (file[0] if isinstance(file, list) else file).parent
    return _module(folder / f"{path.split('.')[1]}.py")


def _line(text: str) -> str:
    return " ".join(text.split())
