"""What answers clients: API Gateway, load balancers, CloudFront and WAF."""

from __future__ import annotations

from hinagata.planner.billed_units import whole_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import Field, choice, count, number
from hinagata.planner.pricing.service import Service
from hinagata.planner.pricing.services.network import internet


def _out(c: Charges, messages: str) -> None:
    internet(c, c.gb(messages, "internet_out_kb", "price.kb_per_gb"))


_INTERNET_OUT = number("internet_out_kb", "KB that each sends to the internet")
# The sizes of cache that AWS offers, in GB.
CACHES = ("0", "0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237")


def _rest(c: Charges) -> None:
    c.add("Requests", c.number("requests"), "price.rest")
    if c.text("cache_gb") != "0":
        c.add("Cache", c.hours, f"price.cache_{c.text('cache_gb')}GB_h", at_rest=True)
    _out(c, "requests")


REST = Service(
    name="apigateway_rest",
    title="API Gateway, REST",
    facts_of="apigateway",
    fields=(
        count("requests", "calls, refused ones excluded"),
        choice("cache_gb", "size of the cache", *CACHES),
        _INTERNET_OUT,
    ),
    free=("internet",),
    charge=_rest,
)


def _http(c: Charges) -> None:
    size = max(c.number("request_kb"), c.number("response_kb"))
    c.add(
        "Requests",
        c.number("requests") * whole_units(size, c.fact("price.http.chunk")),
        "price.http",
    )
    _out(c, "requests")


HTTP = Service(
    name="apigateway_http",
    title="API Gateway, HTTP",
    facts_of="apigateway",
    fields=(
        count("requests", "calls"),
        number("request_kb", "size of a request; billed in chunks"),
        number("response_kb", "size of a response; the larger of both counts"),
        _INTERNET_OUT,
    ),
    free=("internet",),
    charge=_http,
)


def _websocket(c: Charges) -> None:
    size = whole_units(c.number("message_kb"), c.fact("price.ws.chunk"))
    c.add("Messages", c.number("messages") * size, "price.ws.message")
    minutes = c.number("connection_minutes") + c.number("connections") * c.hours * 60
    c.add("Connections", minutes, "price.ws.connection_min")
    _out(c, "messages")


WEBSOCKET = Service(
    name="apigateway_websocket",
    title="API Gateway, WebSocket",
    facts_of="apigateway",
    fields=(
        count("messages", "messages, sent and received"),
        number("message_kb", "size of one; billed in chunks"),
        number("connections", "connections open at a time, on average"),
        count("connection_minutes", "minutes of connection, if you know them"),
        _INTERNET_OUT,
    ),
    free=("internet",),
    charge=_websocket,
)


def _capacity_units(c: Charges, *parts: tuple[str, float]) -> float:
    """The largest of a balancer's dimensions counts, hour by hour; here, of their means."""
    if c.given("capacity_units"):
        return c.number("capacity_units")
    return max(amount / c.fact(key) for key, amount in parts)


_BALANCER: tuple[Field, ...] = (
    number("balancers", "load balancers", default=1),
    count("new_connections", "connections opened, by all clients"),
    number("active_connections", "connections open at a time, on average"),
    number("connection_seconds", "how long one stays open, instead of active_connections"),
    number("data_gb", "data processed, in and out"),
)


def _active(c: Charges) -> float:
    opened_per_second = c.number("new_connections") / c.hours / 3600
    return c.number_or("active_connections", opened_per_second * c.number("connection_seconds"))


def _alb(c: Charges) -> None:
    seconds = c.hours * 3600
    free_rules = c.fact("lcu.free_rules")
    evaluations = c.number_or(
        "rule_evaluations", c.number("requests") * max(0.0, c.number("rules") - free_rules)
    )
    c.add("Hours", c.number("balancers") * c.hours, "price.hour", at_rest=True)
    # The dimension of data adds up over its two kinds of target.
    data = c.number("data_gb") / c.fact("lcu.bytes")
    data += c.number("lambda_data_gb") / c.fact("lcu.bytes_lambda")
    units = _capacity_units(
        c,
        ("lcu.new_connections", c.number("new_connections") / seconds),
        ("lcu.active_connections", _active(c)),
        ("lcu.bytes", data / c.hours * c.fact("lcu.bytes")),
        ("lcu.rules", evaluations / seconds),
    )
    c.add("Capacity units", units * c.hours, "price.lcu_hour")


ALB = Service(
    name="alb",
    title="Application Load Balancer",
    facts_of="alb",
    fields=(
        *_BALANCER,
        number("lambda_data_gb", "data processed for Lambda targets"),
        count("requests", "requests"),
        number("rules", "rules that a request is compared with, of which some are free"),
        count("rule_evaluations", "instead of requests and rules"),
        number("capacity_units", "mean LCU an hour, instead of all dimensions"),
    ),
    charge=_alb,
)


def _nlb(c: Charges) -> None:
    seconds = c.hours * 3600
    c.add("Hours", c.number("balancers") * c.hours, "price.hour", at_rest=True)
    units = _capacity_units(
        c,
        ("nlcu.new_connections", c.number("new_connections") / seconds),
        ("nlcu.active_connections", _active(c)),
        ("nlcu.bytes", c.number("data_gb") / c.hours),
    )
    c.add("Capacity units", units * c.hours, "price.lcu_hour")


NLB = Service(
    name="nlb",
    title="Network Load Balancer",
    facts_of="nlb",
    fields=(
        *_BALANCER,
        number("capacity_units", "mean NLCU an hour, instead of all dimensions"),
    ),
    charge=_nlb,
)


def _cloudfront(c: Charges) -> None:
    edge = c.text("edge")
    c.add(
        "Data out",
        c.number("data_gb"),
        f"price.out_gb.{edge}",
        free=("data", "price.free_out_gb"),
    )
    for scheme in ("https", "http"):
        c.add(
            f"Requests, {scheme}",
            c.number(f"{scheme}_requests"),
            f"price.{scheme}_10k.{edge}",
            free=("requests", "price.free_requests"),
        )
    c.add("Data to the origin", c.number("origin_gb"), f"price.to_origin_gb.{edge}")
    c.add("Functions", c.number("function_invocations"), "price.function")
    # The first thousand paths cost nothing, free tier or not.
    paths = c.number("invalidation_paths") - c.fact("price.free_invalidation")
    c.add("Invalidations", max(0.0, paths), "price.invalidation")


CLOUDFRONT = Service(
    name="cloudfront",
    title="CloudFront",
    facts_of="cloudfront",
    fields=(
        choice(
            "edge",
            "where the clients are",
            "us",
            "europe",
            "japan",
            "asia_pacific",
            "australia",
            "india",
            "middle_east",
            "south_america",
        ),
        number("data_gb", "data to clients"),
        count("https_requests", "HTTPS requests"),
        count("http_requests", "HTTP requests"),
        number("origin_gb", "data sent to the origin: uploads"),
        count("function_invocations", "CloudFront Functions called"),
        count("invalidation_paths", "paths invalidated"),
    ),
    free=("data", "requests"),
    charge=_cloudfront,
)


def _waf(c: Charges) -> None:
    c.add("Web ACLs", c.number("acls"), "price.acl_mo", at_rest=True)
    c.add("Rules", c.number("rules"), "price.rule_mo", at_rest=True)
    c.add("Rule groups", c.number("rule_groups"), "price.rule_group_mo", at_rest=True)
    c.add("Requests", c.number("requests"), "price.request")


WAF = Service(
    name="waf",
    title="WAF",
    facts_of="waf",
    fields=(
        number("acls", "web ACLs", default=1),
        number("rules", "rules in them"),
        number("rule_groups", "rule groups in them, managed ones too"),
        count("requests", "requests inspected"),
    ),
    charge=_waf,
)

SERVICES = (REST, HTTP, WEBSOCKET, ALB, NLB, CLOUDFRONT, WAF)
