"""From the name in a scenario to what the endpoint calls the same thing."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from hinagata.errors import HinagataError
from hinagata.lab.caps import take_caps_off
from hinagata.lab.deployment import Deployment
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.faults.aim import Aim
from hinagata.lab.faults.injection import Kind
from hinagata.scenario import Fault, Inject
from hinagata.topology.reading import topology_of

FUNCTION = "AWS::Lambda::Function"
NAMED = {"Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "Ingest"}}}
GATEWAY = [{"Name": "POWERTOOLS_SERVICE_NAME", "Value": "Gateway"}]
RESOURCES: dict[str, Any] = {
    "Ingest": {"Type": FUNCTION, "Properties": NAMED},
    "Mapping": {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {
            "EventSourceArn": {"Fn::GetAtt": ["Orders", "Arn"]},
            "FunctionName": {"Ref": "Ingest"},
        },
    },
    "Task": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {"ContainerDefinitions": [{"Environment": GATEWAY}]},
    },
    "Gateway": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
    "Service": {"Type": "AWS::ECS::Service", "Properties": {"TaskDefinition": {"Ref": "Task"}}},
    "Orders": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                "maxReceiveCount": 3,
            }
        },
    },
    "Letters": {"Type": "AWS::SQS::Queue"},
    "InOrder": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
    "State": {"Type": "AWS::DynamoDB::Table"},
    "Stubbed": {"Type": "AWS::DynamoDB::Table"},
    "Api": {"Type": "AWS::ApiGateway::RestApi"},
}
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:0:loadbalancer/app/Gateway-1/50dc"
PHYSICAL = {
    "Ingest": "car-Ingest-1",
    "Service": "arn:aws:ecs:us-east-1:0:service/cluster-1/gateway",
    "Gateway": BALANCER,
    "Orders": "http://127.0.0.1:4566/0/car-Orders-1",
    "Letters": "http://127.0.0.1:4566/0/car-Letters-1",
    "InOrder": "http://127.0.0.1:4566/0/car-InOrder-1.fifo",
    "State": "car-State-1",
    "Api": "a1b2",
}


class FakeEcs:
    """A service behind a load balancer."""

    def __init__(self, *, balanced: bool) -> None:
        self._balanced = [{"targetGroupArn": "group-1"}] if balanced else []

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        """Return the one service of the one cluster."""
        assert (cluster, services) == ("cluster-1", [PHYSICAL["Service"]])
        return {"services": [{"loadBalancers": self._balanced}]}


def aim(*, balanced: bool = True) -> Aim:
    """Return the aim at what was deployed; one table was not."""
    endpoint = SimpleNamespace(client=lambda _: FakeEcs(balanced=balanced))
    return Aim(
        topology=topology_of(Car={"Resources": RESOURCES}),
        deployment=Deployment(
            stubs=(), resources={("Car", name): value for name, value in PHYSICAL.items()}
        ),
        endpoint=cast("Endpoint", endpoint),
        outside=("Partner",),
    )


def places(inject: Inject, target: str | None, **more: Any) -> list[tuple[Kind, str]]:
    """Return what a fault strikes."""
    fault = Fault(inject=inject, at_seconds=0, target=target)
    return [(place.kind, place.name) for place in aim(**more).places(fault)]


@pytest.mark.parametrize(
    ("inject", "target", "kind", "name"),
    [
        (Inject.RAISE, "Ingest", Kind.FUNCTION, "car-Ingest-1"),
        (Inject.UPDATE, "Ingest", Kind.FUNCTION, "car-Ingest-1"),
        (Inject.CRASH, "Gateway", Kind.CONTAINER, "group-1"),
        (Inject.KILL_TASK, "Gateway", Kind.CONTAINER, "group-1"),
        (Inject.DUPLICATE, "Orders", Kind.QUEUE, "car-Orders-1"),
        (Inject.DUPLICATE, "InOrder", Kind.QUEUE, "car-InOrder-1.fifo"),
        (Inject.THROTTLE, "State", Kind.TABLE, "car-State-1"),
        (Inject.THROTTLE, "Ingest", Kind.FUNCTION, "car-Ingest-1"),
        (Inject.DOWN, "Api", Kind.API, "a1b2"),
        (Inject.DOWN, "Gateway", Kind.LOAD_BALANCER, "Gateway-1"),
        (Inject.SLOW, "Partner", Kind.OUTSIDE, "Partner"),
        (Inject.CONCURRENCY, None, Kind.ACCOUNT, ""),
    ],
)
def test_a_fault_strikes_one_thing(
    inject: Inject, target: str | None, kind: Kind, name: str
) -> None:
    """What its name means to this kind of fault, by the endpoint's own name."""
    assert places(inject, target) == [(kind, name)]


def test_fails_for_what_the_endpoint_did_not_create() -> None:
    """A fault that strikes nothing would be survived."""
    with pytest.raises(HinagataError, match=r"throttle on Stubbed strikes nothing"):
        places(Inject.THROTTLE, "Stubbed")


def test_fails_for_the_order_of_a_fifo_queue() -> None:
    """It is what such a queue is for."""
    with pytest.raises(HinagataError, match=r"reorder on InOrder: a FIFO queue keeps the order"):
        places(Inject.REORDER, "InOrder")


def test_fails_for_a_container_without_a_load_balancer() -> None:
    """Its faults are injected there."""
    with pytest.raises(HinagataError, match=r"Gateway has no load balancer"):
        places(Inject.RAISE, "Gateway", balanced=False)


class FakeLambda:
    """A function with a capped mapping of a queue, and one of a stream."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def delete_function_concurrency(self, *, FunctionName: str) -> None:  # noqa: N803
        """Note whose reservation is gone."""
        self.done.append(("reservation", FunctionName))

    def get_paginator(self, _: str) -> Any:
        """Return the mappings in one page."""
        mappings = [
            {"UUID": "1", "EventSourceArn": "arn:aws:sqs:us-east-1:0:orders"},
            {"UUID": "2", "EventSourceArn": "arn:aws:kinesis:us-east-1:0:stream/s"},
        ]
        return SimpleNamespace(paginate=lambda **_: [{"EventSourceMappings": mappings}])

    def update_event_source_mapping(self, *, UUID: str, ScalingConfig: object) -> None:  # noqa: N803
        """Note which mapping may grow."""
        self.done.append(("mapping", UUID))


@pytest.mark.parametrize(
    ("hops", "done"),
    [(("Ingest",), [("reservation", "car-Ingest-1"), ("mapping", "1")]), ((), [])],
)
def test_caps_are_taken_off_where_the_scenario_says(
    hops: tuple[str, ...], done: list[tuple[str, str]]
) -> None:
    """Of the function's own concurrency, and of its queues; a stream has none."""
    fake = FakeLambda()
    here = aim()
    endpoint = cast("Endpoint", SimpleNamespace(client=lambda _: fake))
    take_caps_off(hops, here.topology, here.deployment, endpoint)

    assert fake.done == done
