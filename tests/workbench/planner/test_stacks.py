"""Which stacks of an app a scenario is about."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.planner import price_scenario
from hinagata.planner.sizes.plan import plan
from hinagata.planner.stacks import concerned
from hinagata.scenario import ScenarioError
from hinagata.simulator.network import build_network
from hinagata.topology.reading import topology_of
from tests.workbench.planner.shop import SHOP, function, role, scenario, shop, source

ENTRIES = ("Api", "ApiToOrders")
# Another sample of the same app, that has a hop of the same name behind another entry.
NAMESAKE: dict[str, Any] = {
    name: resource for name, resource in SHOP.items() if name not in ENTRIES
} | {"Gate": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}}}


def test_a_hop_of_the_same_name_makes_no_other_sample_a_part() -> None:
    """Price, plan and simulation say of an app what they say of the sample alone."""
    both = topology_of(Namesake={"Resources": NAMESAKE}, Shop={"Resources": SHOP})
    left_out = ("stack Namesake: nothing of the scenario comes there",)

    estimate, remarks = price_scenario(both, scenario())
    assert estimate.total == price_scenario(shop(), scenario())[0].total
    assert remarks.left_out == left_out
    assert plan(both, scenario()).needs == plan(shop(), scenario()).needs
    assert plan(both, scenario()).remarks.left_out == left_out
    alone = build_network(shop(), scenario()).network.stations
    assert build_network(both, scenario()).network.stations == alone


def test_a_scenario_of_two_systems_is_about_both() -> None:
    """Where no stack has all that is named, those that have some of it count."""
    other = {"Mail": function("Mail"), "MailRole": role()}
    apart = topology_of(
        Shop={"Resources": SHOP}, Post={"Resources": other}, Idle={"Resources": NAMESAKE}
    )
    wanted = scenario(source(reaches=("Orders", "Mail")))
    part, left_out = concerned(apart, wanted)

    assert "Post" in {node.template.name for node in part.nodes}
    assert "Post" not in left_out


def test_fails_where_a_scenario_fits_several_stacks() -> None:
    """Two stages of one app have the same names: nobody can know which is meant."""
    stages = topology_of(Trial={"Resources": SHOP}, Live={"Resources": SHOP})

    with pytest.raises(ScenarioError, match="each of Trial and Live has; expected one of them"):
        concerned(stages, scenario())
