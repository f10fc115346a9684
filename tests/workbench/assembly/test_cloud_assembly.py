"""A cloud assembly is read whole, and a broken one refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import AssemblyError, CloudAssembly

STACK = "aws:cloudformation:stack"


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Write a tree of JSON files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder


def stack(name: str, *, after: tuple[str, ...] = ()) -> dict[str, Any]:
    """The manifest's entry of a stack."""
    return {
        "type": STACK,
        "properties": {"templateFile": f"{name}.template.json"},
        "dependencies": list(after),
        "additionalMetadataFile": f"{name}.metadata.json",
    }


def shop(folder: Path) -> Path:
    """An assembly with two stacks, the second listed first, an asset, an image and a stage."""
    metadata = {
        "/Orders/Queue/Resource": [{"type": "aws:cdk:logicalId", "data": "Queue4A7E3555"}],
        "/Orders/Queue": [{"type": "aws:cdk:warning", "data": "none"}],
    }
    assets = {
        "files": {
            "a1": {
                "source": {"path": "asset.a1", "packaging": "zip"},
                "destinations": {"here": {"bucketName": "b", "objectKey": "a1.zip"}},
            },
            "made": {
                "source": {"executable": ["build"]},
                "destinations": {"here": {"bucketName": "b", "objectKey": "made.zip"}},
            },
        },
        "dockerImages": {
            "c3": {
                "source": {"directory": "asset.c3", "dockerFile": "shop/Dockerfile"},
                "destinations": {"here": {"repositoryName": "r", "imageTag": "c3"}},
            }
        },
    }
    return write(
        folder,
        {
            "manifest.json": {
                "artifacts": {
                    "Orders": stack("Orders", after=("Orders.assets", "Network")),
                    "Orders.assets": {
                        "type": "cdk:asset-manifest",
                        "properties": {"file": "Orders.assets.json"},
                    },
                    "Network": stack("Network"),
                    "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
                    "assembly-Prod": {
                        "type": "cdk:cloud-assembly",
                        "properties": {"directoryName": "assembly-Prod"},
                    },
                }
            },
            "Orders.assets.json": assets,
            "Orders.template.json": {"Resources": {"Queue4A7E3555": {"Type": "AWS::SQS::Queue"}}},
            "Orders.metadata.json": metadata,
            "Network.template.json": {"Resources": {}},
            "Network.metadata.json": {},
            "assembly-Prod/manifest.json": {"artifacts": {"ProdOrders": stack("ProdOrders")}},
            "assembly-Prod/ProdOrders.template.json": {"Resources": {}},
            "assembly-Prod/ProdOrders.metadata.json": {},
        },
    )


def test_stacks_come_after_those_they_depend_on_and_stages_are_entered(tmp_path: Path) -> None:
    """The order is the one in which stacks can be deployed."""
    assembly = CloudAssembly.read(shop(tmp_path))

    assert [each.name for each in assembly.stacks] == ["Network", "Orders", "ProdOrders"]


def test_a_resource_knows_where_in_the_construct_tree_it_comes_from(tmp_path: Path) -> None:
    """The construct path is found by logical id; one without a path is its logical id."""
    orders = CloudAssembly.read(shop(tmp_path)).stacks[1]

    assert orders.construct_path("Queue4A7E3555") == "Orders/Queue/Resource"
    assert orders.construct_path("BootstrapVersion") == "BootstrapVersion"


def test_a_stack_lists_the_assets_that_can_be_found_in_the_assembly(tmp_path: Path) -> None:
    """Files and images are listed with where they lie; one that a program makes is not."""
    orders = CloudAssembly.read(shop(tmp_path)).stacks[1]

    (asset,) = orders.file_assets
    assert (asset.path, asset.packaging, asset.object_key) == (
        tmp_path / "asset.a1",
        "zip",
        "a1.zip",
    )
    (image,) = orders.image_assets
    assert (image.directory, image.docker_file) == (tmp_path / "asset.c3", "shop/Dockerfile")


def test_fails_on_a_folder_that_is_no_assembly(tmp_path: Path) -> None:
    """The message names the folder and how to make an assembly."""
    with pytest.raises(AssemblyError, match=r"is no cloud assembly.*hinagata synth"):
        CloudAssembly.read(tmp_path)


@pytest.mark.parametrize("broken", ["", "[]", "{"])
def test_fails_on_a_broken_manifest(tmp_path: Path, broken: str) -> None:
    """The message names the file."""
    (tmp_path / "manifest.json").write_text(broken, encoding="utf-8")

    with pytest.raises(AssemblyError, match=r"manifest\.json"):
        CloudAssembly.read(tmp_path)


def test_a_stack_knows_where_it_is_deployed(tmp_path: Path) -> None:
    """An account or region that can be any is None."""
    environments = {
        "One": "aws://111111111111/eu-west-1",
        "Any": "aws://unknown-account/unknown-region",
        "Half": "aws://unknown-account/eu-west-1",
        "Odd": "",
    }
    artifacts = {
        name: {**stack(name), "environment": environment}
        for name, environment in environments.items()
    }
    write(tmp_path, {"manifest.json": {"artifacts": artifacts}})

    stacks = {each.name: each for each in CloudAssembly.read(tmp_path).stacks}

    assert {name: (each.account, each.region) for name, each in stacks.items()} == {
        "One": ("111111111111", "eu-west-1"),
        "Any": (None, None),
        "Half": (None, "eu-west-1"),
        "Odd": (None, None),
    }


def test_a_resource_of_the_stack_goes_before_one_of_a_nested_stack(tmp_path: Path) -> None:
    """Both are in the metadata of the stack, and may have the same logical id."""
    item = {"type": "aws:cdk:logicalId", "data": "Queue4A7E3555"}
    folder = shop(tmp_path)
    write(folder, {"Orders.metadata.json": {f"/Orders/{p}": [item] for p in ("In/Q/R", "Q/R")}})

    orders = CloudAssembly.read(folder).stacks[1]

    assert orders.construct_path("Queue4A7E3555") == "Orders/Q/R"


def test_a_long_chain_of_dependencies_needs_no_recursion(tmp_path: Path) -> None:
    """Each stack depends on the one before, two thousand times."""
    artifacts = {f"S{at}": stack(f"S{at}", after=(f"S{at + 1}",)) for at in range(2000)}
    write(tmp_path, {"manifest.json": {"artifacts": artifacts}})

    assert CloudAssembly.read(tmp_path).stacks[0].name == "S1999"


def test_fails_on_an_assembly_that_holds_itself(tmp_path: Path) -> None:
    """A stage whose folder is a link to the assembly would never end."""
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "stage"}}
    write(tmp_path, {"manifest.json": {"artifacts": {"stage": stage}}})
    (tmp_path / "stage").symlink_to(tmp_path)

    with pytest.raises(AssemblyError, match=r"manifest\.json holds itself"):
        CloudAssembly.read(tmp_path)
