"""Resolves the intrinsic functions of a template as far as anybody can know their values."""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from hinagata.topology.template_file import DEEPEST, TemplateError
from hinagata.topology.value import (
    UNKNOWN,
    OneOf,
    Reference,
    Text,
    Unknown,
    Value,
    alternatives,
    is_known,
)

if TYPE_CHECKING:
    from hinagata.topology.scope import Scope

# Beyond it the values of a property are as good as unknown.
_MOST_ALTERNATIVES = 64
_MOST_SUBNETS = 256
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SSM = "{{resolve:ssm:"
_DYNAMIC_PARAMETER = re.compile(r"\{\{resolve:ssm:([^:}]+)(?::\d+)?\}\}")


class _Absent:
    """The type of `ABSENT`."""


# What `AWS::NoValue` stands for inside a mapping or a list: as if it were not written.
ABSENT: Final = _Absent()


def resolve(raw: object, scope: Scope, depth: int = 0) -> Any:
    """Returns a value with every intrinsic function in it resolved, or `ABSENT`.

    Args:
        raw: The value as a template has it.
        scope: The template, and what is known around it.
        depth: Levels above it, so that a template nested too deep is refused.

    Raises:
        TemplateError: It is nested too deep, or refers to a logical id that does not exist.
    """
    kind = KINDS.get(type(raw))
    return raw if kind is None else kind(raw, scope, depth)


def _text(raw: str, scope: Scope, depth: int) -> Value:  # noqa: ARG001 - as the other kinds
    return _text_with_parameters(raw, scope) if _SSM in raw else raw


def _mapping(raw: dict[str, Any], scope: Scope, depth: int) -> Any:
    if depth > DEEPEST:
        raise _too_deep(scope)
    if len(raw) == 1:
        ((key, argument),) = raw.items()
        function = _FUNCTIONS.get(key)
        if function is not None:
            return function(argument, scope, depth + 1)
        if isinstance(key, str) and key.startswith("Fn::"):
            return UNKNOWN
    elif "Fn::Transform" in raw:
        return UNKNOWN
    found = {}
    for key, value in raw.items():
        resolved = resolve(value, scope, depth + 1)
        if resolved is not ABSENT:
            found[key] = resolved
    return found


def _list(raw: list[Any], scope: Scope, depth: int) -> list[Value]:
    if depth > DEEPEST:
        raise _too_deep(scope)
    return [found for item in raw if (found := resolve(item, scope, depth + 1)) is not ABSENT]


def truth(raw: object, scope: Scope, depth: int = 0) -> bool | None:
    """Returns whether a condition holds; None if that cannot be known.

    Args:
        raw: What the Conditions section has, e.g. `{"Fn::Equals": [...]}`.
        scope: The template.
        depth: As for `resolve`.
    """
    if depth > DEEPEST:
        raise _too_deep(scope)
    if not isinstance(raw, dict) or len(raw) != 1:
        return None
    ((function, argument),) = raw.items()
    if function == "Condition":
        return scope.condition(argument)
    if not isinstance(argument, list):
        return None
    if function == "Fn::Equals" and len(argument) == 2:
        left, right = (_resolved(side, scope, depth + 1) for side in argument)
        return _same(left, right)
    if function not in ("Fn::And", "Fn::Or", "Fn::Not"):
        return None
    return _connected(function, {truth(each, scope, depth + 1) for each in argument})


def _connected(function: str, held: set[bool | None]) -> bool | None:
    """Kleene's logic: one that decides does so whatever the unknown others are."""
    if function == "Fn::Not":
        negated = held.pop() if len(held) == 1 else None
        return None if negated is None else not negated
    decides = function == "Fn::Or"
    if decides in held:
        return decides
    return None if None in held or not held else not decides


def split(value: Value, delimiter: str) -> Value:
    """Returns the pieces of a text; what cannot be split is unknown, unless it is one reference.

    A piece of a reference is a reference whose attribute names it: `Arn[5]` is the sixth piece.
    """
    if isinstance(value, OneOf):
        return _one_of(split(each, delimiter) for each in value.alternatives)
    if isinstance(value, list):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    if not delimiter:
        return UNKNOWN
    if isinstance(value, str):
        return list(value.split(delimiter))
    if not isinstance(value, Text):
        return UNKNOWN
    pieces: list[list[Value]] = [[]]
    for part in value.parts:
        if isinstance(part, str):
            first, *more = part.split(delimiter)
            pieces[-1].append(first)
            pieces += ([each] for each in more)
        else:
            pieces[-1].append(part)
    return [joined(piece) for piece in pieces]


def joined(parts: Iterable[Value]) -> Value:
    """Returns one text of several parts: a plain one where all of them are known."""
    choices = [list(alternatives(part)) for part in parts]
    count = 1
    for each in choices:
        count *= len(each)
    if count == 1:
        return _one_text([each[0] for each in choices])
    if count > _MOST_ALTERNATIVES:
        return _one_text([each[0] if len(each) == 1 else UNKNOWN for each in choices])
    return _one_of(_one_text(list(chosen)) for chosen in itertools.product(*choices))


def _one_text(parts: list[Value]) -> Value:
    found: list[str | Reference | Unknown] = []
    for part in _flattened(parts):
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    if not found:
        return ""
    return found[0] if len(found) == 1 else Text(tuple(found))


def _flattened(parts: Iterable[Value]) -> Iterable[str | Reference | Unknown]:
    for part in parts:
        if isinstance(part, (str, Reference)):
            yield part
        elif isinstance(part, Text):
            yield from part.parts
        elif isinstance(part, bool):
            yield "true" if part else "false"
        elif isinstance(part, (int, float)):
            yield str(part)
        elif part is not None:
            yield UNKNOWN


def _one_of(values: Iterable[Value]) -> Value:
    """Returns what one of several values is: itself if they are all the same."""
    found: list[Value] = []
    for value in values:
        for each in alternatives(value):
            # To Python, 1 is True.
            if not any(type(each) is type(other) and each == other for other in found):
                found.append(each)
        if len(found) > _MOST_ALTERNATIVES:
            return UNKNOWN
    if not found:
        return UNKNOWN
    return found[0] if len(found) == 1 else OneOf(tuple(found))


def _resolved(raw: object, scope: Scope, depth: int) -> Value:
    found = resolve(raw, scope, depth)
    return None if found is ABSENT else found


def _ref(argument: object, scope: Scope, depth: int) -> Any:  # noqa: ARG001 - as all functions
    if not isinstance(argument, str):
        return UNKNOWN
    return ABSENT if argument == "AWS::NoValue" else scope.ref(argument)


def _get_att(argument: object, scope: Scope, depth: int) -> Value:
    if isinstance(argument, str):
        logical_id, _, attribute = argument.partition(".")
        return scope.attribute(logical_id, attribute)
    if not isinstance(argument, list) or len(argument) != 2:
        return UNKNOWN
    logical_id, attribute = argument
    if not (isinstance(logical_id, str) and isinstance(attribute, str)):
        logical_id, attribute = (resolve(each, scope, depth) for each in argument)
    if not isinstance(logical_id, str):
        return UNKNOWN
    return scope.attribute(logical_id, attribute if isinstance(attribute, str) else "")


def _sub(argument: object, scope: Scope, depth: int) -> Value:
    text, given = argument, {}
    if isinstance(argument, list) and len(argument) == 2:
        text, given = argument
    if not isinstance(text, str) or not isinstance(given, dict):
        return UNKNOWN
    parts: list[Value] = []
    at = 0
    for variable in _VARIABLE.finditer(text):
        parts.append(text[at : variable.start()])
        at = variable.end()
        name = variable[1].strip()
        if name.startswith("!"):
            parts.append(f"${{{variable[1][1:]}}}")
        elif name in given:
            parts.append(_resolved(given[name], scope, depth))
        elif "." in name:
            parts.append(_get_att(name, scope, depth))
        else:
            parts.append(_resolved({"Ref": name}, scope, depth))
    parts.append(text[at:])
    whole = joined(parts)
    return (
        _text_with_parameters(whole, scope) if isinstance(whole, str) and _SSM in whole else whole
    )


def _join(argument: object, scope: Scope, depth: int) -> Value:
    if not isinstance(argument, list) or len(argument) != 2:
        return UNKNOWN
    delimiter, items = (resolve(each, scope, depth) for each in argument)
    if not isinstance(delimiter, str):
        return UNKNOWN
    if isinstance(items, OneOf):
        return _one_of(_joined_by(delimiter, each) for each in items.alternatives)
    return _joined_by(delimiter, items)


def _joined_by(delimiter: str, items: Value) -> Value:
    if not isinstance(items, list):
        return UNKNOWN
    parts: list[Value] = []
    for item in items:
        if parts:
            parts.append(delimiter)
        parts.append(item)
    return joined(parts)


def _if(argument: object, scope: Scope, depth: int) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        return UNKNOWN
    condition, then, otherwise = argument
    held = scope.condition(condition)
    if held is not None:
        return resolve(then if held else otherwise, scope, depth)
    either = [resolve(each, scope, depth) for each in (then, otherwise)]
    if all(each is ABSENT for each in either):
        return ABSENT
    return _one_of(None if each is ABSENT else each for each in either)


def _select(argument: object, scope: Scope, depth: int) -> Value:
    if not isinstance(argument, list) or len(argument) != 2:
        return UNKNOWN
    at = _index(resolve(argument[0], scope, depth))
    if at is None:
        return UNKNOWN
    source = argument[1]
    if isinstance(source, dict) and len(source) == 1:
        if "Fn::GetAZs" in source:
            return _zone(at, _resolved(source["Fn::GetAZs"], scope, depth), scope)
        pieces = source.get("Fn::Split")
        if isinstance(pieces, list) and pieces:
            whole = _resolved(pieces[-1], scope, depth)
            if isinstance(whole, Reference):
                return Reference(whole.node, f"{whole.attribute}[{at}]")
    return _one_of(
        each[at] if isinstance(each, list) and at < len(each) else UNKNOWN
        for each in alternatives(_resolved(source, scope, depth))
    )


def _index(value: object) -> int | None:
    try:
        at = int(value) if isinstance(value, (int, str)) else -1
    except ValueError:
        return None
    return at if at >= 0 else None


def _zone(at: int, region: Value, scope: Scope) -> Value:
    """Returns a text for the zone of an index: zones differ if their indexes do."""
    named = region if isinstance(region, str) and region else scope.region
    if named is not None and at < 26:
        return f"{named}{chr(ord('a') + at)}"
    return f"zone-{at}"


def _split(argument: object, scope: Scope, depth: int) -> Value:
    if not isinstance(argument, list) or len(argument) != 2:
        return UNKNOWN
    delimiter, whole = (_resolved(each, scope, depth) for each in argument)
    return split(whole, delimiter) if isinstance(delimiter, str) else UNKNOWN


def _find_in_map(argument: object, scope: Scope, depth: int) -> Value:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        return UNKNOWN
    name, *keys = (_resolved(each, scope, depth) for each in argument[:3])
    otherwise = argument[3] if len(argument) == 4 else None
    mappings = scope.document.get("Mappings")
    mapping = mappings.get(name) if isinstance(mappings, dict) and isinstance(name, str) else {}
    found = [mapping]
    for key in keys:
        found = [value for each in found for value in _under(each, key)]
    if found:
        return _one_of(_resolved(each, scope, depth) for each in found)
    if isinstance(otherwise, dict) and "DefaultValue" in otherwise:
        return _resolved(otherwise["DefaultValue"], scope, depth)
    return UNKNOWN


def _under(mapping: object, key: Value) -> list[object]:
    if not isinstance(mapping, dict):
        return []
    if is_known(key) and all(isinstance(each, (str, int)) for each in alternatives(key)):
        return [mapping[str(each)] for each in alternatives(key) if str(each) in mapping]
    return list(mapping.values())


def _import_value(argument: object, scope: Scope, depth: int) -> Value:
    return _one_of(
        scope.imported(each) if isinstance(each, str) else UNKNOWN
        for each in alternatives(_resolved(argument, scope, depth))
    )


def _base64(argument: object, scope: Scope, depth: int) -> Value:
    text = resolve(argument, scope, depth)
    return base64.b64encode(text.encode()).decode() if isinstance(text, str) else UNKNOWN


def _cidr(argument: object, scope: Scope, depth: int) -> Value:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        return UNKNOWN
    block, *sizes = (resolve(each, scope, depth) for each in argument)
    count, bits = (_index(each) for each in (*sizes, 8)[:2])
    if not isinstance(block, str) or count is None or bits is None:
        return UNKNOWN
    try:
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - bits)
        found = list(itertools.islice(subnets, min(count, _MOST_SUBNETS)))
    except ValueError:
        return UNKNOWN
    return [str(each) for each in found]


def _length(argument: object, scope: Scope, depth: int) -> Value:
    items = resolve(argument, scope, depth)
    if not isinstance(items, list) or any(isinstance(item, OneOf) for item in items):
        return UNKNOWN
    return len(items)


def _to_json_string(argument: object, scope: Scope, depth: int) -> Value:
    left: list[Value] = []

    def stand_in(value: object) -> str:
        left.append(value)  # type: ignore[arg-type]
        return f"\0{len(left) - 1}\0"

    written = json.dumps(_resolved(argument, scope, depth), default=stand_in, separators=(",", ":"))
    pieces = written.split("\\u0000")
    return joined(left[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces))


def _text_with_parameters(text: str, scope: Scope) -> Value:
    """Follows dynamic references to parameters that the assembly itself makes."""
    parts: list[Value] = []
    at = 0
    for reference in _DYNAMIC_PARAMETER.finditer(text):
        found = scope.parameter_store(reference[1])
        parts += (text[at : reference.start()], reference[0] if found is None else found)
        at = reference.end()
    return joined((*parts, text[at:]))


def _same(left: Value, right: Value) -> bool | None:
    answers = {_equal(one, other) for one in alternatives(left) for other in alternatives(right)}
    return answers.pop() if len(answers) == 1 else None


def _equal(left: Value, right: Value) -> bool | None:
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return left == right if is_known(left) and is_known(right) else None
    if isinstance(left, Reference) and left == right:
        return True
    if not all(isinstance(each, (str, bool, int, float)) for each in (left, right)):
        return None
    return _one_text([left]) == _one_text([right])


def _too_deep(scope: Scope) -> TemplateError:
    return TemplateError(f"{scope.where} is nested too deep: more than {DEEPEST} levels")


# What is neither of these is its own value.
KINDS: dict[type, Callable[[Any, Scope, int], Any]] = {str: _text, dict: _mapping, list: _list}
_FUNCTIONS: dict[str, Callable[[Any, Scope, int], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::If": _if,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json_string,
}
