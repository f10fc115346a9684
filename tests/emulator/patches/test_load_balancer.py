"""A load balancer and its targets."""

import http.server
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import deployed, ref, resource
from tests.polling import eventually


class Target(http.server.BaseHTTPRequestHandler):
    """Answers with its port; healthy while the server says so."""

    def do_GET(self) -> None:
        """Answer a check or a request."""
        assert isinstance(self.server, TargetServer)
        status = 200 if self.server.healthy or self.path != "/health" else 503
        self.send_response(status)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class TargetServer(http.server.ThreadingHTTPServer):
    """A target on a free port."""

    healthy = True


@pytest.fixture
def targets() -> Iterator[list[TargetServer]]:
    """Two targets on one address."""
    servers = [TargetServer(("127.0.0.1", 0), Target) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()


LOAD_BALANCER = {
    "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
    "Balancer": resource("ElasticLoadBalancingV2::LoadBalancer", Subnets=["a", "b"]),
    "Group": resource(
        "ElasticLoadBalancingV2::TargetGroup",
        TargetType="ip",
        Port=80,
        Protocol="HTTP",
        VpcId=ref("Vpc"),
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthyThresholdCount=2,
    ),
    "Listener": resource(
        "ElasticLoadBalancingV2::Listener",
        LoadBalancerArn=ref("Balancer"),
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": ref("Group")}],
    ),
}


def states(endpoint: Endpoint, group: str) -> dict[int, str]:
    """The health of a group's targets, by port."""
    described = endpoint.client("elbv2").describe_target_health(TargetGroupArn=group)
    return {
        each["Target"]["Port"]: each["TargetHealth"]["State"]
        for each in described["TargetHealthDescriptions"]
    }


def register(endpoint: Endpoint, group: str, servers: list[TargetServer]) -> None:
    """Register the targets by address and port."""
    endpoint.client("elbv2").register_targets(
        TargetGroupArn=group,
        Targets=[{"Id": "127.0.0.1", "Port": server.server_port} for server in servers],
    )


def test_a_load_balancer_leaves_out_the_unhealthy(
    patched: Endpoint, targets: list[TargetServer]
) -> None:
    """Two ports of one address are two targets; requests take turns among the healthy ones."""
    names = deployed(patched, LOAD_BALANCER)
    url = patched.url_of_load_balancer(names["Balancer"])
    register(patched, names["Group"], targets)
    ports = [server.server_port for server in targets]
    eventually(lambda: set(states(patched, names["Group"]).values()) == {"healthy"})

    def answers() -> list[int]:
        return [int(urllib.request.urlopen(f"{url}/x", timeout=5).read()) for _ in range(10)]

    assert sorted(answers()) == sorted(ports * 5)

    targets[0].healthy = False
    eventually(lambda: states(patched, names["Group"])[ports[0]] == "unhealthy")
    assert set(answers()) == {ports[1]}

    targets[0].healthy = True
    eventually(lambda: states(patched, names["Group"])[ports[0]] == "healthy")
    patched.client("elbv2").deregister_targets(
        TargetGroupArn=names["Group"], Targets=[{"Id": "127.0.0.1", "Port": ports[0]}]
    )
    assert states(patched, names["Group"]) == {ports[1]: "healthy"}


@shows("load-balancer")
def test_without_the_patch_one_address_is_one_target(
    plain: Endpoint, targets: list[TargetServer]
) -> None:
    """The gap: the second port is ignored, and what answers 503 is called healthy."""
    names = deployed(plain, LOAD_BALANCER)
    targets[0].healthy = False
    register(plain, names["Group"], targets)

    assert states(plain, names["Group"]) == {targets[0].server_port: "healthy"}
    assert "amazonaws.com" in plain.url_of_load_balancer(names["Balancer"])
