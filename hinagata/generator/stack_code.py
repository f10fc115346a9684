"""The stack of a blueprint, as Python: its constructs, and the verbs that join them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hinagata.generator.architecture import (
    ASKED_SECONDS,
    HEADROOM,
    MAX_CONCURRENCY,
    Architecture,
)
from hinagata.generator.arguments import duration_code
from hinagata.generator.blueprint import Component
from hinagata.generator.carried import needed_behind
from hinagata.generator.flows import Connection
from hinagata.generator.kinds import SERVERS

_REQUESTS_PER_SECOND = 100  # of a ReactiveApi that says nothing


@dataclass(frozen=True, kw_only=True)
class StackCode:
    """What the template of a stack says.

    Attributes:
        imports: the names that it takes from `patterns`.
        constructs: a statement for each component.
        has_secrets: whether it names Secrets Manager.
        makes_secrets: whether it makes up credentials.
        verbs: a statement for each connection.
        outputs: name and expression of what a deployment prints.
    """

    imports: list[str]
    constructs: list[str]
    verbs: list[str]
    outputs: list[tuple[str, str]]
    has_secrets: bool
    makes_secrets: bool


def stack_code(architecture: Architecture, package: str) -> StackCode:
    """Return the code of an architecture's stack.

    Args:
        architecture: what is to be made.
        package: the package of its handlers.
    """
    verbs = list(_verbs(architecture))
    constructs = [
        _statement(one, architecture, package, named=_is_named(one, architecture))
        for one in _in_order(architecture)
    ]
    gateways = [one for one in architecture.components if one.kind == "push_gateway"]
    names = {name for one in architecture.components for name in _imports(one, architecture)}
    return StackCode(
        imports=sorted(names),
        has_secrets=bool(gateways),
        makes_secrets=any("credentials" not in one.arguments for one in gateways),
        constructs=constructs,
        verbs=verbs,
        outputs=[
            (f"{one.construct_id}Url", f"{one.name}.url")
            for one in architecture.components
            if one.kind in SERVERS
        ],
    )


def _in_order(architecture: Architecture) -> Iterator[Component]:
    """Yield the components in their order, but each after those that its arguments name."""
    made: set[str] = set()
    waiting = architecture.components
    while waiting:
        ready = next(one for one in waiting if _needs(one, architecture) <= made)
        waiting.remove(ready)
        made.add(ready.name)
        yield ready


def _needs(one: Component, architecture: Architecture) -> set[str]:
    if one.kind == "durable_workflow":
        return {name for step in architecture.steps(one) for name in (step.do, step.undo) if name}
    return {to.bus for to in one.routes.values() if to.bus}


def _imports(one: Component, architecture: Architecture) -> Iterator[str]:
    """Yield the names of `patterns` that the statement of a component has."""
    yield one.of.construct
    if any(to.bus for to in one.routes.values()):
        yield "EventRoute"
    if "public" in one.arguments:
        yield "Off"
    if one.kind == "proactive_service":
        yield "python_image"
    if one.kind == "durable_workflow" and any(step.undo for step in architecture.steps(one)):
        yield "Step"
    if one.kind == "push_gateway" and "credentials" not in one.arguments:
        yield from ("Situation", "acknowledge")


def _is_named(one: Component, architecture: Architecture) -> bool:
    """Return whether a later statement says the name of a component."""
    used = any(one.name in _needs(other, architecture) for other in architecture.components)
    joined = any(
        one.name in (each.source.name, each.target.name) for each in architecture.connections
    )
    guarded = any(
        one.name in other.arguments.get(argument, ())
        for other in architecture.components
        for argument in ("guards", "keeps")
    )
    joins = one.kind in ("circuit_breaker", "log_lake", *SERVERS)
    return used or joined or guarded or joins


def _statement(one: Component, architecture: Architecture, package: str, *, named: bool) -> str:
    arguments = {
        name: code
        for name, value in one.arguments.items()
        if (code := _code(one, name, value)) is not None
    }
    arguments = {**_wiring(one, architecture, package), **arguments}
    comments = {}
    for name, number, why in _sizes(one, architecture):
        if name not in one.arguments:
            arguments[name] = str(number)
            comments[name] = f"  # {why}"
    # The formatter keeps the line breaks of arguments that end with a comma.
    lines = "".join(f"{name}={code},{comments.get(name, '')}\n" for name, code in arguments.items())
    breaks = "\n" if comments else ""
    inner = lines if comments else lines.replace(",\n", ", ").removesuffix(", ")
    between = ", " if arguments and not comments else ("," if comments else "")
    call = f'{one.of.construct}(self, "{one.construct_id}"{between}{breaks}{inner})'
    statement = f"{one.name} = {call}" if named else call
    return f"{_credentials(one)}\n{statement}" if one.kind == "push_gateway" else statement


def _credentials(one: Component) -> str:
    """Return the statements that make the secret which a push gateway reads."""
    variable, construct_id = f"{one.name}_credentials", f"{one.construct_id}Credentials"
    if "credentials" in one.arguments:
        known = one.arguments["credentials"]
        return (
            f"{variable} = secretsmanager.Secret.from_secret_name_v2("
            f'self, "{construct_id}", "{known}")'
        )
    return (
        f"{variable} = secretsmanager.Secret(\n"
        f'self, "{construct_id}",\n'
        "generate_secret_string=secretsmanager.SecretStringGenerator(\n"
        'secret_string_template=json.dumps({}), generate_string_key="PlatformCredential"),\n)\n'
        f"acknowledge({variable}, Situation(\n"
        '"made up, for a laptop\'s push service; for an account name a secret of its own",\n'
        'cdk=("AwsSolutions-SMG4",), checkov=("CKV_AWS_149",)))'
    )


def _code(one: Component, name: str, value: object) -> str | None:
    code = one.of.arguments[name].code
    if name == "public":
        return None
    return None if code is None else code(value)


def _wiring(one: Component, architecture: Architecture, package: str) -> dict[str, str]:
    """Return the arguments that are made of other parts of the blueprint."""
    wired: dict[str, str] = {}
    if one.kind == "reactive_api":
        routes = ", ".join(
            f'"{route}": {_route(one, route, architecture, package)}' for route in one.routes
        )
        wired["routes"] = f"{{{routes}}}"
        if "public" in one.arguments:
            wired["authorization"] = f"Off({one.arguments['public']!r})"
    elif one.kind == "proactive_service":
        wired["image"] = f'python_image("{package}")'
        wired["command"] = f'["python", "-m", "{package}.{one.name}"]'
    elif one.kind == "lambda_worker":
        (code,) = architecture.code_of(one)
        wired["handler"] = f'"{package}.{code.name}.handler"'
        if architecture.is_asked(one):
            wired["timeout"] = duration_code(ASKED_SECONDS)
        if architecture.may_double(one):
            wired["idempotent"] = "True"
    elif one.kind == "push_gateway":
        wired["credentials"] = f"{one.name}_credentials"
    elif one.kind == "durable_workflow":
        steps = ", ".join(
            f"Step(worker={step.do}, undo={step.undo})" if step.undo else step.do
            for step in architecture.steps(one)
        )
        wired["steps"] = f"[{steps}]"
    return wired


def _route(one: Component, route: str, architecture: Architecture, package: str) -> str:
    to = one.routes[route]
    if not to.bus:
        return f'"{package}.{to.function}.handler"'
    body: dict[str, object] = {"type": "object"}
    if needed := needed_behind(one, route, architecture):
        body["required"] = needed
        body["properties"] = {name: {"type": ["string", "integer"]} for name in needed}
    return f'EventRoute(bus={to.bus}, type="{to.event}", body={body!r})'


def _sizes(one: Component, architecture: Architecture) -> Iterator[tuple[str, int, str]]:
    """Yield the arguments that the traffic makes larger than their defaults, and why."""
    peak = architecture.peak_at(one)
    if one.kind == "event_stream" and not one.arguments.get("on_demand"):
        shards, why = architecture.shards(one)
        if shards > 1:
            yield "shards", shards, why
    elif one.kind == "reactive_api":
        if peak * HEADROOM > _REQUESTS_PER_SECOND:
            yield "requests_per_second", math.ceil(peak * HEADROOM), f"twice {peak:,.0f} a second"
    elif architecture.is_bound(one) and architecture.concurrency(one) > MAX_CONCURRENCY:
        seconds = architecture.seconds_of(one)
        why = f"twice {peak:,.0f} a second x {seconds:g} s"
        yield "max_concurrency", architecture.concurrency(one), why


def _verbs(architecture: Architecture) -> Iterator[str]:
    # Two functions of an API that send to the same place are one verb of the API.
    yield from dict.fromkeys(
        _verb(connection, architecture) for connection in architecture.connections
    )
    for one in architecture.components:
        if one.kind == "circuit_breaker":
            yield from (f"{one.name}.guards({name})" for name in one.arguments["guards"])
        if one.kind == "log_lake":
            yield from (f"{one.name}.keeps({name})" for name in one.arguments["keeps"])


def _verb(connection: Connection, architecture: Architecture) -> str:
    verb, source, target = connection.verb, connection.source.name, connection.target.name
    options = dict(connection.options)
    why = ""
    if verb == "consumes":
        added, why = _derived(connection, architecture)
        options |= added
    if verb in ("consumes", "reads", "serves"):
        source, target = target, source
    if verb == "delivers_to":
        types = options.pop("types", None)
        field = "only" if connection.source.kind == "fan_out" else "matching"
        said = [f'{field}={{"type": {list(types)!r}}}'] if types else []
    else:
        said = [
            f"{name}={duration_code(value) if name == 'window' else repr(value)}"
            for name, value in options.items()
            if name != "waits"
        ]
    return f"{source}.{verb}({', '.join([target, *said])}){why}"


def _derived(connection: Connection, architecture: Architecture) -> tuple[dict[str, int], str]:
    """Return what a mapping needs that nobody has said, and why, as a comment."""
    derived, reasons = {}, []
    worker = connection.target
    seconds = architecture.seconds_of(worker)
    size = architecture.batch_size(connection)
    if size is not None and "batch_size" not in connection.options:
        derived["batch_size"] = size
        reasons.append(f"cut off after {architecture.timeout_of(worker):g} s")
    at_once = architecture.parallelization(connection)
    if at_once > 1 and "parallelization" not in connection.options:
        derived["parallelization"] = at_once
        reasons.append(f"{architecture.peak_at(connection.source):,.0f} a second")
    return derived, f"  # {seconds:g} s each, {', '.join(reasons)}" if reasons else ""
