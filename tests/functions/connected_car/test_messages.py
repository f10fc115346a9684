"""What cars and operators may say, and how they are told that they may not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connected_car.messages import (
    InvalidRequestError,
    read_command,
    read_report,
    vehicle_source,
)
from tests.functions.conftest import lambda_event


def test_the_shown_bodies_are_taken() -> None:
    """The bodies in events/ are what the platform takes, and the vehicle's id joins their data."""
    telemetry = read_report("car-7", json.dumps(lambda_event("telemetry", sample="connected_car")))
    alarm = read_report("car-7", json.dumps(lambda_event("alarm", sample="connected_car")))
    command = read_command("car-7", json.dumps(lambda_event("command", sample="connected_car")))

    assert telemetry.type == "vehicle.telemetry"
    assert telemetry.data["vehicle_id"] == "car-7"
    assert telemetry.data["tyre_kpa"] == [231, 229, 226, 228]
    assert alarm.type == "vehicle.alarm"
    assert alarm.data["sensor"] == "glass"
    assert command == {"vehicle_id": "car-7", "command": "lock"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "gossip"}, "kind has to be 'telemetry' or 'alarm', not 'gossip'"),
        ({"kind": None}, "kind has to be 'telemetry' or 'alarm', not None"),
        ({"speed": 80}, "unknown field 'speed'"),
        ({"latitude": 91}, "latitude has to be a number from -90 to 90"),
        ({"longitude": "137"}, "longitude has to be a number from -180 to 180"),
        ({"battery_volts": True}, "battery_volts has to be a number from 0 to 60"),
        ({"engine_celsius": None}, "engine_celsius has to be a number"),
        ({"tyre_kpa": 230}, "tyre_kpa has to be a list of 4 numbers"),
        ({"tyre_kpa": [230, 230, 230]}, "tyre_kpa has to be a list of 4 numbers"),
        ({"tyre_kpa": [230, 230, 230, -1]}, "tyre_kpa[3] has to be a number from 0 to 1500"),
    ],
)
def test_fails_with_one_sentence_for_each_wrong_reading(
    change: dict[str, Any], sentence: str
) -> None:
    """The answer names the field and what it may hold."""
    body = json.dumps(lambda_event("telemetry", sample="connected_car") | change)

    with pytest.raises(InvalidRequestError) as refusal:
        read_report("car-7", body)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize("body", ["", "{", "[]", "null", b"\xff", '{"command": "explode"}', "{}"])
def test_fails_on_what_is_no_command(body: str | bytes) -> None:
    """Nothing but the four known commands reaches a car."""
    with pytest.raises(InvalidRequestError):
        read_command("car-7", body)


@given(st.binary() | st.dictionaries(st.text(), st.integers() | st.text()).map(json.dumps))
def test_fails_only_as_an_invalid_request(body: str | bytes) -> None:
    """No body can make another exception than the one that is answered with 400."""
    for read in (read_report, read_command):
        with pytest.raises(InvalidRequestError):
            read("car-7", body)


@pytest.mark.parametrize(
    "vehicle_id", ["", "../admin", "a b", "-x", "a/b", "x" * 65, "caf\u00e9", "a\n"]
)
def test_fails_on_an_id_that_no_vehicle_has(vehicle_id: str) -> None:
    """An id can be put into a path and a key as it is."""
    with pytest.raises(InvalidRequestError, match="the vehicle id"):
        vehicle_source(vehicle_id)
