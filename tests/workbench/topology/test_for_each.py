"""Loops are written out where their collection is known."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.reading import topology_of
from hinagata.topology.template_file import TemplateError
from hinagata.topology.value import UNKNOWN

EXTENSIONS = "AWS::LanguageExtensions"


def template(loop: object, **sections: Any) -> dict[str, Any]:
    """A template with a loop over its resources."""
    return {"Transform": EXTENSIONS, "Resources": {"Fn::ForEach::Queues": loop}, **sections}


QUEUES = {
    "Queue${Name}": {
        "Type": "AWS::SQS::Queue",
        "Properties": {"QueueName": {"Fn::Sub": "${Name}-&{Name}"}, "Own": {"Ref": "Name"}},
    }
}


def test_a_loop_makes_a_resource_for_each_item() -> None:
    """The variable stands in keys, in texts and in a Ref; `&{}` leaves only letters and digits."""
    topology = topology_of(Shop=template(["Name", ["a-b", "c"], QUEUES]))

    assert [node.logical_id for node in topology.nodes] == ["Queuea-b", "Queuec"]
    assert topology.nodes[0].get() == {"QueueName": "a-b-ab", "Own": "a-b"}


def test_a_loop_goes_over_a_parameter() -> None:
    """Its default is what it goes over."""
    names = {"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}}
    topology = topology_of(Shop=template(["Name", {"Ref": "Names"}, QUEUES], Parameters=names))

    assert [node.logical_id for node in topology.nodes] == ["Queuea", "Queueb"]


def test_loops_are_written_out_at_every_depth() -> None:
    """In each other, in properties, and in outputs that other stacks import."""
    inner = {
        "${A}${B}": {
            "Type": "X::Y::Z",
            "Properties": {"Fn::ForEach::P": ["C", ["1", "2"], {"K${C}": "${A}${C}"}]},
        }
    }
    shop = template(["A", ["x", "y"], {"Fn::ForEach::B": ["B", ["p", "q"], inner]}])
    shop["Outputs"] = {
        "Fn::ForEach::O": [
            "A",
            ["x"],
            {"Out${A}": {"Value": {"Fn::Sub": "${A}!"}, "Export": {"Name": "shop-${A}"}}},
        ]
    }
    reader = {
        "Resources": {"R": {"Type": "X::Y::Z", "Properties": {"V": {"Fn::ImportValue": "shop-x"}}}}
    }

    topology = topology_of(Shop=shop, Reader=reader)

    assert [node.logical_id for node in topology.nodes] == ["xp", "xq", "yp", "yq", "R"]
    assert topology.nodes[3].get() == {"K1": "y1", "K2": "y2"}
    assert topology.nodes[4].get("V") == "x!"


def test_a_loop_over_what_is_unknown_leaves_the_rest_known() -> None:
    """Nobody knows which resources or properties it makes; a reference may mean one of them."""
    shop = template(
        ["Name", {"Ref": "Names"}, QUEUES], Parameters={"Names": {"Type": "CommaDelimitedList"}}
    )
    shop["Resources"]["Thing"] = {
        "Type": "X::Y::Z",
        "Properties": {
            "V": {"Ref": "Queuea"},
            "W": 1,
            "Fn::ForEach::P": ["C", {"Ref": "Names"}, {}],
        },
    }

    (thing,) = topology_of(Shop=shop).nodes

    assert (thing.get("V"), thing.get("W"), thing.get("Other")) == (UNKNOWN, 1, UNKNOWN)


def test_fails_on_loops_that_grow_beyond_any_template() -> None:
    """A loop in a loop in a loop would fill the memory."""
    items = [str(at) for at in range(100)]
    loop: object = QUEUES
    for name in ("A", "B", "C"):
        loop = {f"Fn::ForEach::{name}": [name, items, loop]}

    with pytest.raises(TemplateError, match="the template Shop: its loops have more than 5000"):
        topology_of(Shop={"Transform": EXTENSIONS, "Resources": loop})


def test_fails_on_a_loop_whose_resources_are_none() -> None:
    """What a loop makes is checked like what is written."""
    with pytest.raises(TemplateError, match="the resource Qa has no Type"):
        topology_of(Shop=template(["N", ["a"], {"Q${N}": {}}]))
