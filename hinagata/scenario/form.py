"""Forms: what may stand in a field, said once for the reader and for the published schema.

A form takes a value of a document and returns what it means, or refuses it with its line. Its
schema says the same to an editor, as far as JSON Schema can: bounds of a quantity with a unit, and
names that must be those of something else in the file, are the reader's alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from hinagata.scenario import units
from hinagata.scenario.document import LONGEST_TEXT, Value, show

T = TypeVar("T")
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Form(Generic[T]):
    """What may stand somewhere.

    Attributes:
        read: returns what a value means.
        schema: the JSON Schema of it.
    """

    read: Callable[[Value], T]
    schema: Schema


@dataclass(frozen=True)
class Field:
    """A field of a mapping.

    Attributes:
        form: what may stand in it.
        summary: what it is for, as an editor shows it.
        into: the name of the argument that takes it; empty if nothing does.
        required: whether it must be there; if not, the model knows the default.
    """

    form: Form[Any]
    summary: str
    into: str
    required: bool = True


@dataclass(frozen=True)
class Record(Form[T]):
    """A mapping whose names are known."""

    make: Callable[..., T]
    fields: Mapping[str, Field]


def text(*, pattern: str | None = None, expected: str = "") -> Form[str]:
    """Return the form of a text of one line.

    Args:
        pattern: what it must match, in the words that Python and JavaScript share.
        expected: what that means, for people.
    """

    def read(value: Value) -> str:
        found = value.text()
        if pattern is not None and not units.matches(pattern, found):
            value.fail(expected=expected)
        return found

    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    return Form(read, schema | ({"pattern": f"^{pattern}$"} if pattern else {}))


def choice(names: Iterable[str], *, kind: str) -> Form[str]:
    """Return the form of one of some names."""
    known = tuple(names)
    return Form(lambda value: value.one_of(known, kind=kind), {"enum": list(known)})


def whole(*, at_least: int = 0, at_most: int) -> Form[int]:
    """Return the form of a whole number."""
    return Form(
        lambda value: value.integer(at_least=at_least, at_most=at_most),
        {"type": "integer", "minimum": at_least, "maximum": at_most},
    )


def number(*, at_least: float = 0, at_most: float, positive: bool = False) -> Form[float]:
    """Return the form of a number; `positive` refuses zero."""
    return Form(
        lambda value: value.number(at_least=at_least, at_most=at_most, positive=positive),
        {
            "type": "number",
            "exclusiveMinimum" if positive else "minimum": at_least,
            "maximum": at_most,
        },
    )


def quantity(
    parse: Callable[[str], float],
    pattern: str,
    *,
    expected: str,
    positive: bool = False,
    at_most: tuple[float, str],
) -> Form[float]:
    """Return the form of a number with a unit.

    Args:
        parse: reads it.
        pattern: what it looks like, in the words that Python and JavaScript share.
        expected: what that means, for people.
        positive: whether zero is refused.
        at_most: the largest one that makes sense, and how a person writes it.
    """
    return Form(
        lambda value: value.measure(parse, positive=positive, at_most=at_most),
        {"type": "string", "pattern": f"^{pattern}$", "title": expected},
    )


def names(*, kind: str) -> Form[tuple[str, ...]]:
    """Return the form of a list of different names, at least one."""
    name = text()

    def read(value: Value) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for element in value.elements():
            if (one := name.read(element)) in found:
                element.fail(found=f"{show(one)} a second time", expected=f"each {kind} once")
            found[one] = None
        if not found:
            value.fail(found="an empty list", expected=f"at least one {kind}")
        return tuple(found)

    return Form(read, {"type": "array", "items": name.schema, "minItems": 1, "uniqueItems": True})


def list_of(form: Form[T]) -> Form[tuple[T, ...]]:
    """Return the form of a list, which may be empty."""
    return Form(
        lambda value: tuple(form.read(element) for element in value.elements()),
        {"type": "array", "items": form.schema},
    )


def mapping_of(
    form: Form[T], *, kind: str, pattern: str, expected: str, at_least_one: bool = False
) -> Form[dict[str, T]]:
    """Return the form of a mapping whose names the user chooses.

    Args:
        form: what stands behind each name.
        kind: what each is, for people.
        pattern: what a name looks like, in the words that Python and JavaScript share.
        expected: what that means, for people.
        at_least_one: whether an empty mapping is refused.
    """

    def read(value: Value) -> dict[str, T]:
        entries = value.entries()
        if at_least_one and not entries:
            value.fail(found=f"no {kind}", expected="at least one")
        for name, entry in entries.items():
            if not units.matches(pattern, name):
                entry.fail_name(found=f"the name {show(name)}", expected=expected)
        return {name: form.read(entry) for name, entry in entries.items()}

    return Form(
        read,
        {
            "type": "object",
            "additionalProperties": form.schema,
            "propertyNames": {"pattern": f"^{pattern}$"},
            "minProperties": int(at_least_one),
        },
    )


def record(make: Callable[..., T], fields: Mapping[str, Field]) -> Record[T]:
    """Return the form of a mapping whose names are known.

    Args:
        make: called with what was read, by the names that the fields give.
        fields: the fields by their names in the file.
    """
    required = [name for name, field in fields.items() if field.required]
    optional = [name for name, field in fields.items() if not field.required]

    def read(value: Value) -> T:
        entries = value.fields(required=required, optional=optional).entries
        read = {fields[name].into: fields[name].form.read(entry) for name, entry in entries.items()}
        read.pop("", None)
        return make(**read)

    return Record(
        read,
        {
            "type": "object",
            "properties": {
                name: {**field.form.schema, "description": field.summary}
                for name, field in fields.items()
            },
            "required": required,
            "additionalProperties": False,
        },
        make,
        fields,
    )


def variants(
    field: str,
    records: Mapping[str, Record[Any]],
    *,
    kind: str,
    summary: str,
    into: str = "",
    default: str | None = None,
) -> Form[Any]:
    """Return the form of a mapping that one of its fields tells the kind of.

    Args:
        field: the field.
        records: the other fields, by its value.
        kind: what its value is, for people.
        summary: what it is for.
        into: the name of the argument that takes the kind; empty if nothing does.
        default: the kind of a mapping without the field. None: it must be there.
    """
    whole_records = {
        name: record(
            form.make,
            {
                field: Field(
                    Form(lambda value: value.text(), {"const": name}),
                    summary,
                    into,
                    required=default != name,
                ),
                **form.fields,
            },
        )
        for name, form in records.items()
    }
    every_field = {name for form in whole_records.values() for name in form.fields}

    def read(value: Value) -> Any:
        told = value.entries().get(field)
        if told is not None:
            name = told.one_of(whole_records, kind=kind)
        elif default is not None:
            name = default
        else:
            value.fail(found=f"no {field}", expected=f"a {kind}: {_alternatives(whole_records)}")
        own = whole_records[name].fields
        for other, entry in value.entries().items():
            # No slip of the pen, so no name is proposed for it.
            if other in every_field and other not in own:
                entry.fail_name(
                    found=f"a field that the {kind} {name} does not have",
                    expected=f"one of {', '.join(own)}",
                )
        return whole_records[name].read(value)

    return Form(read, {"oneOf": [form.schema for form in whole_records.values()]})


def either(marks: Mapping[str, Form[T]], otherwise: Form[T]) -> Form[T]:
    """Return the form of one of several mappings, told apart by a field that only one has.

    Args:
        marks: the mappings by that field.
        otherwise: the mapping that has none of them.
    """

    def read(value: Value) -> T:
        entries = value.entries()
        form = next((form for mark, form in marks.items() if mark in entries), otherwise)
        return form.read(value)

    return Form(read, {"oneOf": [form.schema for form in (*marks.values(), otherwise)]})


def also(form: Form[T], check: Callable[[Value, T], None]) -> Form[T]:
    """Return a form with one more rule, which the schema cannot say."""

    def read(value: Value) -> T:
        found = form.read(value)
        check(value, found)
        return found

    return replace(form, read=read)


def published(form: Form[Any], *, title: str, description: str) -> str:
    """Return the schema of a whole file as it is published, in JSON.

    Args:
        form: what may stand in the file.
        title: what the file is.
        description: what it says.
    """
    document = {
        # The draft that the YAML plug-ins of editors know best.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "description": description,
        **form.schema,
    }
    return json.dumps(document, indent=2) + "\n"


def _alternatives(known: Iterable[str]) -> str:
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last
