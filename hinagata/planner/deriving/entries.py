"""What answers clients: APIs, load balancers, distributions, firewalls."""

from __future__ import annotations

from hinagata.planner.deriving.month import Month
from hinagata.planner.pricing.services.web import CACHES
from hinagata.topology.edge import Edge, Kind
from hinagata.topology.node import Node, Role, walk

_LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def apis(month: Month) -> None:
    """Adds REST, HTTP and WebSocket APIs, with what they answer to the internet."""
    for node in month.topology.of_type("AWS::ApiGateway::RestApi"):
        month.add(
            "apigateway_rest",
            node,
            requests=month.messages(node),
            internet_out_kb=_out_kb(month, node),
            cache_gb=_cache(month, node),
        )
    for node in month.topology.of_type("AWS::ApiGatewayV2::Api"):
        if node.get("ProtocolType") == "WEBSOCKET":
            month.add(
                "apigateway_websocket",
                node,
                messages=month.messages(node),
                message_kb=month.message_kb(node),
                connections=month.assume("connections", node),
                internet_out_kb=0.0,
            )
        else:
            month.add(
                "apigateway_http",
                node,
                requests=month.messages(node),
                request_kb=month.message_kb(node) + month.assume("header_kb", node),
                response_kb=month.assume("response_kb", node),
                internet_out_kb=_out_kb(month, node),
            )


def _cache(month: Month, node: Node) -> str:
    for stage in month.topology.of_type("AWS::ApiGateway::Stage"):
        if node in stage.nodes("RestApiId") and stage.flag("CacheClusterEnabled"):
            size = str(stage.get("CacheClusterSize"))
            return size if size in CACHES else CACHES[1]
    return CACHES[0]


def _from_internet(month: Month, node: Node) -> bool:
    return any(
        edge.source.role is Role.INTERNET for edge in month.topology.into(node, Kind.INVOKES_SYNC)
    )


def _out_kb(month: Month, node: Node) -> float:
    """KB that the answer to a message takes to the internet, on average over all messages."""
    if not month.flows.mean(node) or not _from_internet(month, node):
        return 0.0
    outside = _from_outside(month, node)
    return month.assume("response_kb", node) * outside / month.flows.mean(node)


def _from_outside(month: Month, node: Node) -> float:
    """Messages a second that clients send to a node, not others of the architecture."""
    inside = sum(
        month.flows.mean(visits)
        for (_, target), visits in month.flows.over.items()
        if target is node
    )
    return max(0.0, month.flows.mean(node) - inside)


def load_balancers(month: Month) -> None:
    """Adds load balancers: connections, bytes and rules decide their capacity units."""
    for node in month.topology.of_type(_LOAD_BALANCER):
        kind = node.get("Type") or "application"
        if kind not in ("application", "network"):
            month.unpriced.append(f"{month.names.shown(node)}: a load balancer of type {kind}")
            continue
        rate = month.flows.mean(node)
        fields: dict[str, float] = {}
        if rate:
            reused = month.assume("requests_per_connection", node)
            open_s = month.assume("connection_seconds", node)
            kb = month.message_kb(node)
            kb += month.assume("header_kb", node) + month.assume("response_kb", node)
            fields = {
                "new_connections": month.messages(node) / reused,
                "active_connections": rate / reused * open_s,
                "data_gb": month.messages(node) * kb / month.kb_per_gb,
            }
        if kind == "application":
            rules = month.topology.of_type("AWS::ElasticLoadBalancingV2::ListenerRule")
            listeners = [
                each
                for each in month.topology.of_type("AWS::ElasticLoadBalancingV2::Listener")
                if node in each.nodes("LoadBalancerArn")
            ]
            fields["requests"] = month.messages(node)
            fields["rules"] = sum(
                any(listener in rule.nodes("ListenerArn") for listener in listeners)
                for rule in rules
            )
        month.add("alb" if kind == "application" else "nlb", node, **fields)
        if _from_internet(month, node):
            zones = len({edge.target for edge in _subnets(month, node)})
            month.add("public_ipv4", node, addresses=max(1, zones))
            month.add(
                "data_transfer",
                node,
                responses=month.messages(node),
                response_kb=_out_kb(month, node),
            )


def _subnets(month: Month, node: Node) -> list[Edge]:
    return [
        edge
        for edge in month.topology.out(node, Kind.RUNS_IN)
        if edge.target.type == "AWS::EC2::Subnet"
    ]


def distributions(month: Month) -> None:
    """Adds CloudFront: requests, and what they are answered with."""
    for node in month.topology.of_type("AWS::CloudFront::Distribution"):
        requests = month.messages(node)
        month.add(
            "cloudfront",
            node,
            https_requests=requests,
            data_gb=requests * _answer_kb(month, node) / month.kb_per_gb,
        )


def _answer_kb(month: Month, node: Node) -> float:
    return month.assume("response_kb", node) if month.flows.mean(node) else 0.0


def firewalls(month: Month) -> None:
    """Adds WAF: its web ACLs, their rules, and the requests that they look at."""
    for node in month.topology.of_type("AWS::WAFv2::WebACL"):
        rules = node.items("Rules") or ()
        groups = sum(
            walk(rule, "Statement", "ManagedRuleGroupStatement") is not None for rule in rules
        )
        guarded = {edge.target for edge in month.topology.out(node, Kind.GUARDS)}
        month.add(
            "waf",
            node,
            acls=1,
            rules=len(rules) - groups,
            rule_groups=groups,
            requests=sum(month.messages(each) for each in guarded),
        )
