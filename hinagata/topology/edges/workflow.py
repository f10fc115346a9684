"""Step Functions: what the tasks of a state machine call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from hinagata.topology.edge import Edge, Kind
from hinagata.topology.edges.builder import Builder
from hinagata.topology.edges.json_text import read_json
from hinagata.topology.edges.messaging import QUEUE
from hinagata.topology.edges.service_calls import call
from hinagata.topology.edges.target import spelled, targets_of
from hinagata.topology.node import Node, walk
from hinagata.topology.value import UNKNOWN, Reference, Text, Unknown, Value, alternatives, items

if TYPE_CHECKING:
    from hinagata.topology.world import World

STATE_MACHINE = "AWS::StepFunctions::StateMachine"

# arn:partition:states:region:account:service:action.pattern (Step Functions developer guide,
# "Integrating services").
_INTEGRATION = re.compile(
    r"^arn:[^:]*:states:[^:]*:[^:]*:(?:aws-sdk:)?(?P<service>[a-z0-9-]+):(?P<action>\w+)"
    r"(?:\.(?P<pattern>[\w:]+))?"
)
# Stand for the parts of a definition that are no text while it is read as JSON.
_OPEN, _CLOSE = "\ue000", "\ue001"
_STANDS = re.compile(f"({_OPEN}[0-9]+{_CLOSE})")
_SUBSTITUTION = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


class Task(NamedTuple):
    """A state of a workflow that calls something.

    Attributes:
        name: The state's name.
        state: The state as the definition has it, resolved.
        arguments: What it calls with.
    """

    name: str
    state: Value
    arguments: Value


def tasks(machine: Node) -> Iterator[Task]:
    """Yields the tasks of a state machine, in parallel branches and maps too.

    Args:
        machine: Its definition is known if the template holds it, as an object or a text of JSON,
            with references and substitutions in it.
    """
    for definition in _definitions(machine):
        yield from _tasks_of(definition)


def _tasks_of(definition: Value) -> Iterator[Task]:
    states = walk(definition, "States")
    for name, state in states.items() if isinstance(states, dict) else ():
        if walk(state, "Type") == "Task":
            # JSONata's name for them, and JSONPath's.
            arguments = [walk(state, "Arguments"), walk(state, "Parameters")]
            yield Task(name, state, arguments)
        for inner in ("Iterator", "ItemProcessor"):
            yield from _tasks_of(walk(state, inner))
        for branch in items(walk(state, "Branches")):
            yield from _tasks_of(branch)


def _definitions(machine: Node) -> Iterator[Value]:
    substitutions = machine.get("DefinitionSubstitutions")
    given = substitutions if isinstance(substitutions, dict) else {}
    for definition in alternatives(machine.get("Definition")):
        if definition is not None:
            yield _substituted(definition, given)
    for definition in alternatives(machine.get("DefinitionString")):
        if isinstance(definition, (str, Text)) and _OPEN not in spelled(definition):
            yield _parsed(definition, given)


def _parsed(definition: str | Text, given: dict[str, Value]) -> Value:
    parts: list[Value] = []
    for part in definition.parts if isinstance(definition, Text) else (definition,):
        parts += _pieces(part, given) if isinstance(part, str) else (part,)
    text = "".join(
        str(part) if isinstance(part, (str, int, float)) else f"{_OPEN}{at}{_CLOSE}"
        for at, part in enumerate(parts)
    )
    # It is no JSON before the deployment where, e.g., a number in it is not known.
    return _restored(read_json(text), parts)


def _restored(value: Value, parts: list[Value]) -> Value:
    """Puts the parts back where they stood."""
    if isinstance(value, dict):
        return {key: _restored(item, parts) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item, parts) for item in value]
    if isinstance(value, str) and _OPEN in value:
        pieces = [
            parts[int(piece[1:-1])] if piece.startswith(_OPEN) else piece
            for piece in _STANDS.split(value)
        ]
        return _text(pieces)
    return value


def _substituted(value: Value, given: dict[str, Value]) -> Value:
    if isinstance(value, dict):
        return {key: _substituted(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [_substituted(item, given) for item in value]
    if isinstance(value, str) and "${" in value:
        return _text(_pieces(value, given))
    return value


def _pieces(text: str, given: dict[str, Value]) -> list[Value]:
    """Returns a text in pieces, substituted where a name in `${}` has a value."""
    return [
        given.get(piece, f"${{{piece}}}") if at % 2 else piece
        for at, piece in enumerate(_SUBSTITUTION.split(text))
    ]


def _text(pieces: list[Value]) -> Value:
    parts: list[str | Reference | Unknown] = []
    for piece in pieces:
        if isinstance(piece, Text):
            parts += piece.parts
        elif isinstance(piece, (str, Reference, Unknown)):
            if piece != "":
                parts.append(piece)
        elif isinstance(piece, (int, float)):
            parts.append(str(piece))
        else:
            parts.append(UNKNOWN)
    if all(isinstance(part, str) for part in parts):
        return "".join(str(part) for part in parts)
    return parts[0] if len(parts) == 1 else Text(tuple(parts))


def of_failures(machine: Node) -> frozenset[str]:
    """Returns the names of the tasks that nothing but a failure, a `Catch`, leads to."""
    return frozenset(task.name for task in tasks(machine)) - usual_states(machine)


def usual_states(machine: Node) -> frozenset[str]:
    """Returns the names of the states that an execution without a failure may come to."""
    return frozenset(name for definition in _definitions(machine) for name in _usual(definition))


def _usual(definition: Value) -> Iterator[str]:
    """Yields the states that executions without a failure may come to."""
    states = walk(definition, "States")
    known = states if isinstance(states, dict) else {}
    start = walk(definition, "StartAt")
    # Where nobody can tell the first one, each may be it.
    open_ = [start] if isinstance(start, str) else list(known)
    seen: set[str] = set()
    while open_:
        name = open_.pop()
        if name in seen or name not in known:
            continue
        seen.add(name)
        yield name
        state = known[name]
        onward = [walk(state, "Next"), walk(state, "Default")]
        onward += [walk(choice, "Next") for choice in items(walk(state, "Choices"))]
        open_ += [each for each in onward if isinstance(each, str)]
        for inner in (walk(state, "Iterator"), walk(state, "ItemProcessor")):
            yield from _usual(inner)
        for branch in items(walk(state, "Branches")):
            yield from _usual(branch)


def _state_machine(machine: Node, world: World) -> Iterator[Edge]:
    failed = of_failures(machine)
    for task in tasks(machine):
        resource = walk(task.state, "Resource")
        integration = _INTEGRATION.match(spelled(resource))
        if integration is None:
            for node, through in targets_of(resource, world):
                yield Edge(machine, node, Kind.INVOKES_SYNC, machine, through)
        else:
            api = (integration["service"], integration["action"])
            waits = (integration["pattern"] or "").startswith("sync")
            for edge in call(machine, machine, api, task.arguments, world, waits=waits):
                # What only a failure leads to a queue is a dead letter.
                given_up = task.name in failed and edge.target.type == QUEUE
                yield edge._replace(kind=Kind.DEAD_LETTER) if given_up else edge
    destinations = machine.items("LoggingConfiguration", "Destinations") or ()
    for destination in destinations:
        group = walk(destination, "CloudWatchLogsLogGroup", "LogGroupArn")
        for node, _ in targets_of(group, world):
            yield Edge(machine, node, Kind.LOGS_TO, machine)


BUILDERS: dict[str, Builder] = {STATE_MACHINE: _state_machine}
