"""A load balancer checks its targets, leaves out the unhealthy, and has a name that can be called.

The emulator knows targets by address alone, so that two ports of one address are one target; it
calls every target healthy for ever, picks one at random, and names the load balancer by a host
that exists only on AWS.

The name becomes `127.0.0.1:PORT/_alb/NAME`, the path under which the emulator serves the load
balancer already, so that a template's `http://${DNSName}` is a URL for every handler on this
machine. A name under `.localhost` would need a resolver that not all systems have, and a port for
each load balancer a second server.
"""

import contextvars
import http.client
import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from hinagata.lab.patches.patch import Patch, emulator_module

# A run on a laptop lasts seconds and AWS's shortest interval is 5 s, so checks come this much
# more often than the target group says. Thresholds are kept.
TIME_SCALE = 10.0
# AWS: a new target is healthy after one passed check, so it is asked until it has started.
FIRST_CHECK_SECONDS = 0.1

Target = dict[str, Any]
TargetKey = tuple[str, str, int]  # target group, address, port

_REASONS = {"initial": "Elb.InitialHealthChecking", "unhealthy": "Target.FailedHealthChecks"}


@dataclass
class TargetHealth:
    """What the checks of one target have found so far."""

    state: str = "initial"
    in_a_row: int = 0  # results against the present state

    def record(self, *, passed: bool, healthy_after: int, unhealthy_after: int) -> None:
        """Take in one more result."""
        if self.state == "initial" and passed:
            self.state = "healthy"
        elif passed == (self.state == "healthy"):
            self.in_a_row = 0
        else:
            self.in_a_row += 1
            if self.in_a_row >= (healthy_after if passed else unhealthy_after):
                self.state, self.in_a_row = ("healthy" if passed else "unhealthy"), 0


class TargetGroups:
    """The registrations and the health of all targets, over the emulator's own records."""

    def __init__(self, alb: Any) -> None:
        self._alb = alb
        self._health: dict[TargetKey, TargetHealth] = {}
        self._turn = itertools.count()

    def register(self, parameters: Any) -> Any:
        """RegisterTargets: by address and port, each watched from now on."""
        alb = self._alb
        group_arn = alb._p(parameters, "TargetGroupArn")
        if group_arn not in alb._tgs:
            return alb._error("TargetGroupNotFound", f"Target group '{group_arn}' not found.")
        registered = alb._targets.setdefault(group_arn, [])
        known = {self._key(group_arn, target) for target in registered}
        for target in alb._parse_targets_param(parameters):
            key = self._key(group_arn, target)
            if key not in known:
                registered.append({**target, "Port": key[2]})
                self._health[key] = TargetHealth()
                context = contextvars.copy_context()  # the account and region of the request
                threading.Thread(target=context.run, args=(self._watch, key), daemon=True).start()
        return alb._empty("RegisterTargets")

    def deregister(self, parameters: Any) -> Any:
        """DeregisterTargets: by address and port."""
        alb = self._alb
        group_arn = alb._p(parameters, "TargetGroupArn")
        if group_arn not in alb._tgs:
            return alb._error("TargetGroupNotFound", f"Target group '{group_arn}' not found.")
        gone = {self._key(group_arn, t) for t in alb._parse_targets_param(parameters)}
        alb._targets[group_arn] = [
            target
            for target in self._registered(group_arn)
            if self._key(group_arn, target) not in gone
        ]
        return alb._empty("DeregisterTargets")

    def describe(self, parameters: Any) -> Any:
        """DescribeTargetHealth: what the checks found."""
        alb = self._alb
        group_arn = alb._p(parameters, "TargetGroupArn")
        if group_arn not in alb._tgs:
            return alb._error("TargetGroupNotFound", f"Target group '{group_arn}' not found.")
        wanted = {self._key(group_arn, t) for t in alb._parse_targets_param(parameters)}
        members = ""
        for target in self._registered(group_arn):
            key = self._key(group_arn, target)
            if wanted and key not in wanted:
                continue
            state = self._state(key)
            reason = f"<Reason>{_REASONS[state]}</Reason>" if state in _REASONS else ""
            members += (
                f"<member><Target><Id>{escape(key[1])}</Id><Port>{key[2]}</Port></Target>"
                f"<HealthCheckPort>{key[2]}</HealthCheckPort>"
                f"<TargetHealth><State>{state}</State>{reason}</TargetHealth></member>"
            )
        return alb._xml(
            200,
            "DescribeTargetHealth",
            f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>",
        )

    def choose(self, group_arn: str) -> Target | None:
        """Return the target whose turn it is; as on AWS, all have turns when none is healthy."""
        registered = self._registered(group_arn)
        healthy = [t for t in registered if self._state(self._key(group_arn, t)) == "healthy"]
        candidates = healthy or registered
        return candidates[next(self._turn) % len(candidates)] if candidates else None

    def _registered(self, group_arn: str) -> list[Target]:
        return list(self._alb._targets.get(group_arn, []))

    def _key(self, group_arn: str, target: Target) -> TargetKey:
        port = target.get("Port") or self._alb._tgs[group_arn].get("Port") or 80
        return group_arn, str(target["Id"]), int(port)

    def _state(self, key: TargetKey) -> str:
        health = self._health.get(key)
        return health.state if health else "healthy"  # functions as targets are not checked

    def _watch(self, key: TargetKey) -> None:
        while True:
            group = self._alb._tgs.get(key[0])
            if group is None or key not in {self._key(key[0], t) for t in self._registered(key[0])}:
                self._health.pop(key, None)
                return
            health = self._health[key]
            health.record(
                passed=not group["HealthCheckEnabled"] or passes(group, key[1], key[2]),
                healthy_after=group["HealthyThresholdCount"],
                unhealthy_after=group["UnhealthyThresholdCount"],
            )
            interval = group["HealthCheckIntervalSeconds"] / TIME_SCALE
            time.sleep(FIRST_CHECK_SECONDS if health.state == "initial" else interval)


def passes(group: dict[str, Any], host: str, port: int) -> bool:
    """Return whether one check of a target, as its target group describes it, passes."""
    check_port = port if group["HealthCheckPort"] == "traffic-port" else group["HealthCheckPort"]
    connection = http.client.HTTPConnection(
        host, int(check_port), timeout=group["HealthCheckTimeoutSeconds"]
    )
    try:
        connection.request(
            "GET", group["HealthCheckPath"], headers={"User-Agent": "ELB-HealthChecker/2.0"}
        )
        return accepts(group["Matcher"].get("HttpCode", "200"), connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def accepts(matcher: str, status: int) -> bool:
    """Return whether a target group's matcher accepts a status.

    Example:
        >>> accepts("200,300-399", 302)
        True
        >>> accepts("200", 503)
        False
    """
    for part in matcher.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False


def _apply() -> None:
    alb = emulator_module("services.alb")
    provisioners = emulator_module("services.cloudformation.provisioners")
    groups = TargetGroups(alb)
    alb._ACTION_MAP["RegisterTargets"] = groups.register
    alb._ACTION_MAP["DeregisterTargets"] = groups.deregister
    alb._ACTION_MAP["DescribeTargetHealth"] = groups.describe

    plain_forward = alb._forward_to_tg

    async def forward(
        group_arn: str,
        method: str,
        path: str,
        headers: Any,
        body: Any,
        query: Any,
        raw_query: str | None = None,
        raw_path: str | None = None,
    ) -> Any:
        group = alb._tgs.get(group_arn)
        if group is None or group.get("TargetType") == "lambda":
            return await plain_forward(
                group_arn, method, path, headers, body, query, raw_query, raw_path
            )
        target = groups.choose(group_arn)
        if target is None:
            return 503, {"Content-Type": "text/plain"}, b"no registered targets"
        return await alb._proxy_http_target(
            target, group, method, raw_path or path, headers, body, query, raw_query
        )

    alb._forward_to_tg = forward
    # The emulated tasks are records with addresses that nothing listens on; the lab's supervisor
    # runs the tasks and registers them itself.
    alb.set_targets_for_group = lambda *_, **__: True

    handlers = provisioners._RESOURCE_HANDLERS["AWS::ElasticLoadBalancingV2::LoadBalancer"]
    create = _callable_name(alb, provisioners._elbv2_load_balancer_create)
    provisioners._elbv2_load_balancer_create = create
    handlers["create"] = create


def _callable_name(alb: Any, plain_create: Callable[..., Any]) -> Callable[..., Any]:
    def create(logical_id: str, properties: Any, stack_name: str) -> Any:
        arn, attributes = plain_create(logical_id, properties, stack_name)
        record = alb._lbs[arn]
        name = f"127.0.0.1:{os.environ['GATEWAY_PORT']}/_alb/{record['LoadBalancerName']}"
        record["DNSName"] = attributes["DNSName"] = name
        return arn, attributes

    return create


PATCH = Patch(
    name="load-balancer",
    promise="a load balancer checks the health of its targets, by address and port, takes turns "
    "among the healthy, and has a name that can be called on this machine",
    symbols=(
        "ministack.services.alb:_ACTION_MAP",
        "ministack.services.alb:_tgs",
        "ministack.services.alb:_targets",
        "ministack.services.alb:_lbs",
        "ministack.services.alb:_p",
        "ministack.services.alb:_xml",
        "ministack.services.alb:_empty",
        "ministack.services.alb:_error",
        "ministack.services.alb:_parse_targets_param",
        "ministack.services.alb:_forward_to_tg",
        "ministack.services.alb:_proxy_http_target",
        "ministack.services.alb:set_targets_for_group",
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
        "ministack.services.cloudformation.provisioners:_elbv2_load_balancer_create",
    ),
    apply=_apply,
)
