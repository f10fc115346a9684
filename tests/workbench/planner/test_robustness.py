"""Whatever stands in a template: one sentence, or a finite answer."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hinagata.errors import HinagataError
from hinagata.planner import plan, price_scenario
from hinagata.scenario import Fault, Inject, ServiceTime
from hinagata.topology.graph import Topology
from hinagata.topology.reading import topology_of
from tests.workbench.planner.shop import SHOP, function, mapping, role, scenario, source

STREAMED: dict[str, Any] = {
    **deepcopy(SHOP),
    "Stream": {
        "Type": "AWS::Kinesis::Stream",
        "Properties": {"ShardCount": 2, "RetentionPeriodHours": 24},
    },
    "FromStream": mapping(
        "Stream", "Audit", BatchSize=100, ParallelizationFactor=2, MaximumRetryAttempts=3
    ),
    "Audit": function("Audit", Timeout=5, ReservedConcurrentExecutions=5),
    "AuditRole": role(),
    "Zone": {"Type": "AWS::EC2::Subnet", "Properties": {"CidrBlock": "10.0.0.0/24"}},
    "Gate": {
        "Type": "AWS::ECS::Service",
        "Properties": {
            "LaunchType": "FARGATE",
            "DesiredCount": 2,
            "TaskDefinition": {"Ref": "Task"},
            "DeploymentConfiguration": {"MaximumPercent": 200},
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "Zone"}]}},
        },
    },
    "GateRole": role(("kinesis:PutRecord", "Stream"), ("sns:Publish", "Events")),
    "Task": {
        "Type": "AWS::ECS::TaskDefinition",
        "Properties": {
            "Cpu": 256,
            "Memory": 512,
            "TaskRoleArn": {"Fn::GetAtt": ["GateRole", "Arn"]},
            "ContainerDefinitions": [],
        },
    },
    "Scaled": {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "MinCapacity": 1,
            "MaxCapacity": 9,
            "ResourceId": {"Fn::Sub": "service/c/${Gate.Name}"},
        },
    },
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "DefaultRouteSettings": {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 5},
        },
    },
}
TRAFFIC = scenario(
    source(),
    source("gates", 20, ("Gate", "Audit"), "Gate"),
    faults=(
        Fault(inject=Inject.RAISE, target="Ship", at_seconds=5, for_seconds=50, rate=0.5),
        Fault(inject=Inject.HANG, target="Audit", at_seconds=5, for_seconds=50),
    ),
    service_times={"Gate": ServiceTime(mean_seconds=0.01), "Audit": ServiceTime(mean_seconds=0.01)},
)


def numbers(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all numbers below a value."""
    found = []
    for step, item in value.items() if isinstance(value, dict) else ():
        if isinstance(item, dict):
            found += numbers(item, (*path, step))
        elif isinstance(item, int) and not isinstance(item, bool):
            found.append((*path, step))
    return found


NUMBERS = numbers(STREAMED)
VALUES = st.one_of(
    st.sampled_from([0, -1, 1, 10**9, 10**30, -(10**30), 1e300, 0.5, "7", "x", "", None, True]),
    st.sampled_from([{"Ref": "Nobody"}, {"Ref": "AWS::NoValue"}, [], [1], {"a": 1}]),
    st.integers(-5, 5000),
)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(st.tuples(st.sampled_from(NUMBERS), VALUES), min_size=1, max_size=4))
def test_absurd_numbers_of_a_template_have_an_answer(changes: list[tuple[Any, Any]]) -> None:
    """Neither a traceback nor anything that is not finite."""
    resources = deepcopy(STREAMED)
    for path, value in changes:
        at = resources
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
    try:
        topology = topology_of(Shop={"Resources": resources})
        estimate, _ = price_scenario(topology, TRAFFIC)
        found = plan(topology, TRAFFIC)
    except HinagataError as error:
        assert "\n" not in str(error)  # noqa: PT017 - the other way out is tested below
        return
    assert 0 < estimate.total < math.inf
    assert all(math.isfinite(need.needed) and need.needed >= 0 for need in found.needs)
    assert all(need.has is None or not math.isnan(need.has) for need in found.needs)


def test_the_whole_of_it_has_an_answer_as_it_stands() -> None:
    """So that what is changed above is more than refusals."""
    topology = topology_of(Shop={"Resources": STREAMED})

    assert price_scenario(topology, TRAFFIC)[0].total > 0
    assert {need.node for need in plan(topology, TRAFFIC).needs} >= {"Gate", "Stream", "Zone"}


def test_facts_of_nothing_are_refused() -> None:
    """A quota of zero divides nothing."""
    topology = topology_of(Shop={"Resources": STREAMED})
    none = {"kinesis": {"shard.write_records": {"value": 0, "reason": "closed"}}}

    with pytest.raises(HinagataError, match="cannot be reckoned"):
        plan(topology, TRAFFIC, facts=none)


def test_nothing_at_all_is_refused() -> None:
    """A template with nothing in it has no entry."""
    for ask in (price_scenario, plan):
        with pytest.raises(HinagataError, match="but there are none"):
            ask(Topology((), ()), TRAFFIC)
