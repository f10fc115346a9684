"""What watches, encrypts and identifies: logs, alarms, traces, keys, secrets, users."""

from __future__ import annotations

import math

from hinagata.planner.deriving.month import Month
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.value import items, number

_FAST_S = 60
_DAYS_PER_MONTH = 365 / 12
# Logs without a retention are never deleted: the bill after a year is shown.
_DAYS_SHOWN = 365


def logs(month: Month) -> None:
    """Adds log groups: the lines of the code and APIs that log to them, and what is kept."""
    endless = False
    for node in month.topology.of_type("AWS::Logs::LogGroup"):
        writers = {edge.source: edge for edge in month.topology.into(node, Kind.LOGS_TO)}
        gb = math.fsum(_written_gb(month, edge) for edge in writers.values())
        days = month.number(node, "RetentionInDays", default=0)
        if gb and not days:
            endless = True
        kept_months = (days or _DAYS_SHOWN) / _DAYS_PER_MONTH
        kept = gb * kept_months * month.assume("stored_log_share", node) if gb else 0.0
        infrequent = node.get("LogGroupClass") == "INFREQUENT_ACCESS"
        month.add(
            "cloudwatch",
            node,
            logs_gb=0.0 if infrequent else gb,
            infrequent_logs_gb=gb if infrequent else 0.0,
            stored_logs_gb=kept,
        )
    if endless:
        month.notes.append("logs without a retention are shown as they are after a year")
    logging = {edge.source for edge in month.topology.edges(Kind.LOGS_TO)}
    for node in month.names.handlers:
        # Lambda makes a group of its own for a function that names none.
        if node.type == "AWS::Lambda::Function" and node not in logging:
            gb = _lines_gb(month, node)
            kept = gb * _DAYS_SHOWN / _DAYS_PER_MONTH
            kept *= month.assume("stored_log_share", node) if gb else 0.0
            month.add("cloudwatch", node, logs_gb=gb, stored_logs_gb=kept)


def _written_gb(month: Month, edge: Edge) -> float:
    writer = edge.source
    if writer in month.names.handlers:
        return _lines_gb(month, writer)
    messages = month.messages(writer)
    if writer.role in (Role.API, Role.LOAD_BALANCER, Role.DISTRIBUTION) and messages:
        return messages * month.assume("access_log_kb", writer) / _kb_per_gb(month)
    return 0.0


def _lines_gb(month: Month, node: Node) -> float:
    tried = handled(month, node)
    return tried * month.assume("log_kb", node) / _kb_per_gb(month) if tried else 0.0


def handled(month: Month, node: Node) -> float:
    """Returns how many messages code works on in a month, each as often as it is tried.

    Args:
        month: The month.
        node: What runs the code.
    """
    feeds = month.handlers.feeds(node)
    return month.month_of(math.fsum(month.flows.mean(each.visits) * each.tries for each in feeds))


def _kb_per_gb(month: Month) -> float:
    return month.fact("cloudwatch", "price.kb_per_gb")


def alarms(month: Month) -> None:
    """Adds alarms by the metrics that they watch, and dashboards."""
    usual, fast, composite = 0.0, 0.0, 0.0
    for node in month.topology.of_type("AWS::CloudWatch::Alarm"):
        metrics = 0
        shortest = number(node.get("Period")) or _FAST_S
        for query in node.items("Metrics") or ():
            if walk(query, "MetricStat") is not None:
                metrics += 1
                shortest = min(shortest, number(walk(query, "MetricStat", "Period")) or _FAST_S)
        if shortest < _FAST_S:
            fast += max(1, metrics)
        else:
            usual += max(1, metrics)
    composite = sum(1 for _ in month.topology.of_type("AWS::CloudWatch::CompositeAlarm"))
    dashboards = sum(1 for _ in month.topology.of_type("AWS::CloudWatch::Dashboard"))
    if usual or fast or composite or dashboards:
        month.add_named(
            "cloudwatch",
            "alarms and dashboards",
            alarms=usual,
            fast_alarms=fast,
            composite_alarms=composite,
            dashboards=dashboards,
        )


def traces(month: Month) -> None:
    """Adds the traces of what clients send, sampled as X-Ray does unless told otherwise."""
    recorded = 0.0
    for source in month.scenario.sources.values():
        visits = {source.name: month.flows.traffic}
        traced = any(
            _is_traced(month, node)
            for node, counts in month.flows.visits.items()
            if source.name in counts
        )
        if traced:
            rate = month.flows.mean(visits)
            reservoir = month.fact("xray", "default_sampling.reservoir")
            share = month.fact("xray", "default_sampling.rate") / 100
            recorded += min(rate, reservoir) + max(0.0, rate - reservoir) * share
    if recorded:
        month.add_named("xray", "traces", traces=month.month_of(recorded))


def _is_traced(month: Month, node: Node) -> bool:
    if node.get("TracingConfig", "Mode") == "Active":
        return True
    if node.get("TracingConfiguration", "Enabled") is True:
        return True
    return any(
        node in stage.nodes("RestApiId") and stage.flag("TracingEnabled") is True
        for stage in month.topology.of_type("AWS::ApiGateway::Stage")
    )


def keys(month: Month) -> None:
    """Adds keys of one's own and secrets."""
    own = list(month.topology.of_type("AWS::KMS::Key"))
    for node in own:
        month.add("kms", node, keys=1)
    if own:
        month.notes.append(
            "how often a key is asked is not known, as services keep data keys; taken as never"
        )
    for node in month.topology.of_type("AWS::SecretsManager::Secret"):
        # Code reads a secret when it starts.
        readers = {
            edge.source
            for edge in month.topology.into(node, Kind.PASSES_ENV)
            if edge.source in month.names.handlers
        }
        starts = math.fsum(
            float(month.usage["lambda"].get(month.names.shown(each), {}).get("cold_starts", 0.0))
            for each in readers
        )
        month.add("secrets_manager", node, secrets=1, requests=starts)


def users(month: Month) -> None:
    """Adds user pools."""
    for node in month.topology.of_type("AWS::Cognito::UserPool"):
        plan = str(node.get("UserPoolTier") or "ESSENTIALS").lower()
        month.add(
            "cognito",
            node,
            plan=plan if plan in ("lite", "plus") else "essentials",
            users=month.assume("users", node),
        )


# What is billed by the hour or by use, and is not reckoned with here, by the first words of a type.
_UNPRICED = (
    "AWS::AmazonMQ::Broker",
    "AWS::ApiGateway::VpcLink",
    "AWS::AppRunner::Service",
    "AWS::AppSync::",
    "AWS::Batch::ComputeEnvironment",
    "AWS::CloudTrail::Trail",
    "AWS::CodeBuild::Project",
    "AWS::DAX::Cluster",
    "AWS::DMS::ReplicationInstance",
    "AWS::DocDB::DBInstance",
    "AWS::EC2::FlowLog",
    "AWS::EC2::Instance",
    "AWS::EC2::TransitGateway",
    "AWS::EFS::FileSystem",
    "AWS::EKS::Cluster",
    "AWS::ElastiCache::",
    "AWS::ElasticLoadBalancing::LoadBalancer",
    "AWS::Elasticsearch::Domain",
    "AWS::GlobalAccelerator::Accelerator",
    "AWS::Glue::Job",
    "AWS::GuardDuty::Detector",
    "AWS::IoT::TopicRule",
    "AWS::KinesisAnalyticsV2::Application",
    "AWS::MSK::",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBInstance",
    "AWS::OpenSearchServerless::Collection",
    "AWS::OpenSearchService::Domain",
    "AWS::QuickSight::",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::Route53::HealthCheck",
    "AWS::Route53::HostedZone",
    "AWS::SageMaker::Endpoint",
    "AWS::Synthetics::Canary",
    "AWS::Timestream::Table",
    "AWS::Transfer::Server",
)
# Groups of settings that only what they are for is billed for.
_FREE = ("ParameterGroup", "SubnetGroup", "Configuration", "Policy", "DataSource", "Resolver")


def unpriced(month: Month) -> None:
    """Names what will be on the bill and is not reckoned with."""
    for node in month.topology.nodes:
        if node.type.startswith(_UNPRICED) and not node.type.endswith(_FREE):
            month.unpriced.append(f"{month.names.shown(node)} ({node.type})")
    for node in month.topology.of_type("AWS::ECS::Cluster"):
        for setting in node.items("ClusterSettings") or ():
            insights = "containerInsights" in items(walk(setting, "Name"))
            if insights and walk(setting, "Value") != "disabled":
                month.unpriced.append(f"{month.names.shown(node)}: Container Insights' metrics")
