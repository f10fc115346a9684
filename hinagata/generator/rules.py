"""What must hold between the parts of a blueprint, beyond each arrow."""

from __future__ import annotations

import builtins
import keyword
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from hinagata.generator.blueprint import Component
from hinagata.generator.bounds import refuse_out_of_bounds
from hinagata.generator.kinds import SENDERS, SERVERS
from hinagata.generator.tries import refuse_multiplied_tries
from hinagata.scenario.document import Value
from hinagata.suggestion import suggest

if TYPE_CHECKING:
    from hinagata.generator.architecture import Architecture

# What the code around them is called.
_TAKEN = {
    *("app", "cdk", "construct_id", "events", "json", "patterns", "scope", "secretsmanager"),
    *("self", "stack", "super"),
}


# What a handler calls something else, where a push gateway is a variable of it.
_TAKEN_IN_HANDLERS = {
    *("answer", "ask", "aws", "call", "event", "handle", "handler", "invoke", "logger", "post"),
    *("publish", "put_event", "put_record", "read", "replace", "required", "send_to_queue"),
    *("each_event", "each_request", "each_step", "start_workflow", "take"),
}
# What API Gateway waits, and a second to answer in
# (docs.aws.amazon.com/apigateway/latest/developerguide/limits.html).
_GATEWAY_SECONDS = 28.0


def refuse_misfits(architecture: Architecture) -> None:
    """Refuse an architecture that would lose messages, go round for ever, or could not be made.

    Raises:
        ScenarioError: it says where, what, and what would fit.
    """
    for one in architecture.components:
        _check_name(one, architecture)
        _RULES[one.kind](one, architecture)
    _check_functions(architecture)
    refuse_out_of_bounds(architecture)
    _check_traffic(architecture)
    _check_rounds(architecture)
    refuse_multiplied_tries(architecture)


def refuse_reservations(architecture: Architecture, most: int) -> None:
    """Refuse workers that need more than an account runs at once, alone or reserved together.

    Args:
        architecture: what has the workers.
        most: how many an account runs at once of what is bound.

    Raises:
        ScenarioError: it names the largest of them.
    """
    bound = [one for one in architecture.components if architecture.is_bound(one)]
    for one in bound:
        peak, seconds = architecture.peak_at(one), architecture.seconds_of(one)
        if "max_concurrency" not in one.arguments and peak * seconds > most:
            one.place.fail(
                found=f"{one.name}, of which {peak:,.0f} messages a second x {seconds:g} s are "
                f"{peak * seconds:,.0f} at once",
                expected=f"at most {most}, of the 1,000 that an account runs: less traffic, less "
                f"that it takes, or max_concurrency: {most} behind a queue where the rest waits",
            )
    reserve = {
        one.name: architecture.concurrency(one)
        for one in bound
        if not architecture.into(one, "consumes")
    }
    if sum(reserve.values()) > most:
        largest = architecture.of(max(reserve, key=reserve.__getitem__))
        largest.place.fail(
            found=f"{len(reserve)} workers that reserve {sum(reserve.values()):,} executions, "
            f"{largest.name} alone {reserve[largest.name]:,}",
            expected=f"at most {most} together: a queue before {largest.name}, which "
            "takes no more than there is, or less traffic",
        )


def _check_name(one: Component, architecture: Architecture) -> None:
    if keyword.iskeyword(one.name) or one.name in _TAKEN or hasattr(builtins, one.name):
        one.place.fail_name(
            found=f"the name {one.name}, which is Python's or the stack's own",
            expected=f"another one, as the_{one.name}",
        )
    for other in architecture.components:
        if other.kind == "push_gateway" and one.name == f"{other.name}_credentials":
            one.place.fail_name(
                found=f"{one.name}, as the credentials of {other.name} are called",
                expected="another name",
            )
        if other.construct_id == one.construct_id and other.name != one.name:
            one.place.fail_name(
                found=f"{one.name}, whose construct is {one.construct_id} as that of {other.name}",
                expected="names that differ in more than _",
            )


def _check_server(one: Component, architecture: Architecture) -> None:
    routes = one.routes
    for route, to in routes.items():
        place = one.place.at("routes", route)
        if to.bus:
            _check_event_route(one, route, place, architecture)
        parameters = [segment for segment in route.split("/") if segment.startswith("{")]
        if len(set(parameters)) != len(parameters):
            place.fail_name(found=f"{route}, with a name twice", expected="each name once")
    _check_handing_on(one, architecture)
    if one.kind == "proactive_service":
        least, most = one.arguments.get("min_tasks", 2), one.arguments.get("max_tasks", 10)
        if least > most:
            one.place.at("min_tasks" if "min_tasks" in one.arguments else "max_tasks").fail(
                expected=f"min_tasks ({least}) of at most max_tasks ({most})"
            )


def _check_handing_on(one: Component, architecture: Architecture) -> None:
    codes = architecture.code_of(one)
    for connection in architecture.out_of(one, "sends_to", "calls", "writes", "serves"):
        by, target = connection.begins_at, connection.target.name
        if not by and all(code.only_reads for code in codes):
            connection.flow.place.fail(
                found=f"{one.name} -> {target}, though no route of {one.name} takes anything that "
                "it could hand on",
                expected="a route with POST, PUT, PATCH or DELETE and a function",
            )
        if connection.verb != "calls" and any(code.only_reads for code in codes if code.name == by):
            connection.flow.place.fail(
                found=f"{by} -> {target}, though a GET changes nothing",
                expected="the function of another route, or an arrow to a worker with waits: true",
            )
    for connection in architecture.into(one, "calls"):
        if connection.handed_to is None:
            connection.flow.place.fail(
                found=f"{connection.source.name} -> {connection.ends_at or one.name}, which has "
                "no route that takes an event",
                expected="one with POST, a function, and no {name}",
            )


def _check_event_route(
    one: Component, route: str, place: Value, architecture: Architecture
) -> None:
    bus = one.routes[route].bus
    buses = [other.name for other in architecture.components if other.kind == "event_bus"]
    if bus not in buses:
        place.at("bus").fail(found=f"{bus}, which is no event_bus", expected=suggest(bus, buses))
    if one.kind != "reactive_api" or one.arguments.get("protocol") == "http":
        place.fail(
            found="a route straight to a bus",
            expected="a function, unless it is one of a reactive_api with protocol rest",
        )
    if "{" in route or not route.startswith(("POST ", "PUT ", "PATCH ")):
        place.fail_name(
            found=f"{route}, whose body alone is the event",
            expected="POST, PUT or PATCH, and a path without {name}",
        )
    if "function" in place.entries():
        place.at("function").fail_name(found="a function beside a bus", expected="one of them")


def _check_queue(one: Component, architecture: Architecture) -> None:
    takers = architecture.out_of(one, "consumes")
    if len(takers) > 1:
        takers[1].flow.place.fail(
            found=f"a second worker of {one.name}, which would get some of its messages",
            expected="one worker a queue; a fan_out before two queues gives each message to both",
        )
    _need_taker(one, architecture)
    _need_sender(one, architecture)
    _check_order(one)
    topics = architecture.into(one, "delivers_to")
    if "ordered_by" in one.arguments and topics:
        one.place.at("ordered_by").fail_name(
            found=f"the order of {one.name}, to which {topics[0].source.name} delivers",
            expected=f"ordered_by of {topics[0].source.name}, whose order it keeps",
        )
    if one.arguments.get("fifo"):
        for connection in architecture.into(one, "delivers_to"):
            if connection.source.kind == "event_bus":
                connection.flow.place.fail(
                    found=f"{connection.source.name} -> {one.name}, which keeps an order, as no "
                    "bus does",
                    expected="a queue without fifo, or an arrow past the bus",
                )
            if not connection.source.arguments.get("fifo"):
                connection.flow.place.fail(
                    found=f"{connection.source.name} -> {one.name}, which keeps an order",
                    expected="a fan_out with fifo: true, or a queue without it",
                )


def _check_stream(one: Component, architecture: Architecture) -> None:
    _need_taker(one, architecture)
    _need_sender(one, architecture)
    if one.arguments.get("on_demand") and "shards" in one.arguments:
        one.place.at("shards").fail_name(
            found="shards of a stream on demand", expected="one of the two"
        )


def _check_order(one: Component) -> None:
    if "ordered_by" in one.arguments and not one.arguments.get("fifo"):
        one.place.at("ordered_by").fail_name(
            found=f"the order of {one.name}, which keeps none", expected="fifo: true beside it"
        )


def _check_deliverer(one: Component, architecture: Architecture) -> None:
    if one.kind == "fan_out":
        _check_order(one)
    if not architecture.out_of(one, "delivers_to"):
        one.place.fail(
            found=f"{one.name}, which delivers to nobody",
            expected=f"an arrow from it, as {one.name} -> {_example(one, architecture)}",
        )
    if not architecture.into(one) and not architecture.event_routes(one):
        _nobody_sends(one, architecture)


def _check_worker(one: Component, architecture: Architecture) -> None:
    consumed = architecture.into(one, "consumes")
    ways = {
        "takes from " + ", ".join(each.source.name for each in consumed): consumed,
        "is invoked": architecture.into(one, "sends_to", "delivers_to"),
        "is asked": architecture.into(one, "calls"),
        "is a step": architecture.step_of(one),
    }
    used = [way for way, found in ways.items() if found]
    if not used:
        one.place.fail(
            found=f"{one.name}, which nothing comes to",
            expected=f"an arrow to it, as {_a_source(architecture)} -> {one.name}",
        )
    if len(used) > 1:
        one.place.fail(
            found=f"{one.name}, which {' and '.join(used)}",
            expected="one way in: they would share its concurrency; make a worker for each",
        )
    if architecture.step_of(one):
        _check_step(one, architecture)
    if architecture.is_asked(one):
        _check_asked(one, architecture)
    if architecture.may_double(one) and one.arguments.get("idempotent") is False:
        one.place.at("idempotent").fail(
            found=f"false, though {one.name} would do twice what comes twice",
            expected="true, or no such field",
        )


def _check_step(one: Component, architecture: Architecture) -> None:
    for connection in architecture.out_of(one, "sends_to", "calls", "writes"):
        if connection.verb == "writes" and not connection.target.arguments.get("changes"):
            continue
        connection.flow.place.fail(
            found=f"{one.name} -> {connection.target.name}, from a step of a workflow, which is "
            "retried often: what it starts would be started as often",
            expected="a further step, or an arrow from a worker that is no step",
        )


def _check_asked(one: Component, architecture: Architecture) -> None:
    for connection in architecture.out_of(one, "calls"):
        connection.flow.place.fail(
            found=f"{one.name} -> {connection.target.name}, though somebody waits for {one.name}",
            expected="who asks first to ask both, or a queue between them",
        )
    seconds = architecture.timeout_of(one)
    for connection in architecture.into(one, "calls"):
        asker = connection.source
        waits = architecture.timeout_of(asker)
        if asker.kind == "reactive_api" and waits + seconds > _GATEWAY_SECONDS:
            place = one.place.at("timeout") if "timeout" in one.arguments else asker.place
            place.fail(
                found=f"{asker.name} -> {one.name}, {waits:g} s and {seconds:g} s together",
                expected=f"at most {_GATEWAY_SECONDS:g} s: longer the gateway does not wait",
            )
        if seconds > waits:
            one.place.at("timeout").fail(
                found=f"{seconds:g} s, though {asker.name} waits {waits:g} s",
                expected=f"at most {waits:g} s",
            )


def _check_workflow(one: Component, architecture: Architecture) -> None:
    place = one.place.at("steps")
    named: set[str] = set()
    for index, step in enumerate(architecture.steps(one)):
        for name in filter(None, (step.do, step.undo)):
            _need_kind(name, ("lambda_worker",), place.at(index), architecture)
            if name in named:
                place.at(index).fail(found=f"{name} a second time", expected="each worker once")
            named.add(name)
    if not architecture.into(one):
        _nobody_sends(one, architecture)


def _check_breaker(one: Component, architecture: Architecture) -> None:
    place = one.place.at("guards")
    for index, name in enumerate(one.arguments["guards"]):
        _need_kind(name, ("lambda_worker",), place.at(index), architecture)
        worker = architecture.of(name)
        sources = [each.source for each in architecture.into(worker, "consumes")]
        if not sources or any(source.kind != "point_to_point_queue" for source in sources):
            place.at(index).fail(
                found=f"{name}, which does not take from queues alone",
                expected="a worker whose queue can be paused",
            )
        behind = architecture.behind(worker)
        for another in one.arguments["guards"]:
            if another in behind:
                place.at(index).fail(
                    found=f"{name} and {another}, which works on what {name} hands on",
                    expected="a breaker for each",
                )
        other = architecture.breaker_of(worker)
        if other is not None and other.name != one.name:
            place.at(index).fail(
                found=f"{name}, which {other.name} guards", expected="one breaker a worker"
            )


def _check_store(one: Component, architecture: Architecture) -> None:
    keys = [one.arguments.get("partition_key"), one.arguments.get("sort_key")]
    for key in filter(None, keys):
        if key == "event" or keys.count(key) > 1:
            one.place.fail(found=f"the key {key}", expected="two different names, neither event")
    if not architecture.into(one, "writes"):
        one.place.fail(
            found=f"{one.name}, which nobody writes",
            expected=f"an arrow to it, as {_a_sender(architecture)} -> {one.name}",
        )
    follows = architecture.out_of(one, "consumes")
    if one.arguments.get("changes") and not follows:
        one.place.at("changes").fail_name(
            found="changes that no worker follows",
            expected=f"an arrow {one.name} -> a lambda_worker, or no changes",
        )
    if len(follows) > 2:
        follows[2].flow.place.fail(
            found=f"a third worker of {one.name}'s changes",
            expected="at most two, which is what the stream of a table bears",
        )


def _check_lake(one: Component, architecture: Architecture) -> None:
    for index, name in enumerate(one.arguments["keeps"]):
        place = one.place.at("keeps", index)
        _need_kind(name, ("lambda_worker", "reactive_api"), place, architecture)
        if not architecture.code_of(architecture.of(name)):
            place.fail(found=f"{name}, which has no function", expected="what prints spans")
        others = [
            other.name
            for other in architecture.components
            if other.kind == "log_lake" and name in other.arguments["keeps"]
        ]
        if len(others) > 1:
            place.fail(found=f"{name}, which {others[0]} keeps too", expected="one lake for each")


def _check_gateway(one: Component, architecture: Architecture) -> None:
    if one.name in _TAKEN_IN_HANDLERS:
        one.place.fail_name(
            found=f"the name {one.name}, which its handlers have for something else",
            expected=f"another one, as {one.name}_phones",
        )
    if not architecture.into(one, "serves"):
        one.place.fail(
            found=f"{one.name}, which nobody sends by",
            expected=f"an arrow to it, as {_a_sender(architecture)} -> {one.name}",
        )


_RULES = {
    "reactive_api": _check_server,
    "proactive_service": _check_server,
    "lambda_worker": _check_worker,
    "point_to_point_queue": _check_queue,
    "event_stream": _check_stream,
    "fan_out": _check_deliverer,
    "event_bus": _check_deliverer,
    "durable_workflow": _check_workflow,
    "circuit_breaker": _check_breaker,
    "telemetry_store": _check_store,
    "log_lake": _check_lake,
    "push_gateway": _check_gateway,
}


def _check_functions(architecture: Architecture) -> None:
    seen: dict[str, Component] = {}
    for code in architecture.code():
        place = code.owner.place
        if keyword.iskeyword(code.name) or keyword.issoftkeyword(code.name):
            place.fail(found=f"the function {code.name}, a word of Python", expected="another one")
        if code.name in seen:
            place.fail(
                found=f"the function {code.name} a second time, after {seen[code.name].name}",
                expected="a module for each: name it with function, or give the route one",
            )
        seen[code.name] = code.owner
    for one in architecture.components:
        if one.kind == "proactive_service" and any(
            to.function == "serve" for to in one.routes.values()
        ):
            one.place.fail(
                found="the function serve, as what starts the service is called",
                expected="another one",
            )
        if one.kind == "proactive_service" and one.name in seen:
            one.place.fail(
                found=f"a function called {one.name}, as the service is",
                expected="another name: the service's own module has this one",
            )
    blueprint = architecture.blueprint
    for name in blueprint.functions:
        if name not in seen:
            blueprint.place.at("functions", name).fail_name(
                found=f"the function {name}, which nothing runs", expected=suggest(name, seen)
            )


def _check_traffic(architecture: Architecture) -> None:
    entries = {one.name: one for one in architecture.entries()}
    for traffic in architecture.traffic.values():
        place = traffic.place
        if place is None:
            continue
        if traffic.to not in entries:
            functions = {to.function for one in entries.values() for to in one.routes.values()}
            place.at("to").fail(
                found=f"{traffic.to}, where nothing comes in from outside",
                expected=suggest(traffic.to, [*entries, *sorted(functions - {""})]),
            )
        entry = entries[traffic.to]
        if entry.kind in SERVERS:
            if traffic.event:
                place.at("event").fail_name(
                    found=f"an event for {entry.name}, whose routes say which they make",
                    expected="route",
                )
            if traffic.route and traffic.route not in entry.routes:
                place.at("route").fail(expected=suggest(traffic.route, entry.routes))
            if not traffic.route and len(entry.usual_routes) > 1:
                named = " or ".join(f'"{route}"' for route in entry.usual_routes)
                place.at("to").fail(
                    found=f"{entry.name}, of which no route is named",
                    expected=f"route: {named}, and a source for each",
                )
        elif traffic.route:
            place.at("route").fail_name(
                found=f"a route of {entry.name}, which is no API", expected="event"
            )


def _check_rounds(architecture: Architecture) -> None:
    """Refuse arrows that lead back to where they began: a message would never end."""
    onward: dict[str, list[str]] = {
        one.name: [to.bus for to in one.routes.values() if to.bus]
        for one in architecture.components
    }
    for connection in architecture.connections:
        if connection.verb != "reads":
            onward[connection.source.name].append(connection.target.name)
    for one in architecture.components:
        if one.kind == "durable_workflow":
            for step in architecture.steps(one):
                onward[one.name] += filter(None, (step.do, step.undo))
    try:
        TopologicalSorter(onward).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        architecture.of(circle[0]).place.fail_name(
            found=f"a circle, {' -> '.join(circle)}",
            expected="an end: a message that comes back to where it was never ends",
        )


def _need_taker(one: Component, architecture: Architecture) -> None:
    if not architecture.out_of(one, "consumes"):
        one.place.fail(
            found=f"{one.name}, which nobody takes from",
            expected=f"an arrow from it, as {one.name} -> {_example(one, architecture)}",
        )


def _need_sender(one: Component, architecture: Architecture) -> None:
    asked = any(traffic.to == one.name for traffic in architecture.blueprint.traffic.values())
    if not architecture.into(one, "sends_to", "delivers_to") and not asked:
        _nobody_sends(one, architecture, outside=True)


def _nobody_sends(one: Component, architecture: Architecture, *, outside: bool = False) -> None:
    also = ", or traffic to it from outside" if outside else ""
    one.place.fail(
        found=f"{one.name}, which nobody sends to",
        expected=f"an arrow to it, as {_a_sender(architecture)} -> {one.name}{also}",
    )


def _need_kind(name: str, kinds: tuple[str, ...], place: Value, architecture: Architecture) -> None:
    those = [one.name for one in architecture.components if one.kind in kinds]
    if name not in those:
        place.fail(found=f"{name}, which is no {' or '.join(kinds)}", expected=suggest(name, those))


def _example(one: Component, architecture: Architecture) -> str:
    wanted = "point_to_point_queue" if one.kind in ("fan_out", "event_bus") else "lambda_worker"
    return next((o.name for o in architecture.components if o.kind == wanted), f"a {wanted}")


def _a_sender(architecture: Architecture) -> str:
    return next((one.name for one in architecture.components if one.kind in SENDERS), "an API")


def _a_source(architecture: Architecture) -> str:
    kinds = ("point_to_point_queue", "event_stream")
    return next((one.name for one in architecture.components if one.kind in kinds), "a queue")
