"""An alarm looks at its own metric, as often as its rule says, and again and again.

The emulator evaluates an alarm when somebody puts metric data, and then over all metrics of that
name, whatever their dimensions: an alarm on one dead-letter queue fires for another. It knows
neither datapoints to alarm nor what missing data mean.

Here each alarm is evaluated every second, over its own metric, in periods that end now. AWS's
periods end on the minute; so an alarm of one period fires here after seconds and there after a
minute. `HINAGATA_LAB_ALARM_SCALE` divides the periods, for runs that are shorter than they are:
1 unless given.
"""

import os
import time
from collections.abc import Sequence
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

SCALE_VARIABLE = "HINAGATA_LAB_ALARM_SCALE"
EVERY_SECONDS = 1.0
LATEST_SECONDS = 120.0  # how late a datum may be put and still count

ALARM, OK, INSUFFICIENT = "ALARM", "OK", "INSUFFICIENT_DATA"


def state_of(breaching: Sequence[bool | None], *, to_alarm: int, missing: str, present: str) -> str:
    """Return an alarm's state.

    Source: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".

    Args:
        breaching: of each period, whether it is over the threshold; None where data are missing.
        to_alarm: how many must be.
        missing: `missing`, `ignore`, `breaching` or `notBreaching`.
        present: the state so far.

    Example:
        >>> state_of([True, False, True], to_alarm=2, missing="missing", present="OK")
        'ALARM'
    """
    if missing in ("breaching", "notBreaching"):
        breaching = [missing == "breaching" if each is None else each for each in breaching]
    known = [each for each in breaching if each is not None]
    if not known:
        return present if missing == "ignore" else INSUFFICIENT
    if missing == "ignore" and len(known) < len(breaching) and sum(known) < to_alarm:
        return present
    # Fewer data than asked for: those that are there decide.
    return ALARM if sum(known) >= min(to_alarm, len(known)) else OK


def _apply() -> None:
    cloudwatch = emulator_module("services.cloudwatch")
    responses = emulator_module("core.responses")
    scale = float(os.environ.get(SCALE_VARIABLE) or 1.0)

    def evaluate(alarm: Any) -> None:
        name, namespace = alarm.get("MetricName"), alarm.get("Namespace")
        if not name or not namespace:
            return
        dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
        points = cloudwatch._metrics.get((namespace, name, cloudwatch._dims_key(dimensions))) or []
        periods = int(alarm.get("EvaluationPeriods", 1))
        breaching = [
            _breaches(cloudwatch, alarm, period)
            for period in _in_periods(points, periods, int(alarm.get("Period", 60)) / scale)
        ]
        old = alarm["StateValue"]
        new = state_of(
            breaching,
            to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
            missing=alarm.get("TreatMissingData") or "missing",
            present=old,
        )
        if new == old:
            return
        known = [each for each in breaching if each is not None]
        reason = (
            f"{sum(known)} of the last {periods} datapoints were "
            f"{alarm.get('ComparisonOperator')} {alarm.get('Threshold')}"
        )
        alarm["StateValue"], alarm["StateReason"] = new, reason
        alarm["StateUpdatedTimestamp"] = int(time.time())
        cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
        cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
        cloudwatch._evaluate_parent_alarms(alarm)

    def watch() -> None:
        while True:
            time.sleep(EVERY_SECONDS)
            for account, region in {key[:2] for key, _ in cloudwatch._alarms.all_items()}:
                with responses.request_scope(account, region):
                    cloudwatch._evaluate_all_alarms()

    cloudwatch._evaluate_alarm = evaluate
    emulator_module("core.concurrency").spawn_background(watch, thread_name="hinagata-alarms")


def _in_periods(points: Sequence[Any], periods: int, seconds: float) -> list[list[Any]]:
    """Return the points of each of the last periods, newest first."""
    now = time.time()
    found: list[list[Any]] = [[] for _ in range(periods)]
    for point in reversed(points):
        age = now - point["Timestamp"]
        if age > periods * seconds + LATEST_SECONDS:
            break  # they come in their order, but for what somebody puts late
        if 0 <= age < periods * seconds:
            found[int(age // seconds)].append(point)
    return found


def _breaches(cloudwatch: Any, alarm: Any, points: Sequence[Any]) -> bool | None:
    if not points:
        return None
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic", "Average")
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
    if value is None:
        return None
    threshold = float(alarm.get("Threshold", 0))
    breaches = {
        "GreaterThanOrEqualToThreshold": value >= threshold,
        "GreaterThanThreshold": value > threshold,
        "LessThanThreshold": value < threshold,
        "LessThanOrEqualToThreshold": value <= threshold,
    }
    return breaches.get(alarm.get("ComparisonOperator", ""))  # None: anomaly bands are not known


PATCH = Patch(
    name="alarms",
    promise="an alarm is evaluated every second over the metric with its dimensions, by periods, "
    "datapoints to alarm and what missing data mean",
    symbols=(
        "ministack.services.cloudwatch:_evaluate_alarm",
        "ministack.services.cloudwatch:_evaluate_all_alarms",
        "ministack.services.cloudwatch:_alarms",
        "ministack.services.cloudwatch:_metrics",
        "ministack.services.cloudwatch:_dims_key",
        "ministack.services.cloudwatch:_dims_from_list",
        "ministack.services.cloudwatch:_calc_stats",
        "ministack.services.cloudwatch:_stat_value",
        "ministack.services.cloudwatch:_record_history",
        "ministack.services.cloudwatch:_dispatch_alarm_actions",
        "ministack.services.cloudwatch:_evaluate_parent_alarms",
        "ministack.core.concurrency:spawn_background",
        "ministack.core.responses:request_scope",
    ),
    apply=_apply,
)
