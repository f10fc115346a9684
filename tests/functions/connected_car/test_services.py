"""HealthCheck and TheftTracking: the rules, without AWS."""

from typing import Any

import pytest

from connected_car import health_check, theft_tracking
from connected_car.health_check import findings
from pattern_runtime import Event
from tests.functions.conftest import FakeContext, lambda_event

HEALTHY = lambda_event("telemetry", sample="connected_car")


def test_a_healthy_car_has_no_findings() -> None:
    """The readings that lie beside the handlers are good ones."""
    assert findings(HEALTHY) == []


@pytest.mark.parametrize(
    ("reading", "rules"),
    [
        ({"battery_volts": 12.0}, []),
        ({"battery_volts": 11.9}, ["battery low"]),
        ({"battery_volts": 15.0}, []),
        ({"battery_volts": 15.1}, ["battery overcharged"]),
        ({"engine_celsius": 115.0}, []),
        ({"engine_celsius": 115.1}, ["engine hot"]),
        ({"tyre_kpa": [240, 180, 240, 240]}, []),
        ({"tyre_kpa": [240, 179, 240, 10]}, ["tyre 2 soft", "tyre 4 soft"]),
        ({"tyre_kpa": [0, 0, 0, 0]}, []),
        ({"battery_volts": 9, "engine_celsius": 130}, ["battery low", "engine hot"]),
    ],
)
def test_each_rule_finds_what_is_beyond_its_limit(
    reading: dict[str, Any], rules: list[str]
) -> None:
    """A reading at the limit is good, and one beyond it is found."""
    assert [finding.rule for finding in findings(HEALTHY | reading)] == rules


def test_an_alarm_becomes_a_report() -> None:
    """The control room learns which car, which sensor, when and where."""
    alarm = Event.from_object(
        lambda_event("direct", sample="connected_car")
        | {
            "type": "vehicle.alarm",
            "data": {"vehicle_id": "car-7", **lambda_event("alarm", sample="connected_car")},
        }
    )

    assert theft_tracking.theft_report(alarm) == {
        "vehicle_id": "car-7",
        "sensor": "glass",
        "urgent": True,
        "seen": "2026-01-31T08:00:00.000000Z",
        "map": "geo:35.08270,137.15630",
    }


@pytest.mark.parametrize("service", [health_check, theft_tracking])
def test_a_service_takes_what_is_not_for_it(service: Any, context: FakeContext) -> None:
    """An event of another type is no failure, whatever a subscription's filter lets through."""
    assert service.handler(lambda_event("sqs", sample="connected_car"), context) == {
        "batchItemFailures": []
    }
