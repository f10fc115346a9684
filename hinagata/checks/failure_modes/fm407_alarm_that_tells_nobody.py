"""An alarm goes off and nobody is told.

An alarm without an action changes its colour on a page that nobody looks at in the night.

It counts as telling if it has `AlarmActions` (or `InsufficientDataActions`, for a heartbeat), if
a composite alarm is made of it, if a deployment rolls back on it (AWS CodeDeploy, Amazon ECS,
AWS AppConfig), if a Route 53 health check follows it, or if a rule of the same app listens to the
changes of alarms on the default event bus.

## How to mend it

Set `AlarmActions` to an Amazon SNS topic that somebody subscribes to, or make a composite alarm of
it that has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hinagata.checks.check import Finding, Severity, Unresolved, check
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node
from hinagata.topology.value import Text, Value, items, referenced

_LISTENERS = {
    "AWS::CloudWatch::CompositeAlarm": ("AlarmRule",),
    "AWS::CodeDeploy::DeploymentGroup": ("AlarmConfiguration",),
    "AWS::ECS::Service": ("DeploymentConfiguration", "Alarms"),
    "AWS::AppConfig::Environment": ("Monitors",),
    "AWS::Route53::HealthCheck": ("HealthCheckConfig", "AlarmIdentifier"),
}
# The name stands in quotes, or bare, or as an ARN.
_IN_RULE = re.compile(r"""(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*["']?([^"')]+)""")


@check(
    id="FM407",
    title="Alarm that tells nobody",
    severity=Severity.WARNING,
    reason="It goes off on a page that nobody looks at.",
    sources=(
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html",
        "https://docs.aws.amazon.com/config/latest/developerguide/cloudwatch-alarm-action-check.html",
    ),
    fix="Set AlarmActions to a topic that somebody subscribes to.",
)
def alarm_that_tells_nobody(topology: Topology, _: Thresholds) -> Iterator[Finding | Unresolved]:
    """Looks for an action on each alarm, or for something that listens to it."""
    heard = _heard(topology)
    if heard is None:
        return
    names, nodes = heard
    for alarm in topology.of_type("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        if alarm in nodes or (names and names & (alarm.strings("AlarmName") or frozenset())):
            continue
        yield from _actions(alarm)


def _actions(alarm: Node) -> Iterator[Finding | Unresolved]:
    enabled = alarm.flag("ActionsEnabled", default=True)
    if enabled is None:
        yield Unresolved(node=alarm, property="ActionsEnabled")
        return
    if not enabled:
        yield Finding(node=alarm, property="ActionsEnabled", says="its actions are switched off")
        return
    for name in ("AlarmActions", "InsufficientDataActions"):
        actions = alarm.items(name)
        if actions is None:
            yield Unresolved(node=alarm, property=name)
            return
        if actions:
            return
    yield Finding(
        node=alarm,
        property="AlarmActions",
        says="has no action, and nothing in the app listens to it",
    )


def _heard(topology: Topology) -> tuple[set[str], set[Node]] | None:
    """The names and the nodes that something listens to; None if it listens to all alarms."""
    for rule in topology.of_type("AWS::Events::Rule"):
        if "aws.cloudwatch" in (rule.items("EventPattern", "source") or ()):
            return None
    nodes: set[Node] = set()
    names: set[str] = set()
    for type_, path in _LISTENERS.items():
        for listener in topology.of_type(type_):
            value = listener.get(*path)
            nodes.update(referenced(value))
            names.update(_names(value))
    return names, nodes


def _names(value: Value) -> Iterator[str]:
    """The alarms that are named by texts: by themselves, or in the rule of a composite alarm."""
    for item in items(value):
        if isinstance(item, dict):
            for each in item.values():
                yield from _names(each)
        elif isinstance(item, (str, Text)):
            text = item if isinstance(item, str) else item.with_placeholders()
            for name in _IN_RULE.findall(text) or [text]:
                yield name.rpartition(":alarm:")[2]
