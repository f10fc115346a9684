"""The handlers of a blueprint, as Python: each passes its events along, and says what is next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hinagata.generator.architecture import Architecture, Code
from hinagata.generator.blueprint import Component
from hinagata.generator.carried import TOKEN, carries, needed_behind
from hinagata.generator.flows import Connection
from hinagata.generator.naming import SEAM

# What the construct's address is called in the environment, by kind.
_SUFFIXES = {
    "point_to_point_queue": "QUEUE_URL",
    "fan_out": "TOPIC_ARN",
    "event_stream": "STREAM_NAME",
    "event_bus": "BUS_NAME",
    "durable_workflow": "STATE_MACHINE_ARN",
    "lambda_worker": "FUNCTION_NAME",
    "telemetry_store": "TABLE_NAME",
    "reactive_api": "URL",
    "proactive_service": "URL",
}
# By kind: what sends there, and the SDK's names of the service and of what it does.
_SENDS = {
    "point_to_point_queue": ("send_to_queue", "sqs", "send_message"),
    "fan_out": ("publish", "sns", "publish"),
    "event_stream": ("put_record", "kinesis", "put_record"),
    "event_bus": ("put_event", "events", "put_events"),
    "durable_workflow": ("start_workflow", "stepfunctions", "start_execution"),
    "lambda_worker": ("invoke", "lambda", "invoke"),
}


@dataclass(frozen=True, kw_only=True)
class Store:
    """A table that a handler writes or reads.

    Attributes:
        variable: of its name.
        partition_key: name of the key.
        sort_key: name of the key within it.
        sorted_by: the value of that key, as an expression; empty for what reads a partition.
        name: what the blueprint calls it.
        shown: the same for people.
    """

    variable: str
    partition_key: str
    sort_key: str
    sorted_by: str
    name: str
    shown: str


@dataclass(kw_only=True)
class HandlerCode:
    """What the template of a handler says.

    Attributes:
        code: the function.
        summary: what it does, as its module says.
        imports: the names that it takes from `pattern_runtime`.
        variables: the environment variables that tell it where things are.
        services: the SDK's names of the services that it uses.
        asks: who is asked and waited for, each with the expression that does it.
        sends: statements that hand the event on.
        operations: what all this is called in the SDK.
        fields: the fields of the event's data that keys are made of.
        writes: tables that get the event.
        reads: tables that are looked up.
        pushes: the variable of each push gateway, and the name that its address begins with.
        breaker: the variable of the breaker around its calls; empty for none.
        source: where its events happen, as an expression.
        promise: what a step, or who is asked, does.
        needed: the fields of a request that others, who work on its event later, make keys of.
    """

    code: Code
    summary: str
    imports: set[str] = field(default_factory=set)
    variables: list[str] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    asks: dict[str, str] = field(default_factory=dict)
    operations: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    sends: list[str] = field(default_factory=list)
    writes: list[Store] = field(default_factory=list)
    reads: list[Store] = field(default_factory=list)
    pushes: list[tuple[str, str]] = field(default_factory=list)
    breaker: str = ""
    source: str = ""
    promise: str = ""
    needed: list[str] = field(default_factory=list)

    @property
    def hands_on(self) -> list[str]:
        """The statements that hand the event on, in their order."""
        kept = [f"keep_in_{store.name}(event)" for store in self.writes]
        pushed = [f"push_to_{name}(event)" for name, _ in self.pushes]
        return [*kept, *pushed, *self.sends]


def handler_code(code: Code, architecture: Architecture) -> HandlerCode:
    """Return the code of a function of an architecture."""
    said = architecture.blueprint.functions.get(code.name)
    made = HandlerCode(
        code=code, summary=said.summary if said and said.summary else _summary(code, architecture)
    )
    for store in architecture.looks_up(code):
        within = code.only_reads and store.keys[1] in code.parameters
        sorted_by = f'event.text("{store.keys[1]}")' if within else ""
        made.reads.append(_store(store, sorted_by, made))
        made.operations.append("query")
    for connection in architecture.hands_on(code):
        _hand_on(connection, made, architecture)
    breaker = architecture.breaker_of(code.owner)
    if breaker is not None:
        made.breaker = environment_name(breaker.construct_id)
        made.imports.add("circuit_breaker")
    if code.role == "request":
        made.source = _source(code.route)
        needed = needed_behind(code.owner, code.route, architecture)
        made.needed = [name for name in needed if name not in made.fields]
        made.fields |= set(needed)
    elif code.role == "step":
        made.promise = _promise(code, architecture)
    return made


def _promise(code: Code, architecture: Architecture) -> str:
    if not architecture.step_of(code.owner):
        return "Return the answer to who asks and waits; an exception is a no."
    if architecture.undoes(code.owner):
        return "Undo what the step did; what it did not do is undone already."
    return "Take the step, and return what the later ones may know of it; an exception is a no."


def _hand_on(connection: Connection, made: HandlerCode, architecture: Architecture) -> None:
    target = connection.target
    if connection.verb == "writes":
        sorted_by = _sorted_by(target, made.code, architecture)
        made.writes.append(_store(target, sorted_by, made))
        made.operations.append("put_item")
        return
    if connection.verb == "serves":
        made.pushes.append((target.name, environment_name(target.construct_id)))
        made.operations.append("push")
        made.fields.add(TOKEN)
        return
    variable = _variable(target, made)
    if connection.verb == "calls" and target.kind == "lambda_worker":
        made.imports.add("ask")
        made.services.add("lambda")
        made.operations.append("invoke")
        made.asks[target.name] = f"ask({variable}, event)"
    elif connection.verb == "calls":
        made.imports.add("post")
        made.operations.append("request")
        handed = connection.handed_to
        path = handed[0].split(" ")[1] if handed else "/"
        signed = ", signed=True" if _signs(target) else ""
        made.asks[target.name] = f'post(f"{{{variable}}}{path}", event{signed})'
    else:
        name, service, operation = _SENDS[target.kind]
        made.imports.add(name)
        made.services.add(service)
        made.operations.append(operation)
        made.sends += _ordered(target, f"{name}({variable}, event", made, architecture)


def _ordered(
    target: Component, call: str, made: HandlerCode, architecture: Architecture
) -> list[str]:
    """Return the statement that sends, with what keeps its order."""
    ordered_by = target.arguments.get("ordered_by")
    is_stream = target.kind == "event_stream"
    if not is_stream and not target.arguments.get("fifo"):
        return [f"{call})"]
    argument = "partition_key" if is_stream else "group"
    if ordered_by:
        made.fields.add(ordered_by)
        return [f'{call}, {argument}=event.text("{ordered_by}"))']
    if _has_one_source(made.code, architecture):
        if is_stream:
            return [
                "# By its id, so that all shards share the work, in no order: none is asked for.",
                f"{call}, partition_key=event.id)",
            ]
        return [
            "# All have one path, so they are one group: one at a time. With a field as the group,",
            '# as event.text("customer"), only those of one value wait for each other.',
            f"{call}, group=event.source)",
        ]
    of = "shard" if is_stream else "group"
    return [
        f"# Those of one path are one {of}, and stay in their order.",
        f"{call}, {argument}=event.source)",
    ]


def _has_one_source(code: Code, architecture: Architecture) -> bool:
    """Return whether all events that come to a function happen in the same place."""
    coming = [
        traffic for traffic in architecture.possible() if architecture.comes_to(traffic, code)
    ]
    return len({traffic.to for traffic in coming}) == 1 and all(
        traffic.route and not traffic.parameters for traffic in coming
    )


def _sorted_by(store: Component, code: Code, architecture: Architecture) -> str:
    """Return the value of a store's sort key: a field of its name, else the event's id."""
    key = store.keys[1]
    carrying = [
        key in carries(traffic)
        for traffic in architecture.possible()
        if architecture.comes_to(traffic, code)
    ]
    if all(carrying):
        return f'event.text("{key}")'
    return f'event.text("{key}", default=event.id)' if any(carrying) else "event.id"


def _signs(target: Component) -> bool:
    return target.kind == "reactive_api" and "public" not in target.arguments


def _variable(one: Component, made: HandlerCode) -> str:
    variable = f"{environment_name(one.construct_id)}_{_SUFFIXES[one.kind]}"
    if variable not in made.variables:
        made.variables.append(variable)
        made.imports.add("required")
    return variable


def _store(one: Component, sorted_by: str, made: HandlerCode) -> Store:
    partition_key, sort_key = one.keys
    made.services.add("dynamodb")
    made.fields |= {partition_key, sort_key} if f'"{sort_key}"' in sorted_by else {partition_key}
    return Store(
        variable=_variable(one, made),
        partition_key=partition_key,
        sort_key=sort_key,
        sorted_by=sorted_by,
        name=one.name,
        shown=one.name.replace("_", " "),
    )


def environment_name(construct_id: str) -> str:
    """Return what the patterns make of a construct's id, e.g. ORDER_API of OrderApi."""
    return SEAM.sub("_", construct_id).upper()


def _source(route: str) -> str:
    """Return where the event of a request happens: its path, with what fills it."""
    path = route.split(" ")[1]
    if "{" not in path:
        return f'"{path}"'
    filled = re.sub(r"\{([^}]*)\}", r"{in_path(request, '\1')}", path)
    return f'f"{filled}"'


def _summary(code: Code, architecture: Architecture) -> str:
    if code.role == "request":
        return f"Answers {code.route}."
    if code.role == "step":
        workflows = architecture.step_of(code.owner)
        if not workflows:
            return "Answers those who ask it."
        of = " and ".join(one.name.replace("_", " ") for one in workflows)
        return f"{'Undoes' if architecture.undoes(code.owner) else 'Takes'} a step of {of}."
    sources = [one.source.name for one in architecture.into(code.owner)]
    of = " and ".join(source.replace("_", " ") for source in sources)
    return f"Works on each event of {of}."
