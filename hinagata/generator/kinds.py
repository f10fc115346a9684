"""The kinds of component that a blueprint is made of: a pattern each, with its arguments.

An argument is named as the construct's own is, and written in YAML: a duration as `30s`, an
off-switch as the reason for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hinagata.generator.arguments import (
    ROUTES,
    STEPS,
    Argument,
    calls_per_second,
    duration,
    duration_code,
    flag,
    name,
    one_of,
    reason,
)
from hinagata.scenario.form import choice, names, text, whole

_DAY = 86_400.0
# Of a TelemetryStore that says nothing.
PARTITION_KEY, SORT_KEY = "building_id", "device_item"
# A tenth of what ECS takes in a service, as FM804 has it.
MOST_TASKS = 500
_RETENTION = "How long it keeps a message."
_MEMORY = Argument(
    whole(at_least=128, at_most=10_240), "Memory in MB; CPU grows with it. Default: 512."
)
# A field of an event's data, or a name in a route's path.
_KEY = text(pattern="[A-Za-z_][A-Za-z0-9_]{0,63}", expected="a name of letters, digits and _")
_ORDERED_BY = Argument(
    _KEY,
    "The field, or the name in a path, whose events stay in their order. Default: the path.",
    code=None,
)


@dataclass(frozen=True)
class Kind:
    """A kind of component.

    Attributes:
        construct: the name of its class in `patterns`.
        summary: what it is.
        arguments: by name.
    """

    construct: str
    summary: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "reactive_api": Kind(
        "ReactiveApi",
        "API Gateway and a function for each route.",
        {
            "routes": Argument(
                ROUTES,
                'What is served: "METHOD /path" to the function that answers it.',
                code=None,
                required=True,
            ),
            "protocol": Argument(
                choice(("rest", "http"), kind="protocol"),
                "rest validates requests and is traced; http is cheaper. Default: rest.",
            ),
            "timeout": Argument(
                duration(28, "28s"), "The longest run of a function. Default: 10s.", duration_code
            ),
            "memory_mb": _MEMORY,
            "public": Argument(
                reason(), "Why callers need not sign their requests. Default: they sign.", code=None
            ),
            "requests_per_second": Argument(
                calls_per_second(at_most=1_000_000),
                "Above it callers get 429. Default: 100/s, or what the traffic needs.",
            ),
        },
    ),
    "proactive_service": Kind(
        "ProactiveService",
        "A load balancer and containers that serve HTTP; hourly prices.",
        {
            "routes": Argument(
                ROUTES,
                'What is served: "METHOD /path" to the function that answers it.',
                code=None,
                required=True,
            ),
            "min_tasks": Argument(whole(at_least=2, at_most=MOST_TASKS), "Floor. Default: 2."),
            "max_tasks": Argument(whole(at_least=2, at_most=MOST_TASKS), "Ceiling. Default: 10."),
            "cpu": Argument(
                one_of(256, 512, 1024, 2048),
                "CPU units of a task; 1024 are one vCPU. Default: 256.",
            ),
        },
    ),
    "lambda_worker": Kind(
        "LambdaWorker",
        "A function that works through a queue or a stream, or takes what it is invoked with.",
        {
            "function": Argument(
                name(), "The module of its handler. Default: its own name.", code=None
            ),
            "timeout": Argument(
                duration(900, "15m"), "The longest run of a batch. Default: 30s.", duration_code
            ),
            "memory_mb": _MEMORY,
            "max_concurrency": Argument(
                whole(at_least=2, at_most=900),
                "How many run at once, of the 900 of an account that may be bound. Default: 10, "
                "or what the traffic needs.",
            ),
            "idempotent": Argument(
                flag(),
                "Whether an event that comes twice has one effect. Default: true, where two would "
                "do harm.",
            ),
        },
    ),
    "point_to_point_queue": Kind(
        "PointToPointQueue",
        "A queue to one worker, with dead letters.",
        {
            "fifo": Argument(flag(), "Whether it keeps an order. Default: false."),
            "ordered_by": _ORDERED_BY,
            "retention": Argument(
                duration(13 * _DAY, "13d", least=600), f"{_RETENTION} Default: 4d.", duration_code
            ),
            "max_receive_count": Argument(
                # Bounds of FM202.
                whole(at_least=3, at_most=100),
                "How often a message is tried before it is a dead letter. Default: 5.",
            ),
        },
    ),
    "fan_out": Kind(
        "FanOut",
        "A topic that delivers to any number of queues.",
        {
            "fifo": Argument(flag(), "Whether it keeps an order. Default: false."),
            "ordered_by": _ORDERED_BY,
        },
    ),
    "event_stream": Kind(
        "EventStream",
        "A stream that keeps the order of each source and can be read again.",
        {
            "ordered_by": _ORDERED_BY,
            "shards": Argument(
                whole(at_least=1, at_most=10_000),
                "1,000 records a second each. Default: 1, or what the traffic needs.",
            ),
            "on_demand": Argument(flag(), "Whether Kinesis chooses the shards. Default: false."),
            "retention": Argument(
                duration(365 * _DAY, "365d", least=_DAY),
                f"{_RETENTION} Default: 24h.",
                duration_code,
            ),
        },
    ),
    "event_bus": Kind(
        "EventBus",
        "A bus whose consumers ask for types of events, with an archive.",
        {
            "archive_days": Argument(
                whole(at_least=1, at_most=3650), "How long events can be replayed. Default: 30."
            ),
            "retry_for": Argument(
                duration(_DAY, "24h", least=60),
                "How long an event is offered to a target that cannot take it. Default: 4h.",
                duration_code,
            ),
        },
    ),
    "durable_workflow": Kind(
        "DurableWorkflow",
        "Steps one after the other, each retried, and undone where a later one fails.",
        {
            "steps": Argument(
                STEPS,
                "The workers in their order, each with what undoes it: {do: ship, undo: recall}.",
                code=None,
                required=True,
            ),
            "retries": Argument(whole(at_most=100), "Of a step that failed. Default: 5."),
        },
    ),
    "circuit_breaker": Kind(
        "CircuitBreaker",
        "Pauses the workers of a dependency that is away.",
        {
            "guards": Argument(names(kind="worker"), "The workers.", code=None, required=True),
            "drain_rate": Argument(
                calls_per_second(at_most=10_000),
                "Calls while the backlog drains. Default: 10/s.",
            ),
            "wait": Argument(
                duration(3_600, "1h"),
                "From the opening to the first probe. Default: 30s.",
                duration_code,
            ),
        },
    ),
    "telemetry_store": Kind(
        "TelemetryStore",
        "A table that is written event by event and read by its key.",
        {
            "partition_key": Argument(
                _KEY,
                "The field, or the name in a path, that is read as a whole. Default: "
                f"{PARTITION_KEY}.",
            ),
            "sort_key": Argument(
                _KEY,
                "The field within it; the event's id where an event has no such field. Default: "
                f"{SORT_KEY}.",
            ),
            "changes": Argument(flag(), "Whether a worker follows its changes. Default: false."),
            "max_write_units": Argument(
                whole(at_least=1, at_most=1_000_000), "Above it, it refuses. Default: 4,000."
            ),
        },
    ),
    "push_gateway": Kind(
        "PushGateway",
        "Mobile push through SNS, which retires the tokens of phones that are gone.",
        {
            "credentials": Argument(
                text(pattern="[A-Za-z0-9/_+=.@-]{1,100}", expected="the name of a secret"),
                "Secret with the credentials of Firebase or Apple. Default: a made-up one, which "
                "only a laptop's push service takes.",
                code=None,
            ),
        },
    ),
    "log_lake": Kind(
        "LogLake",
        "The spans of functions, kept for 400 days, and a query by trace.",
        {
            "keeps": Argument(
                names(kind="component"), "The workers and APIs.", code=None, required=True
            ),
            "retention_days": Argument(
                whole(at_least=1, at_most=3650), "How long spans are kept. Default: 400."
            ),
        },
    ),
}
"""The kinds, by the name that a blueprint calls them."""

SENDERS = frozenset({"reactive_api", "proactive_service", "lambda_worker"})
SERVERS = frozenset({"reactive_api", "proactive_service"})
