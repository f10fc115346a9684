"""What cars and operators may say: the bodies of the platform's HTTP requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pattern_runtime import JsonObject, MalformedEventError, parse_json

TELEMETRY = "vehicle.telemetry"
ALARM = "vehicle.alarm"
COMMAND = "vehicle.command"

COMMANDS = ("lock", "unlock", "immobilise", "honk")
SENSORS = ("door", "glass", "motion", "tilt")

_VEHICLE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_POSITION = {"latitude": (-90.0, 90.0), "longitude": (-180.0, 180.0)}
# What a sensor can measure at all, not what is healthy.
_READINGS = {"battery_volts": (0.0, 60.0), "engine_celsius": (-60.0, 250.0)}
_TYRE_KPA = (0.0, 1500.0)
_WHEELS = 4


class InvalidRequestError(ValueError):
    """A request that the platform cannot take, with the one thing to mend."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a car has to say: the type of the event, and its data."""

    type: str
    data: JsonObject


def vehicle_source(vehicle_id: str) -> str:
    """Return the source of a vehicle's events.

    Raises:
        InvalidRequestError: No vehicle can have this id.
    """
    if not _VEHICLE_ID.fullmatch(vehicle_id):
        raise InvalidRequestError(
            "the vehicle id has to be 1 to 64 letters, digits, hyphens and underscores, "
            f"not {vehicle_id[:64]!r}"
        )
    return f"/vehicles/{vehicle_id}"


def read_report(vehicle_id: str, body: str | bytes) -> Report:
    """Read the body of a car's request: telemetry, or a theft alarm.

    Args:
        vehicle_id: The car that says it.
        body: JSON as in events/telemetry.json and events/alarm.json.

    Raises:
        InvalidRequestError: The body is neither.
    """
    fields = _object(body)
    kind = fields.get("kind")
    if kind == "telemetry":
        _only(fields, "kind", *_POSITION, *_READINGS, "tyre_kpa")
        values: JsonObject = _numbers(fields, _POSITION | _READINGS)
        tyres = fields.get("tyre_kpa")
        if not isinstance(tyres, list) or len(tyres) != _WHEELS:
            raise InvalidRequestError(f"tyre_kpa has to be a list of {_WHEELS} numbers")
        values["tyre_kpa"] = [
            _number(f"tyre_kpa[{i}]", kpa, _TYRE_KPA) for i, kpa in enumerate(tyres)
        ]
        return Report(TELEMETRY, {"vehicle_id": vehicle_id, **values})
    if kind == "alarm":
        _only(fields, "kind", *_POSITION, "sensor")
        return Report(
            ALARM,
            {
                "vehicle_id": vehicle_id,
                "sensor": _choice(fields, "sensor", SENSORS),
                **_numbers(fields, _POSITION),
            },
        )
    raise InvalidRequestError(f"kind has to be 'telemetry' or 'alarm', not {kind!r}")


def read_command(vehicle_id: str, body: str | bytes) -> JsonObject:
    """Read the body of an operator's request, into the data of a command event.

    Args:
        vehicle_id: The car that is to obey.
        body: JSON as in events/command.json.

    Raises:
        InvalidRequestError: The body is not a command.
    """
    fields = _object(body)
    _only(fields, "command")
    return {"vehicle_id": vehicle_id, "command": _choice(fields, "command", COMMANDS)}


def _object(body: str | bytes) -> JsonObject:
    try:
        value = parse_json(body)
    except MalformedEventError as error:
        raise InvalidRequestError(f"the body cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise InvalidRequestError("the body has to be a JSON object")
    return value


def _only(fields: JsonObject, *known: str) -> None:
    unknown = sorted(fields.keys() - set(known))
    if unknown:
        raise InvalidRequestError(
            f"unknown field {unknown[0][:64]!r}; known are {', '.join(known)}"
        )


def _choice(fields: JsonObject, name: str, choices: tuple[str, ...]) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or value not in choices:
        raise InvalidRequestError(f"{name} has to be one of {', '.join(choices)}")
    return value


def _numbers(fields: JsonObject, ranges: Mapping[str, tuple[float, float]]) -> JsonObject:
    return {name: _number(name, fields.get(name), bounds) for name, bounds in ranges.items()}


def _number(name: str, value: object, bounds: tuple[float, float]) -> float:
    low, high = bounds
    # A bool is an int in Python, but not in JSON.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InvalidRequestError(f"{name} has to be a number from {low:g} to {high:g}")
    return value
