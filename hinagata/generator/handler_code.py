"""The handlers of a blueprint, as Python: each passes its events along, and says what is next."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hinagata.generator.architecture import Architecture, Code
from hinagata.generator.blueprint import Component
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
# By kind: what sends there, and the SDK's name of the service.
_SENDS = {
    "point_to_point_queue": ("send_to_queue", "sqs"),
    "fan_out": ("publish", "sns"),
    "event_stream": ("put_record", "kinesis"),
    "event_bus": ("put_event", "events"),
    "durable_workflow": ("start_workflow", "stepfunctions"),
    "lambda_worker": ("invoke", "lambda"),
}


@dataclass(frozen=True, kw_only=True)
class Store:
    """A table that a handler writes or reads.

    Attributes:
        variable: of its name.
        partition_key: name of the key.
        sort_key: name of the key within it.
        name: what the blueprint calls it.
        shown: the same for people.
    """

    variable: str
    partition_key: str
    sort_key: str
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
        asks: statements that ask and wait.
        sends: statements that hand the event on.
        writes: tables that get the event.
        reads: tables that are looked up.
        pushes: the variable of each push gateway, and the name that its address begins with.
        breaker: the variable of the breaker around its calls; empty for none.
        source: where its events happen, as an expression.
        promise: what a step, or who is asked, does.
    """

    code: Code
    summary: str
    imports: set[str] = field(default_factory=set)
    variables: list[str] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    asks: list[str] = field(default_factory=list)
    sends: list[str] = field(default_factory=list)
    writes: list[Store] = field(default_factory=list)
    reads: list[Store] = field(default_factory=list)
    pushes: list[tuple[str, str]] = field(default_factory=list)
    breaker: str = ""
    source: str = ""
    promise: str = ""

    @property
    def work(self) -> list[str]:
        """The statements that do all this, in their order."""
        asked = ["with BREAKER.call():", "    call(event)"] if self.breaker else self.asks
        kept = [f"keep_in_{store.name}(event)" for store in self.writes]
        pushed = [f"push_to_{name}(event)" for name, _ in self.pushes]
        return [*asked, *kept, *pushed, *self.sends]


def handler_code(code: Code, architecture: Architecture) -> HandlerCode:
    """Return the code of a function of an architecture."""
    said = architecture.blueprint.functions.get(code.name)
    made = HandlerCode(
        code=code, summary=said.summary if said and said.summary else _summary(code, architecture)
    )
    for connection in architecture.connections:
        if connection.verb == "reads" and connection.target.name == code.owner.name:
            if not _asks_for_it(code, architecture):
                continue
            made.reads.append(_store(connection.source, made))
            made.services.add("dynamodb")
        elif connection.source.name == code.owner.name and not code.only_reads:
            _hand_on(connection, made)
    breaker = architecture.breaker_of(code.owner)
    if breaker is not None:
        made.breaker = environment_name(breaker.construct_id)
        made.imports.add("circuit_breaker")
    if code.role == "request":
        made.source = _source(code.route)
    elif code.role == "step":
        made.promise = _promise(code, architecture)
    return made


def _promise(code: Code, architecture: Architecture) -> str:
    if not architecture.step_of(code.owner):
        return "Return the answer to who asks and waits; an exception is a no."
    if architecture.undoes(code.owner):
        return "Undo what the step did; what it did not do is undone already."
    return "Take the step, and return what the later ones may know of it; an exception is a no."


def _asks_for_it(code: Code, architecture: Architecture) -> bool:
    """Return whether a function looks up what its component reads: a GET does, if there is one."""
    return code.only_reads or not any(
        other.only_reads for other in architecture.code_of(code.owner)
    )


def _hand_on(connection: Connection, made: HandlerCode) -> None:
    target = connection.target
    if connection.verb == "writes":
        made.writes.append(_store(target, made))
        made.services.add("dynamodb")
        return
    if connection.verb == "serves":
        made.pushes.append((target.name, environment_name(target.construct_id)))
        return
    variable = _variable(target, made)
    if connection.verb == "calls" and target.kind == "lambda_worker":
        made.imports.add("ask")
        made.services.add("lambda")
        made.asks.append(f"ask({variable}, event)")
    elif connection.verb == "calls":
        made.imports.add("post")
        handed = target.handed_to
        path = handed[0].split(" ")[1] if handed else "/"
        signed = ", signed=True" if _signs(target) else ""
        made.asks.append(f'post(f"{{{variable}}}{path}", event{signed})')
    else:
        name, service = _SENDS[target.kind]
        made.imports.add(name)
        made.services.add(service)
        more = ""
        if target.arguments.get("fifo"):
            more = ", group=event.source"
        elif target.kind == "event_stream":
            more = ", partition_key=event.source"
        made.sends.append(f"{name}({variable}, event{more})")


def _signs(target: Component) -> bool:
    return target.kind == "reactive_api" and "public" not in target.arguments


def _variable(one: Component, made: HandlerCode) -> str:
    variable = f"{environment_name(one.construct_id)}_{_SUFFIXES[one.kind]}"
    if variable not in made.variables:
        made.variables.append(variable)
        made.imports.add("required")
    return variable


def _store(one: Component, made: HandlerCode) -> Store:
    partition_key, sort_key = one.keys
    return Store(
        variable=_variable(one, made),
        partition_key=partition_key,
        sort_key=sort_key,
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
