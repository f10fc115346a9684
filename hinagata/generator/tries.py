"""How often one message may be tried at the end of its way: retries multiply with retries.

What holds for a template (`hinagata explain FM104`) is said here of a blueprint, before there is
one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hinagata.checks.thresholds import Thresholds
from hinagata.generator.blueprint import Component

if TYPE_CHECKING:
    from hinagata.generator.architecture import Architecture
    from hinagata.generator.flows import Connection

# What the constructs give where nothing is said: a queue's receives, a stream's retries and the
# first try, Lambda's tries of an asynchronous invocation, a step's retries with those of a
# throttled one.
_OF_QUEUE = 5
_OF_STREAM = 6
_OF_INVOCATION = 3
_OF_STEP = 31


def refuse_multiplied_tries(architecture: Architecture) -> None:
    """Refuse an architecture in which one message may be tried too often.

    Raises:
        ScenarioError: it names the worker, and who multiplies.
    """

    @cache
    def before(name: str) -> tuple[int, tuple[str, ...]]:
        """Return the tries on the way to a component, and the workers that multiply them."""
        one = architecture.of(name)
        ways: list[tuple[int, tuple[str, ...]]] = [(1, ())]
        for source in _sources(one, architecture):
            tries, layers = before(source.name)
            own = _multiplied(source, architecture)
            ways.append((tries * own, (*layers, source.name)) if own > 1 else (tries, layers))
        return max(ways)

    most = Thresholds().attempts_along_a_chain
    for one in architecture.components:
        tries, layers = before(one.name)
        tries *= _tries(one, architecture)
        if layers and tries > most:
            one.place.fail(
                found=f"{one.name}, where one message may be tried {tries} times: what "
                f"{' and '.join(layers)} tried again is tried again here",
                expected=f"a point_to_point_queue before {layers[0]} that does not wait for an "
                "answer, or fewer layers that try again",
            )


def _sources(one: Component, architecture: Architecture) -> list[Component]:
    found = [each.source for each in architecture.into(one) if each.verb != "reads"]
    found += architecture.step_of(one)
    found += [api for api, _, _ in architecture.event_routes(one)]
    return found


def _tries(one: Component, architecture: Architecture) -> int:
    """Return how often a worker or a workflow's step is tried for one message that comes to it."""
    if one.kind == "durable_workflow":
        return _OF_STEP
    if one.kind != "lambda_worker":
        return 1
    if architecture.into(one, "sends_to", "delivers_to"):
        return _OF_INVOCATION
    return max((_of_mapping(each) for each in architecture.into(one, "consumes")), default=1)


def _of_mapping(connection: Connection) -> int:
    if connection.source.kind == "point_to_point_queue":
        receives: int = connection.source.arguments.get("max_receive_count", _OF_QUEUE)
        return receives
    return int(connection.options.get("retries", _OF_STREAM - 1)) + 1


def _multiplied(one: Component, architecture: Architecture) -> int:
    """Return how often what a worker hands on may be handed on again.

    A mapping tries a message again that failed, and no other: that multiplies only where the
    worker waits for what follows.
    """
    if one.kind != "lambda_worker":
        return 1
    invoked = architecture.into(one, "sends_to", "delivers_to")
    waits = any(each.target.kind == "lambda_worker" for each in architecture.out_of(one, "calls"))
    return _tries(one, architecture) if invoked or waits else 1
