"""Assemblies and templates become one graph, whatever way their stacks belong together."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest

from hinagata.assembly.cloud_assembly import CloudAssembly
from hinagata.errors import HinagataError
from hinagata.topology.node import Node
from hinagata.topology.reading import read_topology, topology_of
from hinagata.topology.template_file import TemplateError
from hinagata.topology.value import UNKNOWN, OneOf, Reference, Text
from tests.workbench.topology.assemblies import stack, write_assembly, write_files

QUEUE = {"Type": "AWS::SQS::Queue"}
QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}


def thing(**properties: object) -> dict[str, Any]:
    """A resource with some properties."""
    return {"Type": "Shop::Thing", "Properties": properties}


def exporting(name: object) -> dict[str, Any]:
    """A template that exports the ARN of its queue under a name."""
    return {
        "Resources": {"Queue": QUEUE},
        "Outputs": {"Out": {"Value": QUEUE_ARN, "Export": {"Name": name}}},
    }


def importing(name: object) -> dict[str, Any]:
    """A template whose thing imports a value by its name."""
    return {"Resources": {"Thing": thing(Value={"Fn::ImportValue": name})}}


def arn_of(node: Node) -> Reference:
    """A reference to a node's ARN."""
    return Reference(node, "Arn")


def test_every_resource_is_a_node(tmp_path: Path) -> None:
    """Keys are unique: stack and logical id; roles come from the types."""
    template = {"Resources": {"Queue": QUEUE, "Thing": thing()}}
    folder = write_assembly(tmp_path, stack("Shop", template), stack("Other", template))

    topology = read_topology(folder)

    assert [(node.key, node.role) for node in topology.nodes] == [
        ("Shop/Queue", "queue"),
        ("Shop/Thing", "other"),
        ("Other/Queue", "queue"),
        ("Other/Thing", "other"),
    ]


def test_an_export_is_followed_into_the_stack_that_makes_it() -> None:
    """By its name, also where that holds the stack's; what nobody exports lives outside."""
    named = {"Fn::Sub": "${AWS::StackName}-queue"}
    topology = topology_of(
        Shop=exporting(named),
        Reader=importing("Shop-queue"),
        Other=importing("Shop-queue"),
        Alone=importing("Theirs"),
    )
    queue, *readers, alone = (node for node in topology.nodes if not node.type.startswith("H"))

    assert [node.get("Value") for node in readers] == [arn_of(queue)] * 2
    outside = alone.get("Value")
    assert isinstance(outside, Reference)
    assert (outside.node.type, outside.node.logical_id) == ("Hinagata::External", "Theirs")


def test_stages_import_from_themselves(tmp_path: Path) -> None:
    """Two stages of one app have stacks, exports and resources of the same names."""
    folder = write_assembly(tmp_path, stages=("assembly-Beta", "assembly-Prod"))
    for stage in ("assembly-Beta", "assembly-Prod"):
        write_assembly(
            tmp_path / stage,
            stack("Shop", exporting("Shop:Queue")),
            stack("Reader", importing("Shop:Queue"), after=("Shop",)),
        )

    topology = read_topology(folder)

    for number in ("", "#2"):
        reader = topology.by_key[f"Reader{number}/Thing"]
        assert reader.get("Value") == arn_of(topology.by_key[f"Shop{number}/Queue"])


def test_an_export_of_another_region_is_none(tmp_path: Path) -> None:
    """Exports do not leave their account and region: the same name means different values."""
    eu, us = "aws://111111111111/eu-west-1", "aws://111111111111/us-east-1"
    folder = write_assembly(
        tmp_path,
        stack("Shop", exporting("queue"), environment=eu),
        stack("ShopUs", exporting("queue"), environment=us),
        stack("Reader", importing("queue"), environment=us),
        stack("Unsure", importing("queue")),
    )

    topology = read_topology(folder)

    assert topology.by_key["Reader/Thing"].get("Value") == arn_of(topology.by_key["ShopUs/Queue"])
    assert topology.by_key["Unsure/Thing"].get("Value") is UNKNOWN


def test_the_environment_of_a_stack_is_known_where_it_has_one(tmp_path: Path) -> None:
    """Pseudo parameters come from it, and the partition from the region."""
    asked = ("Region", "AccountId", "Partition", "URLSuffix", "StackName")
    template = {"Resources": {"Thing": thing(**{name: {"Ref": f"AWS::{name}"} for name in asked})}}
    folder = write_assembly(
        tmp_path,
        stack("Shop", template, environment="aws://111111111111/cn-north-1", stack_name="shop"),
        stack("Any", template),
    )

    topology = read_topology(folder)

    shop = topology.by_key["shop/Thing"].get()
    assert shop == dict(
        zip(
            asked,
            ("cn-north-1", "111111111111", "aws-cn", "amazonaws.com.cn", "shop"),
            strict=True,
        )
    )
    assert topology.by_key["Any/Thing"].get() == {
        **dict.fromkeys(asked, UNKNOWN),
        "StackName": "Any",
    }


def test_a_template_file_does_not_tell_the_name_of_its_stack(tmp_path: Path) -> None:
    """Whoever deploys it chooses; the node's key is the file's name."""
    template = {"Resources": {"Thing": thing(Value={"Ref": "AWS::StackName"})}}
    write_files(tmp_path, {"shop.template.json": template})

    (node,) = read_topology(tmp_path / "shop.template.json").nodes

    assert (node.key, node.get("Value")) == ("shop/Thing", UNKNOWN)


def test_one_stack_of_an_assembly_is_read_by_itself(tmp_path: Path) -> None:
    """It knows what it is called, which its template alone does not tell."""
    template = {"Resources": {"Thing": thing(Value={"Ref": "AWS::StackName"})}}
    folder = write_assembly(tmp_path, stack("Shop", template), stack("Other", template))
    shop = next(each for each in CloudAssembly.read(folder).stacks if each.name == "Shop")

    (node,) = read_topology(shop).nodes

    assert (node.key, node.get("Value")) == ("Shop/Thing", "Shop")


def test_files_of_the_same_name_are_two(tmp_path: Path) -> None:
    """SAM projects call every template `template.yaml`; the same file twice is one."""
    template = {"Resources": {"Queue": QUEUE}}
    write_files(tmp_path, {"a/template.yaml": template, "b/template.yaml": template})
    files = [tmp_path / name / "template.yaml" for name in ("a", "b", "a")]

    topology = read_topology(*files)

    assert [node.key for node in topology.nodes] == ["template/Queue", "template#2/Queue"]


INNER = {
    "Parameters": {
        "QueueArn": {"Type": "String"},
        "Seconds": {"Type": "Number", "Default": 3},
        "Names": {"Type": "CommaDelimitedList"},
    },
    "Resources": {
        "Thing": thing(Arn={"Ref": "QueueArn"}, Seconds={"Ref": "Seconds"}, Names={"Ref": "Names"}),
        "Topic": {"Type": "AWS::SNS::Topic"},
    },
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
}


def nesting(url: object = "none", **attributes: object) -> dict[str, Any]:
    """A template that nests another one, gives it parameters and reads its output."""
    return {
        "Resources": {
            "Queue": QUEUE,
            "Inner": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {
                    "TemplateURL": url,
                    "Parameters": {
                        "QueueArn": QUEUE_ARN,
                        "Seconds": "20",
                        "Names": {"Fn::Join": [",", ["a", {"Ref": "Queue"}]]},
                    },
                },
                **attributes,
            },
            "Reader": thing(Topic={"Fn::GetAtt": ["Inner", "Outputs.TopicArn"]}),
        }
    }


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "none.json", ".", ""])
def test_a_nested_template_of_an_odd_name_lives_outside(tmp_path: Path, name: str) -> None:
    """Whatever its file is called, the rest is read."""
    asset = stack("Shop", nesting(Metadata={"aws:asset:path": name}))
    write_files(tmp_path, {"plain.json": nesting(name)})

    for path in (write_assembly(tmp_path / "out", asset), tmp_path / "plain.json"):
        assert len(list(read_topology(path).of_type("AWS::SQS::Queue"))) == 1


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_fails_on_a_path_of_an_odd_name(tmp_path: Path, name: str) -> None:
    """The operating system refuses it; the user gets a sentence."""
    with pytest.raises(TemplateError, match="cannot be read"):
        read_topology(tmp_path / name)


@pytest.mark.parametrize("known_by", ["metadata", "asset", "file", "mapping"])
def test_a_nested_stack_is_read_with_what_it_is_given(tmp_path: Path, known_by: str) -> None:
    """Parameters come from the stack around it, outputs go there; wherever its template lies."""
    asset = {
        "files": {
            "a": {
                "source": {"path": "Inner.nested.template.json"},
                "destinations": {"here": {"bucketName": "b", "objectKey": "0a1b.json"}},
            }
        }
    }
    inner = {"Inner.nested.template.json": INNER}
    match known_by:
        case "metadata":
            shop = stack("Shop", nesting(Metadata={"aws:asset:path": "Inner.nested.template.json"}))
            topology = read_topology(write_assembly(tmp_path, shop, files=inner))
        case "asset":
            url = {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/b/0a1b.json"}
            shop = stack("Shop", nesting(url)) | {"Shop.assets.json": asset}
            topology = read_topology(write_assembly(tmp_path, shop, files=inner))
        case "file":
            write_files(tmp_path, {"Shop.json": nesting("./Inner.nested.template.json"), **inner})
            topology = read_topology(
                tmp_path / "Inner.nested.template.json", tmp_path / "Shop.json"
            )
        case _:
            topology = topology_of(Inner=INNER, Shop=nesting("Inner"))
    queue = topology.by_key["Shop/Queue"]

    assert len(topology.nodes) == 5
    assert topology.by_key["Shop/Inner/Thing"].get() == {
        "Arn": arn_of(queue),
        "Seconds": "20",
        "Names": ["a", Reference(queue, "Ref")],
    }
    assert topology.by_key["Shop/Reader"].get("Topic") == Reference(
        topology.by_key["Shop/Inner/Topic"], "Ref"
    )


def test_a_nested_stack_that_is_not_at_hand_lives_outside() -> None:
    """What it gives is the same for everybody who asks, and nothing is guessed of it."""
    shop = nesting("https://example.com/inner.yaml")
    shop["Resources"]["Again"] = shop["Resources"]["Reader"]
    topology = topology_of(Shop=shop)

    topics = [topology.by_key[f"Shop/{name}"].get("Topic") for name in ("Reader", "Again")]

    assert topics[0] == topics[1]
    assert isinstance(topics[0], Reference)
    assert topics[0].node.key == "External:Shop/Inner.Outputs.TopicArn"


def test_a_template_that_nests_itself_is_read_once(tmp_path: Path) -> None:
    """Directly, or through another one; somebody must be first."""
    write_files(
        tmp_path,
        {"a.json": nesting("a.json"), "b.json": nesting("c.json"), "c.json": nesting("b.json")},
    )

    topology = read_topology(*(tmp_path / name for name in ("a.json", "b.json", "c.json")))

    assert [node.key for node in topology.of_type("AWS::SQS::Queue")] == [
        "a/Queue",
        "b/Queue",
        "b/Inner/Queue",
    ]


def test_fails_on_stacks_that_multiply() -> None:
    """Each nests the next one twice: twelve templates would be four thousand stacks."""
    inner = {"Type": "AWS::CloudFormation::Stack"}
    templates = {
        f"T{at}": {
            "Resources": {
                name: {**inner, "Properties": {"TemplateURL": f"T{at + 1}"}} for name in ("A", "B")
            }
        }
        for at in range(12)
    }

    with pytest.raises(TemplateError, match="nests more than"):
        topology_of(**templates, T12={"Resources": {"Queue": QUEUE}})


def test_conditions_decide_which_resources_there_are() -> None:
    """One that does not hold leaves the resource out; one that nobody knows marks it."""
    shop = {
        "Parameters": {
            "Stage": {"Type": "String", "Default": "beta"},
            "Answer": {"Type": "String"},
        },
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsBeta": {"Fn::Not": [{"Condition": "IsProd"}]},
            "Asked": {"Fn::Equals": [{"Ref": "Answer"}, "yes"]},
        },
        "Resources": {
            "Never": {**QUEUE, "Condition": "IsProd"},
            "Always": {**QUEUE, "Condition": "IsBeta"},
            "Maybe": {**QUEUE, "Condition": "Asked"},
            "Thing": thing(Value={"Fn::If": ["IsProd", {"Ref": "Never"}, 1]}, Odd={"Ref": "Never"}),
        },
    }

    always, maybe, reader = topology_of(Shop=shop).nodes

    assert (always.logical_id, always.conditional) == ("Always", False)
    assert (maybe.logical_id, maybe.conditional) == ("Maybe", True)
    assert reader.get() == {"Value": 1, "Odd": UNKNOWN}


def test_what_a_conditional_stack_nests_is_conditional() -> None:
    """Nobody can know whether it is there either."""
    shop = nesting("Inner", Condition="Asked")
    shop["Conditions"] = {"Asked": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}

    topology = topology_of(Shop=shop, Inner=INNER)

    assert {node.key: node.conditional for node in topology.nodes} == {
        "Shop/Queue": False,
        "Shop/Inner": True,
        "Shop/Reader": False,
        "Shop/Inner/Thing": True,
        "Shop/Inner/Topic": True,
    }


def test_what_the_cdk_writes_to_another_region_is_followed(tmp_path: Path) -> None:
    """The writer's parameter is what the reader reads, of the same name."""
    name = "/cdk/exports/Near/FarRefQueue"
    far = {
        "Resources": {
            "Queue": QUEUE,
            "Writer": {
                "Type": "Custom::CrossRegionExportWriter",
                "Properties": {
                    "WriterProps": {"region": "us-east-1", "exports": {name: QUEUE_ARN}}
                },
            },
        }
    }
    near = {
        "Resources": {
            "Reader": {
                "Type": "Custom::CrossRegionExportReader",
                "Properties": {"ReaderProps": {"imports": {name: f"{{{{resolve:ssm:{name}}}}}"}}},
            },
            "Thing": thing(
                Ours={"Fn::GetAtt": ["Reader", name]}, Theirs={"Fn::GetAtt": ["Reader", "/cdk/x"]}
            ),
        }
    }
    folder = write_assembly(
        tmp_path,
        stack("Near", near, environment="aws://1/us-east-1"),
        stack("Far", far, environment="aws://1/eu-west-1"),
    )

    topology = read_topology(folder)

    assert topology.by_key["Near/Thing"].get() == {
        "Ours": arn_of(topology.by_key["Far/Queue"]),
        "Theirs": UNKNOWN,
    }


def test_values_that_lead_back_to_themselves_are_unknown() -> None:
    """Two stacks may import from each other, and a parameter store parameter hold itself."""
    one, other = importing("b"), importing("a")
    one["Outputs"] = {"Out": {"Value": {"Fn::ImportValue": "b"}, "Export": {"Name": "a"}}}
    other["Outputs"] = {"Out": {"Value": {"Fn::ImportValue": "a"}, "Export": {"Name": "b"}}}
    stored = {
        "Resources": {
            "P": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": "/p", "Value": "{{resolve:ssm:/p}}"},
            }
        }
    }

    topology = topology_of(One=one, Other=other, Stored=stored)

    assert topology.by_key["One/Thing"].get("Value") is UNKNOWN
    assert topology.by_key["Stored/P"].get("Value") is UNKNOWN


def test_an_alternative_may_be_a_reference() -> None:
    """Both queues that a condition decides between are known."""
    shop = {
        "Parameters": {"Answer": {"Type": "String"}},
        "Conditions": {"Asked": {"Fn::Equals": [{"Ref": "Answer"}, "yes"]}},
        "Resources": {
            "Queue": QUEUE,
            "Other": QUEUE,
            "Thing": thing(
                Value={"Fn::If": ["Asked", {"Ref": "Queue"}, {"Fn::Sub": "${Other}-x"}]}
            ),
        },
    }
    queue, other, reader = topology_of(Shop=shop).nodes

    assert reader.get("Value") == OneOf(
        (Reference(queue, "Ref"), Text((Reference(other, "Ref"), "-x")))
    )
    assert reader.nodes("Value") == (queue, other)


@pytest.mark.parametrize(
    ("value", "missing"),
    [
        ({"Ref": "Nothing"}, "Nothing"),
        ({"Fn::GetAtt": ["Nothing", "Arn"]}, "Nothing"),
        ({"Fn::GetAtt": "Nothing.Arn"}, "Nothing"),
        ({"Fn::Sub": "a-${Nothing.Arn}"}, "Nothing"),
        ({"Fn::Sub": ["${Given}-${Nothing}", {"Given": 1}]}, "Nothing"),
        ({"Fn::If": ["Never", [{"a": {"Ref": "Nothing"}}], 1]}, "Nothing"),
    ],
)
def test_fails_on_a_reference_to_nothing(value: object, missing: str) -> None:
    """CloudFormation refuses such a template whether or not anybody reads the property."""
    message = f"the template Shop: the resource Thing refers to {missing}, which is neither"

    with pytest.raises(TemplateError, match=message):
        topology_of(Shop={"Resources": {"Thing": thing(Deep=[{"Value": value}])}})


def test_fails_on_an_output_of_nothing(tmp_path: Path) -> None:
    """In YAML as in JSON; the message names the file."""
    file = tmp_path / "shop.yaml"
    file.write_text("Resources: {}\nOutputs: {Out: {Value: !Ref Nothing}}")

    with pytest.raises(TemplateError, match=r"shop\.yaml: the output Out refers to Nothing"):
        read_topology(file)


@pytest.mark.parametrize(
    "sections",
    [
        {"Transform": "Shop-Macro"},
        {"Transform": ["AWS::LanguageExtensions", "AWS::SecretsManager-2024-09-16"]},
        {
            "Resources": {
                "Thing": thing(V={"Ref": "Made"}),
                "Fn::Transform": {"Name": "AWS::Include"},
            }
        },
    ],
)
def test_a_macro_may_make_what_a_reference_means(sections: dict[str, Any]) -> None:
    """Nobody can see here what a macro adds: the value is unknown, the template not broken."""
    shop = {"Resources": {"Thing": thing(V={"Ref": "Made"})}, **sections}

    (node,) = topology_of(Shop=shop).nodes

    assert node.get("V") is UNKNOWN


def test_texts_that_look_like_references_are_none() -> None:
    """A script in a property may hold `${anything}`, and a policy a key named Ref."""
    shop = {
        "Resources": {
            "Thing": thing(
                Script='echo ${HOME} "Ref": "x"',
                Escaped={"Fn::Sub": "${!HOME}"},
                Keys={"Ref": "x", "Other": 1},
            )
        }
    }

    (node,) = topology_of(Shop=shop).nodes

    assert node.get("Escaped") == "${HOME}"


def test_edges_are_told_from_all_templates_together() -> None:
    """A mapping in one stack makes an edge from another stack's queue to its own function."""
    consumer = {
        "Resources": {
            "Function": {"Type": "AWS::Lambda::Function"},
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::ImportValue": "queue"},
                    "FunctionName": {"Ref": "Function"},
                },
            },
        }
    }
    topology = topology_of(Shop=exporting("queue"), Consumer=consumer)

    (edge,) = topology.edges()

    assert [node.key for node in (edge.source, edge.target, edge.via)] == [
        "Shop/Queue",
        "Consumer/Function",
        "Consumer/Mapping",
    ]


def test_pseudo_nodes_come_last() -> None:
    """Only those that an edge or a value asked for."""
    template = {"Resources": {"Api": {"Type": "AWS::ApiGatewayV2::Api"}}}

    assert [node.type for node in topology_of(Shop=template).nodes] == [
        "AWS::ApiGatewayV2::Api",
        "Hinagata::Internet",
    ]


def test_the_collector_is_as_it_was(tmp_path: Path) -> None:
    """Reading pauses it, also where it fails, and does not start it for whoever stopped it."""
    with pytest.raises(HinagataError):
        read_topology(tmp_path)
    assert gc.isenabled()

    gc.disable()
    try:
        read_topology(write_assembly(tmp_path))
        assert not gc.isenabled()
    finally:
        gc.enable()


NESTED = """\
{"artifacts": {"S": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "NAME"}}}}
"""


@pytest.mark.parametrize(
    "manifest",
    [
        '{"artifacts": []}',
        '{"artifacts": {"Shop": {"type": "aws:cloudformation:stack"}}}',
        '{"artifacts": {"Shop": {"type": "aws:cloudformation:stack", "properties": []}}}',
        '{"artifacts": {"S": {"type": "cdk:cloud-assembly", "properties": {}}}}',
        NESTED.replace("NAME", "."),
        NESTED.replace("NAME", "none"),
        "[" * 100_000,
        "\0",
    ],
)
def test_fails_on_a_broken_assembly(tmp_path: Path, manifest: str) -> None:
    """One sentence names the manifest."""
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")

    with pytest.raises(HinagataError, match=r"manifest\.json") as refused:
        read_topology(tmp_path)

    assert "\n" not in str(refused.value)
