"""What a handler imports: traced events, spans, idempotent batches, bounded sending, breakers.

The names are loaded on first use (PEP 562), so that a container which only sends events needs
neither the batch nor the idempotency tools.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pattern_runtime.answers import NoAnswerError, ask, post
    from pattern_runtime.api import each_request
    from pattern_runtime.batches import each_batch
    from pattern_runtime.breaker import BreakerOpenError, CircuitBreaker, circuit_breaker
    from pattern_runtime.consume import each_event
    from pattern_runtime.environment import MissingVariableError, required
    from pattern_runtime.events import Event, JsonObject, MalformedEventError, parse_json
    from pattern_runtime.objects import delete_object, each_object, put_object
    from pattern_runtime.retry import retried
    from pattern_runtime.send import (
        NotTakenError,
        invoke,
        publish,
        put_event,
        put_record,
        send_to_queue,
        start_workflow,
    )
    from pattern_runtime.service import serve
    from pattern_runtime.spans import Span, span
    from pattern_runtime.steps import Results, each_step

_HOMES = {
    "BreakerOpenError": "breaker",
    "CircuitBreaker": "breaker",
    "Event": "events",
    "JsonObject": "events",
    "MalformedEventError": "events",
    "MissingVariableError": "environment",
    "NoAnswerError": "answers",
    "NotTakenError": "send",
    "Results": "steps",
    "Span": "spans",
    "ask": "answers",
    "circuit_breaker": "breaker",
    "delete_object": "objects",
    "each_batch": "batches",
    "each_event": "consume",
    "each_object": "objects",
    "each_request": "api",
    "each_step": "steps",
    "invoke": "send",
    "parse_json": "events",
    "post": "answers",
    "publish": "send",
    "put_event": "send",
    "put_object": "objects",
    "put_record": "send",
    "required": "environment",
    "retried": "retry",
    "send_to_queue": "send",
    "serve": "service",
    "span": "spans",
    "start_workflow": "send",
}

__all__ = [
    "BreakerOpenError",
    "CircuitBreaker",
    "Event",
    "JsonObject",
    "MalformedEventError",
    "MissingVariableError",
    "NoAnswerError",
    "NotTakenError",
    "Results",
    "Span",
    "ask",
    "circuit_breaker",
    "delete_object",
    "each_batch",
    "each_event",
    "each_object",
    "each_request",
    "each_step",
    "invoke",
    "parse_json",
    "post",
    "publish",
    "put_event",
    "put_object",
    "put_record",
    "required",
    "retried",
    "send_to_queue",
    "serve",
    "span",
    "start_workflow",
]


def __getattr__(name: str) -> object:
    """Load a public name from the module it lives in, once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *__all__})
