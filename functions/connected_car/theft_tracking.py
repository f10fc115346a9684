"""TheftTracking: tell the control room which car is being stolen, and where."""

from aws_lambda_powertools import Logger

from connected_car.messages import ALARM
from pattern_runtime import Event, JsonObject, each_event

# A parked car's door opens for its owner too; these do not happen by themselves.
_URGENT = frozenset({"glass", "motion", "tilt"})

logger = Logger()


def theft_report(event: Event) -> JsonObject:
    """Return what the control room needs to know of an alarm.

    Args:
        event: Of type `vehicle.alarm`.
    """
    data = event.data
    return {
        "vehicle_id": data["vehicle_id"],
        "sensor": data["sensor"],
        "urgent": data["sensor"] in _URGENT,
        "seen": event.time_text,
        "map": f"geo:{data['latitude']:.5f},{data['longitude']:.5f}",
    }


def handle(event: Event) -> None:
    """Log the report of an alarm, as JSON."""
    if event.type != ALARM:
        return
    logger.warning("theft alarm", event_id=event.id, report=theft_report(event))


handler = each_event(handle)
