"""A resource knows who made it, where that is written, and what was accepted about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hinagata
from hinagata.topology.node import Acknowledgement, Node, SourceLine
from hinagata.topology.reading import read_topology, topology_of
from tests.workbench.topology.assemblies import stack, write_assembly, write_files

OURS = Path(hinagata.__file__).parents[1] / "patterns"


def queue(**attributes: object) -> dict[str, Any]:
    """A queue with some attributes beside its properties."""
    return {"Type": "AWS::SQS::Queue", **attributes}


def trace(*frames: str) -> dict[str, Any]:
    """What the CDK notes of the lines that made a construct, the innermost first."""
    return {"type": "aws:cdk:creationStack", "data": ["...jsii runtime...", *frames]}


def accepts(**reasons: object) -> dict[str, Any]:
    """What the CDK notes of acknowledged rules, `Tool__Rule` for `Tool::Rule`."""
    rules = {rule.replace("__", "::"): reason for rule, reason in reasons.items()}
    return {"type": "aws:cdk:acknowledged-rules", "data": rules}


def made(folder: Path, *items: dict[str, Any], above: tuple[dict[str, Any], ...] = ()) -> Node:
    """The node of a queue with some metadata, and some at the construct around it."""
    metadata = {
        "/Shop/Orders": list(above),
        "/Shop/Orders/Queue/Resource": [{"type": "aws:cdk:logicalId", "data": "Q1"}, *items],
    }
    shop = stack("Shop", {"Resources": {"Q1": queue()}}, metadata=metadata)
    (node,) = read_topology(write_assembly(folder, shop)).nodes
    return node


def test_a_resource_has_the_path_of_its_construct(tmp_path: Path) -> None:
    """And the name that a person calls it by."""
    node = made(tmp_path)

    assert node.construct_path == "Shop/Orders/Queue/Resource"
    assert node.name == "Orders/Queue"


def test_the_path_in_the_template_goes_first() -> None:
    """A template whose assembly is gone still has what the CDK CLI put into it."""
    template = {
        "Resources": {"Q1": queue(Metadata={"aws:cdk:path": "Shop/Queue/Resource"}), "Q2": queue()}
    }

    first, other = topology_of(Shop=template).nodes

    assert (first.name, other.name) == ("Queue", "Q2")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (
            ["__init__ (/app/stacks/shop.py:12)", "<module> (/app/app.py:3)"],
            ("/app/stacks/shop.py", 12),
        ),
        (["new Shop (/app/lib/shop.ts:12:5)"], ("/app/lib/shop.ts", 12)),
        (["Object.<anonymous> (file:///app/lib/shop.mjs:7:1)"], ("/app/lib/shop.mjs", 7)),
        (["/app/lib/shop.js:7:1"], ("/app/lib/shop.js", 7)),
        (["x (C:\\app\\shop.py:7)"], ("C:\\app\\shop.py", 7)),
        (
            [
                "x (/v/lib/python3.13/site-packages/patterns/queue.py:1)",
                "x (/app/node_modules/constructs/lib/construct.js:2:2)",
                "x (/usr/lib/python3.13/functools.py:9)",
                "x (node:internal/modules/cjs/loader:1554:14)",
                "<frozen runpy>:88",
                "main (/app/app.py:20)",
            ],
            ("/app/app.py", 20),
        ),
        (
            [f"__init__ ({OURS}/queue.py:5)", "__init__ (/app/stacks/shop.py:12)"],
            ("/app/stacks/shop.py", 12),
        ),
        ([f"__init__ ({OURS}/queue.py:5)", f"x ({OURS}/other.py:6)"], (f"{OURS}/queue.py", 5)),
    ],
)
def test_the_source_is_the_users_innermost_line(
    tmp_path: Path, frames: list[str], expected: tuple[str, int]
) -> None:
    """Not one of a library, nor of our own constructs if the user's code is above them."""
    source = made(tmp_path, trace(*frames)).source

    assert source == SourceLine(Path(expected[0]), expected[1])


def test_the_construct_around_it_tells_where_it_was_made(tmp_path: Path) -> None:
    """The CDK notes no line at some resources, and no user's line at others."""
    nowhere = trace("(no user code in 10 frames, use --stack-trace-limit to capture more)")

    node = made(tmp_path, nowhere, above=(trace("__init__ (/app/shop.py:4)"),))

    assert node.source == SourceLine(Path("/app/shop.py"), 4)


def test_without_a_recorded_line_the_template_is_the_source(tmp_path: Path) -> None:
    """The line of the logical id; a template that is no file has none."""
    node = made(tmp_path)

    assert node.source == SourceLine(tmp_path / "Shop.template.json", 3)
    assert topology_of(Shop={"Resources": {"Q1": queue()}}).nodes[0].source is None


def test_acknowledgements_count_for_all_below(tmp_path: Path) -> None:
    """Ours alone, from the resource and from the constructs around it."""
    node = made(
        tmp_path,
        accepts(Hinagata__FM101="slow on purpose", AwsSolutions__SQS3="not ours"),
        above=(accepts(hinagata__FM201="its messages may be lost", Hinagata__FM999x="no rule"),),
    )

    assert node.acknowledgements == (
        Acknowledgement("FM101", "slow on purpose", "cdk", "Shop/Orders/Queue/Resource"),
        Acknowledgement("FM201", "its messages may be lost", "cdk", "Shop/Orders"),
    )


def test_acknowledgements_of_other_tools_are_read() -> None:
    """Those of cfn-lint have no reason; those of its template count for every resource."""
    template = {
        "Metadata": {"cfn-lint": {"config": {"ignore_checks": ["WFM204", "E3012"]}}},
        "Resources": {
            "Q1": queue(
                Metadata={
                    "cfn-lint": {"config": {"ignore_checks": ["EFM101"]}},
                    "checkov": {"skip": [{"id": "FM201", "comment": "why"}, {"id": "CKV_AWS_27"}]},
                }
            ),
            "Q2": queue(),
        },
    }

    first, other = topology_of(Shop=template).nodes

    assert first.acknowledgements == (
        Acknowledgement("FM101", "", "cfn-lint", "Q1"),
        Acknowledgement("FM201", "why", "checkov", "Q1"),
        Acknowledgement("FM204", "", "cfn-lint", "Q1"),
    )
    assert [each.rule for each in other.acknowledgements] == ["FM204"]


@pytest.mark.parametrize(
    "metadata",
    [
        [],
        {"cfn-lint": 1},
        {"cfn-lint": {"config": {"ignore_checks": 3}}},
        {"checkov": {"skip": [4]}},
    ],
)
def test_odd_metadata_acknowledges_nothing(metadata: object) -> None:
    """Metadata is anybody's: what we do not understand is not ours."""
    (node,) = topology_of(Shop={"Resources": {"Q1": queue(Metadata=metadata)}}).nodes

    assert node.acknowledgements == ()


def test_nested_stacks_find_their_own_in_the_metadata_of_their_stack(tmp_path: Path) -> None:
    """Both have a queue of the same logical id; paths tell them apart."""
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "x"},
        "Metadata": {"aws:asset:path": "Inner.nested.template.json"},
    }
    metadata = {
        "/Shop/Inner/Queue/Resource": [
            {"type": "aws:cdk:logicalId", "data": "Q1"},
            trace("x (/app/inner.py:1)"),
        ],
        "/Shop/Queue/Resource": [{"type": "aws:cdk:logicalId", "data": "Q1"}],
        "/Shop/Inner": [accepts(Hinagata__FM101="inside")],
        "/Shop/Inner.NestedStack/Inner.NestedStackResource": [
            {"type": "aws:cdk:logicalId", "data": "Inner"}
        ],
    }
    shop = stack("Shop", {"Resources": {"Q1": queue(), "Inner": nested}}, metadata=metadata)
    files = {"Inner.nested.template.json": {"Resources": {"Q1": queue()}}}

    topology = read_topology(write_assembly(tmp_path, shop, files=files))

    outer, inner = topology.by_key["Shop/Q1"], topology.by_key["Shop/Inner/Q1"]
    assert (outer.construct_path, outer.acknowledgements) == ("Shop/Queue/Resource", ())
    assert inner.construct_path == "Shop/Inner/Queue/Resource"
    assert inner.source == SourceLine(Path("/app/inner.py"), 1)
    assert [each.reason for each in inner.acknowledgements] == ["inside"]


def test_what_a_loop_made_points_at_the_loop(tmp_path: Path) -> None:
    """Its resources have no line of their own."""
    loop = ["Name", ["a", "b"], {"Queue${Name}": queue()}]
    template = {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Queues": loop}}
    write_files(tmp_path, {"shop.json": template})

    sources = [node.source for node in read_topology(tmp_path / "shop.json").nodes]

    assert sources == [SourceLine(tmp_path / "shop.json", 4)] * 2


def test_metadata_is_read_only_when_asked_for(tmp_path: Path) -> None:
    """It is often larger than the template; a broken one hurts only who needs it."""
    shop = stack("Shop", {"Resources": {"Q1": queue()}}) | {"Shop.metadata.json": "{"}

    (node,) = read_topology(write_assembly(tmp_path, shop)).nodes

    assert node.logical_id == "Q1"
