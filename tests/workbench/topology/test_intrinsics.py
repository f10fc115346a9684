"""What can be known of a property is known, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from hinagata.topology.node import Node
from hinagata.topology.reading import topology_of
from hinagata.topology.template_file import TemplateError
from hinagata.topology.value import UNKNOWN, OneOf, Reference, Text, Value

QUEUE = {"Type": "AWS::SQS::Queue"}


def thing(value: object, **sections: Any) -> Node:
    """A node of a stack `Shop` whose property is a value, beside a queue."""
    template = {
        "Resources": {
            "Queue": QUEUE,
            "Thing": {"Type": "Shop::Thing", "Properties": {"Value": value}},
        },
        **sections,
    }
    return topology_of(Shop=template).by_key["Shop/Thing"]


def resolved(value: object, **sections: Any) -> Value:
    """What such a property is."""
    return thing(value, **sections).get("Value")


def parameters(**types: object) -> dict[str, Any]:
    """A section of parameters, each a number with a default or as it is declared."""
    return {
        name: declared if isinstance(declared, dict) else {"Type": "String", "Default": declared}
        for name, declared in types.items()
    }


@pytest.mark.parametrize("value", [1, 2.5, True, "text", None, [1, "two"], {"a": {"b": [None]}}])
def test_a_plain_value_is_itself(value: object) -> None:
    """Values without functions are returned as they stand."""
    assert resolved(value) == value


def test_references_keep_resource_and_attribute() -> None:
    """A Ref and both forms of GetAtt say which resource, and which attribute of it."""
    node = thing(
        {
            "ref": {"Ref": "Queue"},
            "list": {"Fn::GetAtt": ["Queue", "Arn"]},
            "text": {"Fn::GetAtt": "Queue.Arn"},
        }
    )
    value = node.get("Value")

    assert isinstance(value, dict)
    assert isinstance(value["ref"], Reference)
    assert value["ref"].attribute == "Ref"
    assert value["ref"].node.logical_id == "Queue"
    assert value["list"] == value["text"] == Reference(value["ref"].node, "Arn")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Join": ["-", ["a", 1, True]]}, "a-1-true"),
        ({"Fn::Join": ["", []]}, ""),
        ({"Fn::Sub": "${Stage}/${!Literal}"}, "beta/${Literal}"),
        ({"Fn::Sub": ["${Stage}-${Given}", {"Given": "x"}]}, "beta-x"),
        ({"Fn::Sub": "${AWS::StackName}-orders"}, "Shop-orders"),
        ({"Fn::Select": [1, ["a", "b"]]}, "b"),
        ({"Fn::Select": ["0", {"Fn::Split": [",", "a,b"]}]}, "a"),
        ({"Fn::Select": [1, {"Ref": "Zones"}]}, "b"),
        ({"Fn::Split": ["/", "a/b"]}, ["a", "b"]),
        ({"Fn::Base64": "hello"}, "aGVsbG8="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": ["a", "b"]}, 2),
        ({"Fn::Length": {"Ref": "Zones"}}, 2),
        ({"Fn::ToJsonString": {"a": [1, {"Ref": "Stage"}]}}, '{"a":[1,"beta"]}'),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 512),
        ({"Fn::FindInMap": ["Sizes", "none", "memory", {"DefaultValue": 1}]}, 1),
        ({"Ref": "Stage"}, "beta"),
        ({"Ref": "Zones"}, ["a", "b"]),
    ],
)
def test_functions_of_what_is_known_are_known(value: object, expected: object) -> None:
    """Each function gives what CloudFormation would make of it."""
    found = resolved(
        value,
        Parameters=parameters(
            Stage="beta", Zones={"Type": "CommaDelimitedList", "Default": "a, b"}
        ),
        Mappings={"Sizes": {"beta": {"memory": 512}, "prod": {"memory": 1024}}},
    )

    assert found == expected


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Stage"},
        {"Ref": "AWS::Region"},
        {"Ref": "AWS::Partition"},
        {"Ref": "AWS::StackId"},
        {"Ref": ["Stage"]},
        {"Fn::Transform": {"Name": "Macro"}},
        {"Other": 1, "Fn::Transform": {"Name": "AWS::Include"}},
        {"Fn::Future": ["function"]},
        {"Fn::GetAtt": ["Queue"]},
        {"Fn::GetAtt": [{"Ref": "Stage"}, "Arn"]},
        {"Fn::GetAZs": ""},
        {"Fn::Select": [5, ["a"]]},
        {"Fn::Select": ["x", ["a"]]},
        {"Fn::Select": [0, {"Ref": "Stage"}]},
        {"Fn::Split": ["", "a"]},
        {"Fn::Split": [",", {"Ref": "Stage"}]},
        {"Fn::Join": ["", {"Ref": "Stage"}]},
        {"Fn::Join": [{"Ref": "Stage"}, ["a"]]},
        {"Fn::Sub": 3},
        {"Fn::If": ["Nothing"]},
        {"Fn::FindInMap": ["None", "a", "b"]},
        {"Fn::FindInMap": ["Sizes"]},
        {"Fn::Cidr": ["no network", 2, 8]},
        {"Fn::Cidr": ["10.0.0.0/30", 2, 99]},
        {"Fn::Cidr": [{"Ref": "Stage"}, 2]},
        {"Fn::Base64": {"Ref": "Stage"}},
        {"Fn::Length": {"Ref": "Stage"}},
        {"Fn::ImportValue": {"Ref": "Stage"}},
    ],
)
def test_what_nobody_can_know_is_unknown(value: object) -> None:
    """Unknown is never guessed, nor is what a malformed function may mean."""
    found = resolved(value, Parameters={"Stage": {"Type": "String"}}, Mappings={"Sizes": {}})

    assert found is UNKNOWN


def test_a_text_keeps_what_is_known_of_it() -> None:
    """References and unknown parts stand between the known ones."""
    node = thing({"Fn::Sub": "arn:${AWS::Partition}:x:${Queue.Arn}/${Queue}"})
    value = node.get("Value")

    assert isinstance(value, Text)
    assert value.with_placeholders() == "arn:{1}:x:{3}/{5}"
    assert value.parts[1] is UNKNOWN
    assert [part.attribute for part in value.parts if isinstance(part, Reference)] == ["Arn", "Ref"]


def test_a_text_of_one_reference_is_that_reference() -> None:
    """`!Sub ${Queue.Arn}` says no less than `!GetAtt Queue.Arn`."""
    value = resolved(
        [{"Fn::Sub": "${Queue.Arn}"}, {"Fn::Join": ["", [{"Fn::GetAtt": ["Queue", "Arn"]}]]}]
    )

    assert isinstance(value, list)
    assert isinstance(value[0], Reference)
    assert value[0] == value[1]


def test_a_piece_of_a_reference_refers_to_the_same_resource() -> None:
    """The CDK takes names out of ARNs: the sixth piece of a queue's ARN still means the queue."""
    name = {"Fn::Select": [5, {"Fn::Split": [":", {"Fn::GetAtt": ["Queue", "Arn"]}]}]}
    value = resolved(name)

    assert isinstance(value, Reference)
    assert (value.node.logical_id, value.attribute) == ("Queue", "Arn[5]")


def test_a_text_with_unknown_parts_is_split_where_it_is_known() -> None:
    """The name at the end of an ARN is known whatever the region is."""
    arn = {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:1:orders"}

    assert resolved({"Fn::Select": [5, {"Fn::Split": [":", arn]}]}) == "orders"


def test_zones_differ_if_their_indexes_do() -> None:
    """Nobody knows the zones' names, but two of them are two."""
    zones = [{"Fn::Select": [at, {"Fn::GetAZs": ""}]} for at in (0, 1, 0)]
    first, second, again = resolved(zones)  # type: ignore[misc]

    assert isinstance(first, str)
    assert first == again != second


def test_json_of_references_is_a_text_that_holds_them() -> None:
    """What a function of JSON cannot know stays a part of its text."""
    value = resolved({"Fn::ToJsonString": {"queue": {"Ref": "Queue"}}})

    assert isinstance(value, Text)
    assert value.parts[0] == '{"queue":"'
    assert value.with_placeholders() == '{"queue":"{1}"}'


CONDITIONS = {
    "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
    "IsBeta": {"Fn::Not": [{"Condition": "IsProd"}]},
    "Asked": {"Fn::Equals": [{"Ref": "Answer"}, "yes"]},
    "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Asked"}]},
    "Either": {"Fn::Or": [{"Condition": "IsBeta"}, {"Condition": "Asked"}]},
    "Open": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "Asked"}]},
    "Numbers": {"Fn::Equals": [5, "5"]},
    "Circle": {"Condition": "Circle"},
    "Odd": {"Fn::Sometimes": []},
}
ASKED = parameters(
    Stage="beta", Answer={"Type": "String"}, Size={"Type": "Number", "AllowedValues": [1, 2]}
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("IsProd", "no"),
        ("IsBeta", "yes"),
        ("Both", "no"),
        ("Either", "yes"),
        ("Numbers", "yes"),
        ("Asked", OneOf(("yes", "no"))),
        ("Open", OneOf(("yes", "no"))),
        ("Circle", OneOf(("yes", "no"))),
        ("Odd", OneOf(("yes", "no"))),
        ("Missing", OneOf(("yes", "no"))),
    ],
)
def test_conditions_decide_where_they_are_known(condition: str, expected: object) -> None:
    """One that decides does so whatever the unknown others are; an unknown one leaves both."""
    found = resolved({"Fn::If": [condition, "yes", "no"]}, Parameters=ASKED, Conditions=CONDITIONS)

    assert found == expected


def test_alternatives_that_are_the_same_are_one() -> None:
    """A condition between equal values decides nothing; 1 and true are not equal."""
    same, other = (
        resolved({"Fn::If": ["Asked", *values]}, Parameters=ASKED, Conditions=CONDITIONS)
        for values in ([30, 30], [1, True])
    )

    assert same == 30
    assert isinstance(other, OneOf)


def test_no_value_is_as_if_it_were_not_written() -> None:
    """In mappings, lists and alternatives."""
    none = {"Ref": "AWS::NoValue"}
    value = {
        "list": [1, none, {"Fn::If": ["IsProd", 2, none]}],
        "gone": none,
        "maybe": {"Fn::If": ["Asked", 3, none]},
    }

    found = resolved(value, Parameters=ASKED, Conditions=CONDITIONS)

    assert found == {"list": [1], "maybe": OneOf((3, None))}


def test_a_parameter_with_allowed_values_alone_is_one_of_them() -> None:
    """Also inside a text, and where a map is looked up by it."""
    mappings = {"Sizes": {"1": {"memory": 128}, "2": {"memory": 256}}}
    value = [
        {"Ref": "Size"},
        {"Fn::Sub": "size-${Size}"},
        {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "memory"]},
    ]

    found = resolved(value, Parameters=ASKED, Mappings=mappings)

    assert found == [OneOf((1, 2)), OneOf(("size-1", "size-2")), OneOf((128, 256))]


def test_a_map_whose_key_is_unknown_gives_all_its_values() -> None:
    """The region decides between them."""
    mappings = {"Sizes": {"eu-west-1": {"memory": 128}, "us-east-1": {"memory": 256}}}

    value = resolved(
        {"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "memory"]}, Mappings=mappings
    )

    assert value == OneOf((128, 256))


def test_too_many_alternatives_are_unknown() -> None:
    """A product of many parameters would only fill the memory."""
    many = parameters(**{f"P{at}": {"AllowedValues": [1, 2, 3, 4]} for at in range(8)})
    text = "-".join(f"${{P{at}}}" for at in range(8))

    value = resolved({"Fn::Sub": text}, Parameters=many)

    assert isinstance(value, Text)


def test_a_parameter_that_the_account_holds_is_unknown_unless_a_template_makes_it() -> None:
    """Typed parameters and dynamic references are followed to the same resource."""
    stored = {
        "Resources": {
            "Stored": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Name": "/shop/queue",
                    "Type": "String",
                    "Value": {"Fn::GetAtt": ["Queue", "Arn"]},
                },
            },
            "Queue": QUEUE,
        }
    }
    reader = {
        "Parameters": {
            "Ours": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/shop/queue"},
            "Theirs": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/theirs"},
        },
        "Resources": {
            "Thing": {
                "Type": "Shop::Thing",
                "Properties": {
                    "Ours": {"Ref": "Ours"},
                    "Dynamic": "{{resolve:ssm:/shop/queue}}",
                    "Inside": {"Fn::Sub": "x-{{resolve:ssm:/shop/queue:1}}"},
                    "Theirs": {"Ref": "Theirs"},
                    "Literal": "{{resolve:ssm:/theirs}}",
                    "Secret": "{{resolve:secretsmanager:x}}",
                },
            }
        },
    }
    topology = topology_of(Stored=stored, Reader=reader)
    queue = Reference(topology.by_key["Stored/Queue"], "Arn")

    value = topology.by_key["Reader/Thing"].get()

    assert value == {
        "Ours": queue,
        "Dynamic": queue,
        "Inside": Text(("x-", queue)),
        "Theirs": UNKNOWN,
        "Literal": "{{resolve:ssm:/theirs}}",
        "Secret": "{{resolve:secretsmanager:x}}",
    }


def test_fails_on_a_value_that_is_nested_too_deep() -> None:
    """The message names the template; nobody's recursion ends the process."""
    value: object = "x"
    for _ in range(300):
        value = [value]
    node = thing(value)

    with pytest.raises(TemplateError, match="the template Shop is nested too deep"):
        node.get("Value")


def test_a_chain_of_conditions_longer_than_any_is_refused() -> None:
    """Each refers to the next one, a thousand times and more."""
    chain = {f"C{at}": {"Fn::Not": [{"Condition": f"C{at + 1}"}]} for at in range(2000)}

    with pytest.raises(TemplateError, match="nested too deep"):
        resolved({"Fn::If": ["C0", 1, 2]}, Conditions=chain)
