"""A step of a workflow: a Lambda handler out of a function of an event and earlier results."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING

from pattern_runtime.events import Event, JsonObject, MalformedEventError
from pattern_runtime.idempotency import IDEMPOTENCY_VARIABLE, once
from pattern_runtime.spans import print_malformed, span

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# By the step's name, what it returned.
Results = Mapping[str, JsonObject]
TakeStep = Callable[[Event, Results], JsonObject | None]
StepHandler = Callable[[JsonObject, "LambdaContext"], JsonObject | None]


def each_step(take: TakeStep, *, remember: timedelta = timedelta(days=4)) -> StepHandler:
    """Make the Lambda handler of a step of a workflow.

    The workflow's input is an event; what a step returns is kept beside it, and never in its
    place, so that every step has the event's id and trace. An exception fails the step, which the
    workflow retries unless its name is final. Every step prints a span.

    If the environment names an IDEMPOTENCY_TABLE_NAME, a step that was taken for the event before
    returns what it returned then, and does nothing.

    Args:
        take: Called with the event and the earlier results; what it returns is JSON.
        remember: How long a taken step is known. At least as long as the event may come again,
            e.g. from an archive.

    Example:
        handler = each_step(reserve)
    """
    table_name = os.environ.get(IDEMPOTENCY_VARIABLE)
    run = once(table_name, remember, repeat=_again) if table_name else None

    @wraps(take)
    def handler(state: JsonObject, context: "LambdaContext") -> JsonObject | None:
        try:
            event = Event.from_object(state)
        except MalformedEventError as error:
            print_malformed(context.aws_request_id, error)
            raise
        with span(event) as this:
            results = state.get("results", {})
            if run is None:
                return take(event, results)
            kept = run(event, context, lambda: {"result": take(event, results)})
            if not isinstance(kept, dict):
                raise TypeError("the table of taken steps holds what is none")
            if "again" in kept:
                this.repeated()
            result: JsonObject | None = kept["result"]
            return result

    return handler


def _again(kept: object) -> object:
    return kept | {"again": True} if isinstance(kept, dict) else kept
