"""The alarms of a template, each with what to do first when it fires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hinagata.catalogue.error import CatalogueError
from hinagata.catalogue.material.proofs import Proof, Proofs
from hinagata.catalogue.material.told import Told
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node

RUNBOOK = Path(__file__).parents[1] / "data" / "runbook.toml"
_ALARM = "AWS::CloudWatch::Alarm"
_MILLISECONDS = "Milliseconds"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One alarm.

    Attributes:
        name: By its construct.
        metric: The metric, with its namespace: `AWS/SQS ApproximateAgeOfOldestMessage`.
        fires: When it does, in words.
        says: What it tells whoever is woken.
        first: What to do first.
        proof: The test that holds it, if one names its metric.
    """

    name: str
    metric: str
    fires: str
    says: str
    first: str
    proof: Proof | None


def read_alarms(topology: Topology, pattern: str, proofs: Proofs) -> tuple[Alarm, ...]:
    """Returns the alarms of a template.

    Raises:
        CatalogueError: The runbook has no line for a metric.
    """
    return tuple(_alarms(topology, pattern, proofs))


def _alarms(topology: Topology, pattern: str, proofs: Proofs) -> Iterator[Alarm]:
    runbook = Told.read(RUNBOOK).fields
    for node in topology.of_type(_ALARM):
        namespace, metric = _metric(node)
        lines = runbook.get(namespace)
        first = lines.get(metric) if isinstance(lines, Mapping) else None
        if not isinstance(first, str):
            raise CatalogueError(
                f'{RUNBOOK}: ["{namespace}"] has no line for {metric}, which {node.name} watches; '
                "say what to do first when it fires"
            )
        yield Alarm(
            name=node.name,
            metric=f"{namespace} {metric}",
            fires=_fires(node, metric),
            says=str(node.written("AlarmDescription") or ""),
            first=first,
            proof=proofs.of_metric(pattern, metric),
        )


def _metric(node: Node) -> tuple[str, str]:
    """Namespace and name; of metric math those of its first metric."""
    if node.written("MetricName"):
        return str(node.written("Namespace")), str(node.written("MetricName"))
    queries = node.written("Metrics")
    for query in queries if isinstance(queries, list) else ():
        if "MetricStat" in query:
            metric = query["MetricStat"]["Metric"]
            return str(metric["Namespace"]), str(metric["MetricName"])
    raise CatalogueError(f"{node.name}: the alarm watches no metric")


def _fires(node: Node, metric: str) -> str:
    threshold = float(str(node.written("Threshold")))
    unit = ""
    if metric.endswith(_MILLISECONDS) or metric in ("IteratorAge", "Latency"):
        threshold, unit = threshold / 1000, " s"
    elif metric.startswith(("ApproximateAge", "TargetResponseTime")) or "Freshness" in metric:
        unit = " s"
    statistic = node.written("Statistic") or node.written("ExtendedStatistic") or "Sum"
    least = node.written("ComparisonOperator") == "GreaterThanOrEqualToThreshold"
    minutes = int(str(node.written("EvaluationPeriods"))) * int(str(node.written("Period") or 60))
    for_ = f"{minutes // 60} min" if minutes >= 60 else f"{minutes} s"
    bound = "at least" if least else "above"
    return f"{statistic} {bound} {threshold:,g}{unit} for {for_}"
