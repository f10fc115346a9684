"""What goes wrong in a scenario: which faults there are, what each can hit, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum


class Target(Enum):
    """What a fault is injected into, as a person says it."""

    HANDLER = "function or container"
    FUNCTION = "function"
    CONTAINER = "container"
    DEPENDENCY = "table, queue, topic, stream, bus, bucket, workflow, function or API"
    CHANNEL = "queue, topic, stream or bus"


class Inject(StrEnum):
    """What happens while a fault lasts."""

    RAISE = "raise"
    CRASH = "crash"
    HANG = "hang"
    POISON = "poison"
    SLOW = "slow"
    DOWN = "down"
    THROTTLE = "throttle"
    SERVER_ERROR = "server_error"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    CONCURRENCY = "concurrency"
    KILL_TASK = "kill_task"
    UPDATE = "update"


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """What a kind of fault does, and what it needs to be told.

    Attributes:
        summary: what happens, in a sentence.
        target: what it hits; None if it hits the account as a whole.
        share_of: what `rate` is a share of; empty if there is none to choose.
        lasts: whether it has a duration; one that has none happens at one moment.
        delayed: whether it needs a delay.
        limited: whether it needs a limit.
    """

    summary: str
    target: Target | None
    share_of: str = ""
    lasts: bool = True
    delayed: bool = False
    limited: bool = False


KINDS: Mapping[Inject, FaultKind] = {
    Inject.RAISE: FaultKind(
        summary="The handler raises an error.", target=Target.HANDLER, share_of="invocations"
    ),
    Inject.CRASH: FaultKind(
        summary="The handler's process ends in the middle of its work.",
        target=Target.HANDLER,
        share_of="invocations",
    ),
    Inject.HANG: FaultKind(
        summary="The handler works on past its timeout.",
        target=Target.HANDLER,
        share_of="invocations",
    ),
    Inject.POISON: FaultKind(
        summary="Some messages can never be processed, however often they are tried.",
        target=Target.HANDLER,
        share_of="messages",
    ),
    Inject.SLOW: FaultKind(
        summary="Calls to it are answered late.",
        target=Target.DEPENDENCY,
        share_of="calls",
        delayed=True,
    ),
    Inject.DOWN: FaultKind(
        summary="Calls to it find nobody; afterwards it is back.", target=Target.DEPENDENCY
    ),
    Inject.THROTTLE: FaultKind(
        summary="Calls to it are refused as the service refuses what exceeds its limits.",
        target=Target.DEPENDENCY,
        share_of="calls",
    ),
    Inject.SERVER_ERROR: FaultKind(
        summary="Calls to it are answered with the service's internal error.",
        target=Target.DEPENDENCY,
        share_of="calls",
    ),
    Inject.DUPLICATE: FaultKind(
        summary="Messages are delivered twice.", target=Target.CHANNEL, share_of="messages"
    ),
    Inject.REORDER: FaultKind(
        summary="Messages are delivered after some that were sent later.",
        target=Target.CHANNEL,
        share_of="messages",
    ),
    Inject.CONCURRENCY: FaultKind(
        summary="The account runs fewer functions at once.", target=None, limited=True
    ),
    Inject.KILL_TASK: FaultKind(
        summary="A task is killed in the middle of a request.",
        target=Target.CONTAINER,
        lasts=False,
    ),
    Inject.UPDATE: FaultKind(
        summary="The function's code is updated while it runs.",
        target=Target.FUNCTION,
        lasts=False,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When a run injects a fault, in seconds after its first message.

    Attributes:
        at_seconds: the beginning.
        for_seconds: how long; None for a fault that has no duration.
    """

    at_seconds: float
    for_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong for a while.

    Attributes:
        inject: what happens.
        target: the construct id of what it happens to; None for the account as a whole.
        at_seconds: when it begins, in the scenario's time.
        for_seconds: how long it lasts; None for one that happens at one moment.
        rate: the share that it hits of the invocations, calls or messages meanwhile.
        delay_seconds: how much later a slow dependency answers.
        limit: how many functions the account runs at once.
        run: when a run injects it. Default: as in the scenario's time.
    """

    inject: Inject
    at_seconds: float
    target: str | None = None
    for_seconds: float | None = None
    rate: float = 1.0
    delay_seconds: float = 0.0
    limit: int | None = None
    run: Moment | None = None
