"""Writes out the loops of a template: `Fn::ForEach` of `AWS::LanguageExtensions`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hinagata.topology.template_file import TemplateError
from hinagata.topology.value import Value

TRANSFORM = "AWS::LanguageExtensions"
LOOP = "Fn::ForEach::"
# CloudFormation takes 500 resources; loops in loops would fill the memory.
_MOST_PASSES = 5_000
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


class WrittenOut(NamedTuple):
    """A template without loops; those over what is not known are macros like others.

    Attributes:
        document: The template.
        made_by: For each resource that a loop made, the loop's key in the template.
    """

    document: dict[str, Any]
    made_by: Mapping[str, str]


def write_out(
    document: Mapping[str, Any], resolve: Callable[[object], Value], where: str
) -> WrittenOut:
    """Returns a template with one copy of a loop's body for each item of its collection.

    Args:
        document: The template; it is not changed.
        resolve: Resolves a collection, e.g. a `Ref` to a parameter.
        where: Its file or name, for messages.

    Raises:
        TemplateError: It would grow beyond any template, or is nested too deep.
    """
    writer = _Writer(resolve, where)
    made_by: dict[str, str] = {}
    found: dict[str, Any] = {}
    try:
        for section, content in document.items():
            if section == "Resources":
                found[section] = {}
                for key, value in content.items():
                    copies = writer.write({key: value}, {})
                    found[section] |= copies
                    made_by |= dict.fromkeys(copies.keys() - {key}, key)
            else:
                found[section] = writer.write(content, {})
    except RecursionError:
        raise TemplateError(f"{where} is nested too deep to be read") from None
    return WrittenOut(found, made_by)


class _Writer:
    def __init__(self, resolve: Callable[[object], Value], where: str) -> None:
        self._resolve = resolve
        self._where = where
        self._passes = 0

    def write(self, value: Any, bound: Mapping[str, str]) -> Any:
        """Returns a value with its loops written out and the loops' variables put in."""
        if isinstance(value, str):
            return _put_in(value, bound)
        if isinstance(value, list):
            return [self.write(item, bound) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and value.get("Ref") in bound:
            return bound[value["Ref"]]
        found: dict[str, Any] = {}
        for key, inner in value.items():
            if not key.startswith(LOOP):
                found[_put_in(key, bound)] = self.write(inner, bound)
            elif (copies := self._copies(inner, bound)) is not None:
                found |= copies
            else:
                # As with any macro, nobody knows what else is in the mapping.
                found["Fn::Transform"] = inner
        return found

    def _copies(self, loop: object, bound: Mapping[str, str]) -> dict[str, Any] | None:
        match loop:
            case [str(variable), collection, dict(body)]:
                items = self._resolve(self.write(collection, bound))
            case _:
                return None
        if not isinstance(items, list) or not all(isinstance(each, (str, int)) for each in items):
            return None
        found: dict[str, Any] = {}
        for item in items:
            self._passes += 1
            if self._passes > _MOST_PASSES:
                message = f"{self._where}: its loops have more than {_MOST_PASSES} passes"
                raise TemplateError(message)
            found |= self.write(body, {**bound, variable: str(item)})
        return found


def _put_in(text: str, bound: Mapping[str, str]) -> str:
    if "{" in text:
        for variable, item in bound.items():
            text = text.replace(f"${{{variable}}}", item)
            text = text.replace(f"&{{{variable}}}", _NOT_ALPHANUMERIC.sub("", item))
    return text
