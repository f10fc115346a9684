"""What scalable targets say."""

from __future__ import annotations

import pytest

from tests.workbench.topology.edges.reading import ALIAS, lines, read, ref, resource, sub


@pytest.mark.parametrize(
    ("resource_id", "scaled"),
    [
        (sub("service/${Cluster}/${Shop.Name}"), "Shop"),
        ("service/all/shop", "Shop"),
        (sub("table/${Stock}"), "Stock"),
        (sub("table/${Stock}/index/by-name"), "Stock"),
        ("table/stock", "Stock"),
        (sub("function:${Work}:live"), "Work through Live"),
        ("function:worker:live", "Work through Live"),
    ],
)
def test_a_scalable_target_names_what_it_scales(resource_id: object, scaled: str) -> None:
    """A service, a table or its index, an alias of a function."""
    topology = read(
        Cluster=resource("ECS::Cluster"),
        Shop=resource("ECS::Service", ServiceName="shop"),
        Stock=resource("DynamoDB::Table", TableName="stock"),
        Work=resource("Lambda::Function", FunctionName="worker"),
        Live=ALIAS,
        Target=resource("ApplicationAutoScaling::ScalableTarget", ResourceId=resource_id),
    )

    assert [each for each in lines(topology) if "scales" in each] == [f"Target scales {scaled}"]


def test_what_is_not_there_is_not_scaled() -> None:
    """Another kind of resource, or a name that nobody has."""
    topology = read(
        Cluster=resource("ECS::Cluster"),
        Fleet=resource(
            "ApplicationAutoScaling::ScalableTarget", ResourceId="spot-fleet-request/sfr-1"
        ),
        Gone=resource("ApplicationAutoScaling::ScalableTarget", ResourceId="table/gone"),
        Odd=resource("ApplicationAutoScaling::ScalableTarget", ResourceId=ref("Cluster")),
    )

    assert lines(topology) == []
