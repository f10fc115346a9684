"""The blueprint: a page of YAML that says what a project's architecture is made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from hinagata.errors import HinagataError
from hinagata.generator.arguments import (
    EVENT_TYPE,
    EVENT_TYPE_EXPECTED,
    LONGEST_NAME,
    NAME,
    NAME_EXPECTED,
    RouteTo,
    duration,
    flag,
    name,
    sentence,
)
from hinagata.generator.kinds import KINDS, PARTITION_KEY, SORT_KEY, Kind
from hinagata.scenario import units
from hinagata.scenario.document import LARGEST_BYTES, Value, parse_document, show
from hinagata.scenario.file_format import KEY, RATE
from hinagata.scenario.form import (
    Field,
    Form,
    list_of,
    mapping_of,
    names,
    quantity,
    record,
    text,
    whole,
)
from hinagata.suggestion import suggest

FILE = "blueprint.yaml"
# What one stack holds is about 500 resources, and a component makes up to 15 of them
# (docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
MOST_COMPONENTS = 30


@dataclass(frozen=True, kw_only=True)
class Component:
    """One part of the architecture.

    Attributes:
        name: what the blueprint calls it.
        kind: which kind it is of, by name.
        arguments: what is said of it, by name.
        place: where it stands.
    """

    name: str
    kind: str
    arguments: Mapping[str, Any]
    place: Value = field(repr=False, compare=False)

    @property
    def of(self) -> Kind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def construct_id(self) -> str:
        """The id of its construct: `order_api` is OrderApi."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @cached_property
    def routes(self) -> dict[str, RouteTo]:
        """What it serves, each route with its function and its event; empty for most kinds."""
        routes: Mapping[str, RouteTo] = self.arguments.get("routes", {})
        return {key: _named(key, to, alone=len(routes) == 1) for key, to in routes.items()}

    @property
    def keys(self) -> tuple[str, str]:
        """The partition key and the sort key, of a store."""
        return (
            self.arguments.get("partition_key", PARTITION_KEY),
            self.arguments.get("sort_key", SORT_KEY),
        )

    @property
    def usual_routes(self) -> list[str]:
        """Its routes that take something, or all where none does."""
        taking = [route for route in self.routes if not only_reads(route)]
        return taking or list(self.routes)


@dataclass(frozen=True, kw_only=True)
class Flow:
    """An arrow from one component, or the function of a route, to another.

    Attributes:
        source: the name of where it begins.
        target: the name of where it ends.
        options: what is said of it, by name.
        place: where it stands.
    """

    source: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Value = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Function:
    """What is said of the code of a component.

    Attributes:
        summary: what it does, in a sentence; empty if nobody said.
        takes_seconds: how long it works on a message.
    """

    summary: str = ""
    takes_seconds: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Routed:
    """What has to do with a route, or comes as an event where there is none.

    Attributes:
        route: the route; empty for an event.
    """

    route: str = ""

    @property
    def only_reads(self) -> bool:
        """Whether it asks for something and changes nothing."""
        return only_reads(self.route)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in its route's path."""
        return parameters_of(self.route)

    @property
    def has_body(self) -> bool:
        """Whether what comes has data of its own, beside a path."""
        return takes_body(self.route) if self.route else True


@dataclass(frozen=True, kw_only=True)
class Traffic(Routed):
    """What comes from outside.

    Attributes:
        to: the name of the component that takes it, or of the function that answers a route.
        peak_per_second: the highest rate.
        rate: its shape, as a scenario has it.
        route: the route that is asked; empty for the only one that takes something.
        event: the type of the event that is put on a queue or a stream; empty for one that is
            named after the source.
        keys: the values of the keys, each as a scenario has it.
        messages: how many a run sends.
        example: the data of a message.
        place: where it stands; None for traffic that nobody asked for.
    """

    to: str
    peak_per_second: float
    rate: str
    event: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    messages: int = 50
    example: str = '{"note": "an example"}'
    place: Value | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """A whole architecture, as it was written.

    Attributes:
        summary: what it is for, in a sentence.
        components: by name.
        flows: in their order.
        functions: what is said of some.
        traffic: by name.
        place: the whole document.
    """

    components: Mapping[str, Component]
    flows: tuple[Flow, ...] = ()
    summary: str = ""
    functions: Mapping[str, Function] = field(default_factory=dict)
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    place: Value = field(repr=False, compare=False)


def read_blueprint(file: Path) -> Blueprint:
    """Return the blueprint in a file, each name of which exists.

    Raises:
        HinagataError: the file cannot be read, or something in it is not as it must be.
    """
    return parse_blueprint(read_text(file), file=file)


def read_text(file: Path) -> str:
    """Return the text of a blueprint.

    Raises:
        HinagataError: the file cannot be read, or is no text of a page.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise HinagataError(f"{file}: there is no such blueprint") from None
    except OSError as error:
        raise HinagataError(f"{file}: the blueprint cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_BYTES:
        raise HinagataError(
            f"{file}: this has more than {LARGEST_BYTES // 1024} KiB; a blueprint is a page"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise HinagataError(f"{file}:{line}: this is no UTF-8") from None


def parse_blueprint(content: str, *, file: Path) -> Blueprint:
    """Return the blueprint in a text.

    Args:
        content: the text.
        file: what to call it.

    Raises:
        ScenarioError: something in it is not as it must be.
    """
    return BLUEPRINT.read(parse_document(content, file=file, project=file.parent))


def parameters_of(route: str) -> tuple[str, ...]:
    """Return the names in a route's path: `order_id` of `GET /orders/{order_id}`."""
    return tuple(segment[1:-1] for segment in route.split("/") if segment.startswith("{"))


def only_reads(route: str) -> bool:
    """Return whether the requests of a route ask for something and change nothing."""
    return route.startswith("GET ")


def takes_body(route: str) -> bool:
    """Return whether the requests of a route have a body."""
    return route.startswith(("POST ", "PUT ", "PATCH "))


def _named(key: str, to: RouteTo, *, alone: bool) -> RouteTo:
    if to.bus:
        return RouteTo(bus=to.bus, event=to.event or _route_name(key, alone=True))
    function = to.function or _route_name(key, alone=alone)
    return RouteTo(function=function, event=to.event or function.replace("_", "."))


def _route_name(key: str, *, alone: bool) -> str:
    """Return a name for what answers a route: `POST /shops/{shop}/orders` is `post_orders`."""
    method, path = key.split(" ")
    words = [
        "".join(letter if letter.isalnum() else "_" for letter in segment.lower()).strip("_")
        for segment in path.split("/")
        if segment and not segment.startswith("{")
    ]
    chosen = [word for word in (words[-1:] if alone else words) if word]
    return "_".join([method.lower(), *chosen])


def _read_component(value: Value) -> tuple[str, dict[str, Any]]:
    if isinstance(value.node, yaml.SequenceNode) or value.node.value == "":
        value.fail(expected=f"a pattern: {suggest('', KINDS)}")
    if isinstance(value.node, yaml.ScalarNode):
        kind = value.one_of(KINDS, kind="pattern")
        missing = [name for name, one in KINDS[kind].arguments.items() if one.required]
        if missing:
            value.fail(
                found=f"{kind} without {' and '.join(missing)}",
                expected=f"{{pattern: {kind}, {missing[0]}: ...}}",
            )
        return kind, {}
    entries = value.entries()
    if "pattern" not in entries:
        value.fail(found="no pattern", expected=f"pattern: {suggest('', KINDS)}")
    kind = entries["pattern"].one_of(KINDS, kind="pattern")
    return kind, _RECORDS[kind].read(value)


def _record_of(kind: str) -> Any:
    pattern = Form(lambda value: value.text(), {"const": kind})
    return record(
        dict,
        {
            "pattern": Field(pattern, KINDS[kind].summary, ""),
            **{
                name: Field(one.form, one.summary, name, required=one.required)
                for name, one in KINDS[kind].arguments.items()
            },
        },
    )


_RECORDS = {kind: _record_of(kind) for kind in KINDS}
_COMPONENT = Form(
    _read_component,
    {"oneOf": [{"enum": list(KINDS)}, *(one.schema for one in _RECORDS.values())]},
)

_OPTIONS = {
    "types": Field(
        names(kind="type"),
        "(from a fan_out or an event_bus) The types of events that pass. Default: all.",
        "types",
        required=False,
    ),
    "waits": Field(
        flag(),
        "(from an API, a service or a worker to a worker) Whether its answer is waited for. "
        "Default: false.",
        "waits",
        required=False,
    ),
    "batch_size": Field(
        whole(at_least=1, at_most=10_000),
        "(from a queue, a stream or changes) Messages at a time. Default: 10 of a queue, 100 of "
        "a stream, or what a worker has time for.",
        "batch_size",
        required=False,
    ),
    "window": Field(
        duration(300, "5m"),
        "(from a queue, a stream or changes) How long a batch may fill. Default: it does not wait.",
        "window",
        required=False,
    ),
    "retries": Field(
        whole(at_most=10_000),
        "(from a stream or changes) Retries of a failing batch. Default: 5.",
        "retries",
        required=False,
    ),
    "parallelization": Field(
        whole(at_least=1, at_most=10),
        "(from a stream or changes) Batches of one shard at a time. Default: 1, or what the "
        "traffic needs.",
        "parallelization",
        required=False,
    ),
}
_FLOW: Form[dict[str, Any]] = record(
    dict,
    {
        "from": Field(
            name(), "Where it begins: a component, or the function of a route.", "source"
        ),
        "to": Field(name(), "Where it ends: likewise.", "target"),
        **_OPTIONS,
    },
)
_ARROW = f"{NAME}( *-> *{NAME})+"


def _read_flow(value: Value) -> tuple[Flow, ...]:
    if not isinstance(value.node, yaml.ScalarNode):
        told = _FLOW.read(value)
        source, target = told.pop("source"), told.pop("target")
        return (Flow(source=source, target=target, options=told, place=value),)
    arrows = value.text()
    if not units.matches(_ARROW, arrows):
        value.fail(expected="names with arrows between them, as api -> orders -> billing")
    stops = [stop.strip() for stop in arrows.split("->")]
    return tuple(
        Flow(source=source, target=target, place=value) for source, target in pairwise(stops)
    )


_FLOWS = list_of(
    Form(_read_flow, {"oneOf": [{"type": "string", "pattern": f"^{_ARROW}$"}, _FLOW.schema]})
)

_FUNCTION_RECORD = record(
    Function,
    {
        "summary": Field(
            sentence(),
            "What it does, in a sentence. Default: where it stands.",
            "summary",
            required=False,
        ),
        "takes": Field(
            quantity(
                units.seconds,
                units.DURATION_PATTERN,
                expected=units.DURATION_EXPECTED,
                positive=True,
                at_most=(900, "15m"),
            ),
            "How long it works on a message. Default: 50ms.",
            "takes_seconds",
            required=False,
        ),
    },
)


def _read_function(value: Value) -> Function:
    if value.node.value == "":
        value.fail(expected="what it does, in a sentence, or {summary: ..., takes: 200ms}")
    if isinstance(value.node, yaml.ScalarNode):
        return Function(summary=sentence().read(value))
    return _FUNCTION_RECORD.read(value)


_FUNCTION = Form(_read_function, {"oneOf": [sentence().schema, _FUNCTION_RECORD.schema]})
_PER_TIME = quantity(
    units.per_second,
    units.RATE_PATTERN,
    expected=units.RATE_EXPECTED,
    positive=True,
    at_most=(1e6, "1000000/s"),
)


def _read_rate(value: Value) -> tuple[str, float]:
    """Return a rate as a scenario has it, and its peak."""
    if isinstance(value.node, yaml.ScalarNode):
        peak = _PER_TIME.read(value)
        return f"{{shape: constant, rate: {value.node.value}}}", peak
    rate = RATE.read(value)
    if value.entries()["shape"].node.value == "trace":
        value.fail(found="a trace", expected="another shape: its file is not the project's own")
    sampled = max(rate.rate_at(float(second)) for second in range(0, 86_400, 10))
    # A ramp may be so long that the day ends before its peak.
    highest = max(getattr(rate, "peak_per_second", 0.0), getattr(rate, "to_per_second", 0.0))
    peak = max(sampled, highest)
    if peak > 1e6:
        value.fail(expected="at most 1000000/s")
    return _inline(value.node), peak


def _read_key(value: Value) -> str:
    KEY.read(value)
    return _inline(value.node)


def _read_example(value: Value) -> str:
    value.entries()
    data = yaml.load(yaml.serialize(value.node), _JsonLoader)  # noqa: S506 - plain data alone
    try:
        return json.dumps(data, allow_nan=False)
    except (TypeError, ValueError):
        value.fail(expected="what JSON has: texts, numbers, lists and mappings")


class _JsonLoader(yaml.SafeLoader):
    """Reads scalars as JSON has them: no dates, no words for truth but true and false."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _inline(node: yaml.Node) -> str:
    """Return a node on one line, its scalars as they were written."""
    if isinstance(node, yaml.MappingNode):
        return f"{{{', '.join(f'{key.value}: {_inline(one)}' for key, one in node.value)}}}"
    if isinstance(node, yaml.SequenceNode):
        return f"[{', '.join(map(_inline, node.value))}]"
    plain = getattr(node, "style", None) is None
    return str(node.value) if plain else json.dumps(node.value)


_TRAFFIC_RECORD: Form[dict[str, Any]] = record(
    dict,
    {
        "to": Field(
            name(),
            "What takes it: an API, a service, a queue, a stream, or the function of a route.",
            "to",
        ),
        "rate": Field(
            Form(_read_rate, {"oneOf": [_PER_TIME.schema, RATE.schema]}),
            "How often, as 100/s, or a shape as in a scenario.",
            "rate",
        ),
        "route": Field(
            text(),
            "(to an API or a service) The route that is asked. Default: the one that takes "
            "something, if it is the only one.",
            "route",
            required=False,
        ),
        "event": Field(
            text(pattern=EVENT_TYPE, expected=EVENT_TYPE_EXPECTED),
            "(to a queue or a stream) What happened. Default: the name of the source, as "
            "buyers.sent.",
            "event",
            required=False,
        ),
        "keys": Field(
            mapping_of(
                Form(_read_key, KEY.schema), kind="key", pattern=NAME, expected=NAME_EXPECTED
            ),
            "The values of {name} in the route, and of the example's fields of their names, as in "
            "a scenario. Default: {cardinality: 1000} of each {name}.",
            "keys",
            required=False,
        ),
        "messages": Field(
            whole(at_least=1, at_most=10_000),
            "How many a run sends. Default: 50.",
            "messages",
            required=False,
        ),
        "example": Field(
            Form(_read_example, {"type": "object"}),
            "The data of a message. Default: {note: an example}.",
            "example",
            required=False,
        ),
    },
)


def _read_traffic(value: Value) -> Traffic:
    told = _TRAFFIC_RECORD.read(value)
    rate, peak = told.pop("rate")
    return Traffic(rate=rate, peak_per_second=peak, place=value, **told)


_TRAFFIC = Form(_read_traffic, _TRAFFIC_RECORD.schema)

_named_mapping = partial(mapping_of, pattern=NAME, expected=NAME_EXPECTED)
_WHOLE: Form[dict[str, Any]] = record(
    dict,
    {
        "summary": Field(sentence(), "What it is for, in a sentence.", "summary", required=False),
        "components": Field(
            _named_mapping(_COMPONENT, kind="component", at_least_one=True),
            "What the architecture is made of, by name.",
            "components",
        ),
        "functions": Field(
            _named_mapping(_FUNCTION, kind="function"),
            "What the functions of workers and routes do.",
            "functions",
            required=False,
        ),
        "flows": Field(
            _FLOWS, "What goes where, as api -> orders -> billing.", "flows", required=False
        ),
        "traffic": Field(
            _named_mapping(_TRAFFIC, kind="source"),
            "What comes from outside, by a name for each kind.",
            "traffic",
            required=False,
        ),
    },
)


def _read(value: Value) -> Blueprint:
    told = _WHOLE.read(value)
    at = value.at("components")
    if len(told["components"]) > MOST_COMPONENTS:
        at.fail(
            found=f"{len(told['components'])} components",
            expected=f"at most {MOST_COMPONENTS}: make a project for each part",
        )
    components: dict[str, Component] = {}
    for called, (kind, arguments) in told["components"].items():
        place = at.at(called)
        if len(called) > LONGEST_NAME:
            place.fail_name(
                found=show(called), expected=f"a name of at most {LONGEST_NAME} characters"
            )
        components[called] = Component(name=called, kind=kind, arguments=arguments, place=place)
    return Blueprint(
        components=components,
        flows=_each_once(flow for chain in told.get("flows", ()) for flow in chain),
        summary=told.get("summary", ""),
        functions=told.get("functions", {}),
        traffic=told.get("traffic", {}),
        place=value,
    )


def _each_once(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    found: dict[tuple[str, str], Flow] = {}
    for flow in flows:
        ends = flow.source, flow.target
        if ends in found:
            flow.place.fail(
                found=f"{flow.source} -> {flow.target} a second time",
                expected="each arrow once, with all that is said of it",
            )
        found[ends] = flow
    return tuple(found.values())


BLUEPRINT: Form[Blueprint] = Form(_read, _WHOLE.schema)
"""The whole file."""
