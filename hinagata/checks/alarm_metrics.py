"""What the alarms of a topology measure, as far as a template tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Template, walk
from hinagata.topology.value import Unknown, Value, is_known


class Metric(NamedTuple):
    """A metric that an alarm measures.

    Attributes:
        alarm: The alarm.
        path: Where in the alarm the dimensions stand, e.g. "Dimensions".
        namespace: E.g. "AWS/SQS"; None if it is unknown.
        name: E.g. "NumberOfMessagesSent"; None if it is unknown.
        dimensions: Values by name; None if nobody can know which there are.
        expression: A query over many metrics, which has no dimensions of its own; else empty.
    """

    alarm: Node
    path: str
    namespace: str | None
    name: str | None
    dimensions: Mapping[str, Value] | None
    expression: str = ""


class _Metrics(NamedTuple):
    """The metrics of all alarms, and by template those of whom nobody knows what they are of."""

    all: Sequence[Metric]
    undecided: Mapping[Template, Sequence[Metric]]


_found: WeakKeyDictionary[Topology, _Metrics] = WeakKeyDictionary()


def metrics(topology: Topology) -> Sequence[Metric]:
    """Returns the metrics of all alarms, those inside metric math too; read once a topology."""
    return _metrics_of(topology).all


def undecided(topology: Topology, node: Node, namespace: str, *names: str) -> Node | None:
    """Returns an alarm of the node's stack that may or may not watch the node.

    Its metric is one of those asked for, but which resource it is of is known only after
    deployment. An alarm of another stack would name an exported resource, which is known.
    """
    for metric in _metrics_of(topology).undecided.get(node.template, ()):
        if metric.namespace in (namespace, None) and (metric.name is None or metric.name in names):
            return metric.alarm
    return None


def _metrics_of(topology: Topology) -> _Metrics:
    if topology not in _found:
        found = [
            metric
            for alarm in topology.of_type("AWS::CloudWatch::Alarm")
            for metric in _metrics(alarm)
        ]
        unclear: dict[Template, list[Metric]] = defaultdict(list)
        for metric in found:
            known = metric.dimensions is not None and is_known(dict(metric.dimensions))
            if not known and not metric.expression:
                unclear[metric.alarm.template].append(metric)
        _found[topology] = _Metrics(found, unclear)
    return _found[topology]


def watched_as_a_whole(topology: Topology, namespace: str, name: str) -> bool:
    """Whether an alarm measures a metric over all resources: without dimensions, or by a query."""
    return any(
        (namespace in metric.expression and name in metric.expression)
        if metric.expression
        else (metric.namespace, metric.name, metric.dimensions) == (namespace, name, {})
        for metric in metrics(topology)
    )


def _metrics(alarm: Node) -> Iterator[Metric]:
    name = alarm.get("MetricName")
    if name is not None:
        yield _metric(alarm, "Dimensions", alarm.get("Namespace"), name, alarm.get("Dimensions"))
    for index, entry in enumerate(alarm.items("Metrics") or ()):
        measured = walk(entry, "MetricStat", "Metric")
        expression = walk(entry, "Expression")
        if isinstance(measured, dict):
            yield _metric(
                alarm,
                f"Metrics.{index}.MetricStat.Metric.Dimensions",
                measured.get("Namespace"),
                measured.get("MetricName"),
                measured.get("Dimensions"),
            )
        elif isinstance(expression, str) and "SELECT" in expression.upper():
            yield Metric(alarm, f"Metrics.{index}.Expression", None, None, None, expression)


def _metric(alarm: Node, path: str, namespace: Value, name: Value, dimensions: Value) -> Metric:
    return Metric(
        alarm,
        path,
        namespace if isinstance(namespace, str) else None,
        name if isinstance(name, str) else None,
        _dimensions(dimensions),
    )


def _dimensions(value: Value) -> dict[str, Value] | None:
    if value is None:
        return {}
    if not isinstance(value, list):
        return None
    found: dict[str, Value] = {}
    for item in value:
        if not isinstance(item, dict) or isinstance(item.get("Name"), (Unknown, type(None))):
            return None
        found[str(item["Name"])] = item.get("Value")
    return found
