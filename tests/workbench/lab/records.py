"""Hand-made records of a run, with everything that a test does not care about filled in."""

from hinagata.lab.dead_letters import DeadLetter
from hinagata.lab.spans import Span, Status
from hinagata.lab.traffic import Sent


def sent(
    event: str,
    *,
    source: str = "cars",
    at: float = 0.0,
    accepted: bool = True,
    attempts: int = 1,
    late: float = 0.0,
    key: str = "vehicle-1",
    warm_up: bool = False,
    trace: str = "1-0-0",
    throttled_at: tuple[float, ...] = (),
) -> Sent:
    """Return what became of a message at its entry."""
    return Sent(
        source=source,
        id=event,
        keys={"vehicle_id": key},
        due_at=at - late,
        sent_at=at,
        attempts=attempts,
        status=202 if accepted else 503,
        accepted_at=at + 0.01 if accepted else None,
        failure="" if accepted else "503: ",
        warm_up=warm_up,
        trace=trace,
        throttled_at=throttled_at,
    )


def span(
    hop: str,
    event: str,
    *,
    end: float = 1.0,
    status: str = "ok",
    trace: str = "1-0-0",
    parent: str = "",
    segment: str = "",
) -> Span:
    """Return a hop's work on an event, which took a tenth of a second."""
    return Span(
        hop=hop,
        id=event,
        start=end - 0.1,
        end=end,
        status=Status(status),
        trace=trace,
        parent=parent,
        segment=segment,
    )


def dead(hop: str, event: str | None) -> DeadLetter:
    """Return a dead letter of a hop."""
    return DeadLetter(hop=hop, queue=f"http://queue/{hop}", message_id=f"m-{event}", id=event)
