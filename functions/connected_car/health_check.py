"""HealthCheck: find what is wrong with a car before its driver does."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from aws_lambda_powertools import Logger

from connected_car.messages import TELEMETRY
from pattern_runtime import Event, JsonObject, each_event

# A 12 V lead battery at rest below this is more than half empty; above, the alternator's regulator
# has failed.
BATTERY_VOLTS = (12.0, 15.0)
# Coolant under pressure boils a little above this.
ENGINE_CELSIUS = 115.0
# A quarter below its pressure is where US cars have to warn (FMVSS 138); the car's fullest tyre
# stands for what that pressure is.
TYRE_SHARE = 0.75

logger = Logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a car."""

    rule: str
    reading: float
    limit: float


def findings(data: JsonObject) -> list[Finding]:
    """Return what the readings of a telemetry event say is wrong.

    Args:
        data: The event's.
    """
    volts, celsius, tyres = data["battery_volts"], data["engine_celsius"], data["tyre_kpa"]
    low, high = BATTERY_VOLTS
    found = []
    if volts < low:
        found.append(Finding("battery low", volts, low))
    if volts > high:
        found.append(Finding("battery overcharged", volts, high))
    if celsius > ENGINE_CELSIUS:
        found.append(Finding("engine hot", celsius, ENGINE_CELSIUS))
    return found + _soft_tyres(tyres)


def _soft_tyres(kpa: Sequence[float]) -> list[Finding]:
    limit = TYRE_SHARE * max(kpa)
    return [Finding(f"tyre {wheel} soft", p, limit) for wheel, p in enumerate(kpa, 1) if p < limit]


def handle(event: Event) -> None:
    """Log each finding, as JSON."""
    if event.type != TELEMETRY:
        return
    for finding in findings(event.data):
        logger.warning(
            "finding",
            vehicle_id=event.data["vehicle_id"],
            event_id=event.id,
            finding=asdict(finding),
        )


handler = each_event(handle)
