"""Finds references to logical ids that a template does not have: such a template is broken."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from hinagata.topology.template_file import TemplateError

if TYPE_CHECKING:
    from hinagata.topology.scope import Scope

_REF = re.compile(r'"Ref"\s*:\s*"([^"]+)')
_GET_ATT = re.compile(r'"Fn::GetAtt"\s*:\s*\[?\s*"([^".]+)')
_VARIABLE = re.compile(r"\$\{([^}!]+)\}")


def may_be_broken(text: str, known: Collection[str]) -> bool:
    """Whether the text of a template, in JSON, may name a logical id that does not exist.

    It takes a hundredth of the time of looking at each value, and errs on the side of yes.

    Args:
        text: The template.
        known: Its logical ids and parameters.
    """
    named = {variable.partition(".")[0] for variable in set(_VARIABLE.findall(text))}
    named.update(_REF.findall(text), _GET_ATT.findall(text))
    return any(not name.startswith("AWS::") for name in named.difference(known))


def refuse_broken_references(scope: Scope) -> None:
    """Refuses a template that refers to what it does not have.

    Raises:
        TemplateError: Names the template, the resource or output, and the logical id.
    """
    resources = scope.section("Resources")
    known = {*resources, *scope.section("Parameters")}
    for section in ("Resources", "Outputs"):
        for name, declared in scope.section(section).items():
            if not isinstance(declared, dict):
                continue
            raw = declared.get("Properties" if section == "Resources" else "Value")
            for missing in _named(raw):
                if missing in known or missing.startswith("AWS::"):
                    continue
                what = "the resource" if section == "Resources" else "the output"
                message = (
                    f"{scope.where}: {what} {name} refers to {missing}, which is neither a "
                    "resource nor a parameter of this template"
                )
                raise TemplateError(message)


def _named(raw: object) -> Iterator[str]:
    """Yields the logical ids that intrinsic functions name, without recursion."""
    open_ = [raw]
    while open_:
        value = open_.pop()
        if isinstance(value, list):
            open_ += value
        elif isinstance(value, dict):
            if len(value) == 1:
                yield from _named_by(*next(iter(value.items())))
            open_ += value.values()


def _named_by(function: object, argument: object) -> Iterator[str]:
    if function == "Ref" and isinstance(argument, str):
        yield argument
    elif function == "Fn::GetAtt":
        first = argument[0] if isinstance(argument, list) and argument else argument
        if isinstance(first, str):
            yield first.partition(".")[0]
    elif function == "Fn::Sub":
        text, given = argument, {}
        if isinstance(argument, list) and len(argument) == 2:
            text, given = argument
        if isinstance(text, str) and isinstance(given, dict):
            for variable in _VARIABLE.findall(text):
                if variable.strip() not in given:
                    yield variable.strip().partition(".")[0]
