"""What may stand in the arguments of a component, and how the construct takes it in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hinagata.scenario import units
from hinagata.scenario.document import Value
from hinagata.scenario.file_format import METHODS
from hinagata.scenario.form import (
    Field,
    Form,
    quantity,
    record,
    text,
)

NAME = "[a-z][a-z0-9]*(_[a-z0-9]+)*"
NAME_EXPECTED = "a name of lower-case words, as order_intake"
EVENT_TYPE = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
EVENT_TYPE_EXPECTED = "the type of an event, as order.placed"
# A variable of the stack, a module and a construct's id are made of it.
LONGEST_NAME = 40
# So much stands between the quotation marks of a docstring, indented, on a line of 100.
LONGEST_SENTENCE = 88
# Shorter ones, as `true`, tell nobody anything.
SHORTEST_REASON = 10

_PATH = r"(/|(/([A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]*\}))+)"
_ROUTE = rf"({'|'.join(METHODS)}) {_PATH}"
_IN_DOCSTRING = r'[^"\\]+'
# What YAML has for a value that is not given.
_NOTHING = ("", "~", "null")
_ROUTE_EXPECTED = 'a method and a path, as "POST /orders/{order_id}"'


@dataclass(frozen=True, kw_only=True)
class RouteTo:
    """What answers the requests of a route.

    Attributes:
        function: the module of its handler; empty for one that is named after the route.
        event: the type of the event that a request makes; empty for one that is named after the
            function.
        bus: the event bus that a request goes to as it is, with no function; empty for none.
    """

    function: str = ""
    event: str = ""
    bus: str = ""


@dataclass(frozen=True, kw_only=True)
class StepOf:
    """A step of a workflow.

    Attributes:
        do: the worker that takes it.
        undo: the worker that undoes it; empty for none.
    """

    do: str
    undo: str = ""


def sentence() -> Form[str]:
    """Return the form of a sentence that becomes the first line of a docstring."""
    bare = text()

    def read(value: Value) -> str:
        found = bare.read(value).strip()
        if not found:
            value.fail(found="blanks alone", expected="a sentence")
        if len(found) > LONGEST_SENTENCE:
            value.fail(
                found=f"{len(found)} characters",
                expected=f"at most {LONGEST_SENTENCE}: it is one line of the code that is made",
            )
        if not units.matches(_IN_DOCSTRING, found):
            value.fail(expected='a sentence with neither " nor \\, which end it in the code')
        return f"{found[0].upper()}{found[1:]}" + ("" if found[-1] in ".!?" else ".")

    within = {"maxLength": LONGEST_SENTENCE, "pattern": f"^{_IN_DOCSTRING}$"}
    return Form(read, {**bare.schema, **within})


def reason() -> Form[str]:
    """Return the form of the reason for which a guard rail is off."""
    bare = text()

    def read(value: Value) -> str:
        expected = 'a reason, as "Whoever signs up is not known yet."'
        if not isinstance(value.node.value, str) or len(value.node.value) < SHORTEST_REASON:
            value.fail(expected=expected)
        return bare.read(value)

    return Form(read, {**bare.schema, "minLength": SHORTEST_REASON})


@dataclass(frozen=True)
class Argument:
    """An argument of a component.

    Attributes:
        form: what may stand in it.
        summary: what it is for, as an editor shows it.
        code: returns a value as the construct takes it, in Python; None for one that the stack's
            code says in another way.
        required: whether it must be there.
    """

    form: Form[Any]
    summary: str
    code: Callable[[Any], str] | None = repr
    required: bool = False


def duration_code(seconds: float) -> str:
    """Return a duration as the CDK takes it."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds >= size and seconds % size == 0:
            return f"cdk.Duration.{unit}({int(seconds // size)})"
    return f"cdk.Duration.millis({round(seconds * 1000)})"


def duration(most: float, shown: str, *, least: float = 1) -> Form[float]:
    """Return the form of a duration in whole seconds.

    Args:
        most: the longest, in seconds.
        shown: how a person writes that.
        least: the shortest, in seconds.
    """
    bounded = quantity(
        units.seconds,
        units.DURATION_PATTERN,
        expected=units.DURATION_EXPECTED,
        positive=True,
        at_most=(most, shown),
    )

    def read(value: Value) -> float:
        seconds = bounded.read(value)
        if seconds < least or seconds % 1:
            value.fail(expected=f"whole seconds from {units.show_seconds(least)} to {shown}")
        return seconds

    return Form(read, bounded.schema)


def calls_per_second(*, at_most: int) -> Form[int]:
    """Return the form of a rate that is a whole number a second: `300/min`, or `5` alone."""
    expected = f"a rate such as 5/s or 300/min, of 1 to {at_most:,} whole calls a second"

    def read(value: Value) -> int:
        said = str(getattr(value.node, "value", ""))
        try:
            rate = units.per_second(f"{said}/s" if said.isdecimal() else said)
        except ValueError:
            value.fail(expected=expected)
        if not 1 <= rate <= at_most or rate % 1:
            value.fail(expected=expected)
        return int(rate)

    return Form(
        read,
        {
            "oneOf": [
                {"type": "integer", "minimum": 1, "maximum": at_most},
                {"type": "string", "pattern": f"^{units.RATE_PATTERN}$"},
            ]
        },
    )


def flag() -> Form[bool]:
    """Return the form of true or false."""

    def read(value: Value) -> bool:
        said = getattr(value.node, "value", None)
        if said not in ("true", "false"):
            value.fail(expected="true or false")
        return bool(said == "true")

    return Form(read, {"type": "boolean"})


def one_of(*known: int) -> Form[int]:
    """Return the form of one of some numbers."""

    def read(value: Value) -> int:
        found = value.integer()
        if found not in known:
            value.fail(expected=f"one of {', '.join(map(str, known))}")
        return found

    return Form(read, {"enum": list(known)})


def name() -> Form[str]:
    """Return the form of the name of a component or a function."""
    bare = text(pattern=NAME, expected=NAME_EXPECTED)

    def read(value: Value) -> str:
        found = bare.read(value)
        if len(found) > LONGEST_NAME:
            value.fail(expected=f"a name of at most {LONGEST_NAME} characters")
        return found

    return Form(read, bare.schema)


_EVENT_TYPE = text(pattern=EVENT_TYPE, expected=EVENT_TYPE_EXPECTED)

_ROUTE_TO = record(
    RouteTo,
    {
        "function": Field(name(), "The module of its handler.", "function", required=False),
        "event": Field(
            _EVENT_TYPE, "The type of the event that a request makes.", "event", required=False
        ),
        "bus": Field(
            name(),
            "The event bus that requests go to as they are, with no function (REST).",
            "bus",
            required=False,
        ),
    },
)


def _read_routes(value: Value) -> dict[str, RouteTo]:
    found: dict[str, RouteTo] = {}
    for route, entry in value.entries().items():
        if not units.matches(_ROUTE, route):
            entry.fail_name(found=f"the route {route!r}", expected=_ROUTE_EXPECTED)
        shape = _shape(route)
        for other in found:
            if _shape(other) == shape:
                entry.fail_name(found=f"{route}, which {other} takes too", expected="each once")
        found[route] = _read_route(entry)
    if not found:
        value.fail(found="no route", expected="at least one")
    return found


def _read_route(value: Value) -> RouteTo:
    said = getattr(value.node, "value", None)
    if not isinstance(said, str):
        return _ROUTE_TO.read(value)
    return RouteTo() if said in _NOTHING else RouteTo(function=name().read(value))


def _shape(route: str) -> str:
    """Return a route without the names of its parameters."""
    method, path = route.split(" ")
    segments = ["{}" if segment.startswith("{") else segment for segment in path.split("/")]
    return f"{method} {'/'.join(segments)}"


ROUTES: Form[dict[str, RouteTo]] = Form(
    _read_routes,
    {
        "type": "object",
        "propertyNames": {"pattern": f"^{_ROUTE}$"},
        "additionalProperties": {"oneOf": [name().schema, {"type": "null"}, _ROUTE_TO.schema]},
        "minProperties": 1,
    },
)

_STEP = record(
    StepOf,
    {
        "do": Field(name(), "The worker that takes the step.", "do"),
        "undo": Field(
            name(), "The worker that undoes it where a later one fails.", "undo", required=False
        ),
    },
)


def _read_step(value: Value) -> StepOf:
    if isinstance(getattr(value.node, "value", None), str):
        return StepOf(do=name().read(value))
    return _STEP.read(value)


def _read_steps(value: Value) -> tuple[StepOf, ...]:
    steps = tuple(_read_step(element) for element in value.elements())
    if not steps:
        value.fail(found="no step", expected="at least one")
    return steps


STEPS: Form[tuple[StepOf, ...]] = Form(
    _read_steps,
    {"type": "array", "items": {"oneOf": [name().schema, _STEP.schema]}, "minItems": 1},
)
