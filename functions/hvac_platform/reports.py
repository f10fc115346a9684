"""What a device may report, and where a data item of it is kept."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from pattern_runtime import Event, MalformedEventError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MOST_ITEMS = 1000
# Beside the data items of a report.
_PLACE = ("building_id", "device_id")


class Address(NamedTuple):
    """One data item of one device."""

    building: str
    device: str
    item: str


class Value(NamedTuple):
    """What a data item is.

    Attributes:
        text: The value, as JSON.
        time: When the device said so; texts of times sort as times do.
        since: The id of the report that brought it.
    """

    text: str
    time: str
    since: str


Values = Mapping[Address, Value]


def read_report(event: Event) -> dict[Address, Value]:
    """Return the data items of a device's report.

    Raises:
        MalformedEventError: It is no report.
    """
    building, device = (_name(name, event.data.get(name)) for name in _PLACE)
    items = {name: value for name, value in event.data.items() if name not in _PLACE}
    if not 1 <= len(items) <= _MOST_ITEMS:
        raise MalformedEventError(
            f"a report has 1 to {_MOST_ITEMS} data items, not {len(items)}: send it in parts"
        )
    return {
        Address(building, device, _name("the name of a data item", name)): Value(
            json.dumps(value, separators=(",", ":")), event.time_text, event.id
        )
        for name, value in items.items()
    }


def building_name(text: object) -> str:
    """Return the id of a building.

    Raises:
        MalformedEventError: No building can have it.
    """
    return _name("building_id", text)


def _name(what: str, text: object) -> str:
    # No #, which parts a key.
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise MalformedEventError(
            f"{what} has to be 1 to 64 letters, digits, dots, hyphens and underscores, "
            f"not {str(text)[:64]!r}"
        )
    return text
