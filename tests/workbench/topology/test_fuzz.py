"""Whatever a template holds, it is read or refused in one sentence; nothing else escapes."""

from __future__ import annotations

import copy
import importlib
import json
import pkgutil
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from hinagata.checks.runner import CheckError, run_checks
from hinagata.errors import HinagataError
from hinagata.topology.graph import Topology
from hinagata.topology.reading import read_topology, topology_of
from tests.fakes.big_assembly import template
from tests.workbench.checks import failure_modes
from tests.workbench.topology.assemblies import stack, write_files
from tests.workbench.topology.test_sam import TEMPLATE as SAM

TEMPLATES, FILES, ASSEMBLIES, SERVERLESS = 2000, 400, 400, 60
SEED = 20260101
# What stands where something else is due.
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        3.5,
        1e400,
        float("nan"),
        10**400,
        "",
        "x",
        "*",
        "arn:",
        "${",
        "${}",
    ),
    *(
        "arn:aws:sqs:::",
        "https://",
        "AWS::NoValue",
        "${A.B.C}",
        "{{resolve:ssm:}}",
        "\u0000",
        "é" * 99,
    ),
    *([], [[]], [None], {}, {"": {}}, {"Ref": 3}, {"Ref": "AWS::Region"}, {"Ref": "AWS::NoValue"}),
    *({"Ref": "Asked"}, {"Fn::Sub": "${Asked}-${AWS::Region}"}, {"Fn::If": ["Asked", 1]}),
    *({"Fn::If": ["Unsure", [], {"Ref": "AWS::NoValue"}]}, {"Fn::If": ["Unsure", "a", {"b": 1}]}),
    *({"Fn::GetAtt": []}, {"Fn::GetAtt": "x"}, {"Fn::Join": ["", [{"Ref": "Asked"}, 1]]}),
    *({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, {"Fn::Split": [",", {"Ref": "Asked"}]}),
    *({"Fn::ImportValue": "theirs"}, {"Fn::FindInMap": ["a", "b", "c"]}, {"Fn::Transform": {}}),
    *({"Fn::ToJsonString": {"a": {"Ref": "Asked"}}}, {"Fn::Cidr": ["10.0.0.0/8", 300, 5]}),
)
AROUND = {
    "Parameters": {"Asked": {"Type": "String"}},
    "Conditions": {"Unsure": {"Fn::Equals": [{"Ref": "Asked"}, "x"]}},
}


def bases() -> list[dict[str, Any]]:
    """Templates that are right: those that checks are tried on, and a larger one."""
    found = [template(1, 1)]
    for module in pkgutil.iter_modules(failure_modes.__path__):
        if module.name.startswith("test_"):
            loaded = importlib.import_module(f"{failure_modes.__name__}.{module.name}")
            found.append(loaded.FOUND)
    return found


def places(value: object) -> Iterator[tuple[Any, Any]]:
    """Yield each mapping or list of a document with each of its keys or indexes."""
    open_ = [value]
    while open_:
        inner = open_.pop()
        keys = range(len(inner)) if isinstance(inner, list) else inner
        if isinstance(inner, (dict, list)):
            for key in keys:
                yield inner, key
                open_.append(inner[key])


def mutated(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Return a copy that was changed in one to four places."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    for section, content in AROUND.items():
        changed.setdefault(section, {}).update(content)
    for _ in range(chance.randint(1, 4)):
        found = list(places(changed))
        # Most of what can go wrong is in the properties.
        inside = [each for each in found if each[1] == "Properties"]
        if inside and chance.random() < 0.9:
            into, key = chance.choice(inside)
            found = list(places(into[key])) or [(into, key)]
        if not found:
            break
        into, key = chance.choice(found)
        match chance.randrange(6):
            case 0:
                del into[key]
            case 1 | 2:
                into[key] = copy.deepcopy(chance.choice(ODD))
            case 3:
                other, its = chance.choice(found)
                into[key] = json.loads(json.dumps(other[its]))
            case 4:
                into[key] = [into[key]]
            case _ if isinstance(into, dict):
                into[chance.choice(("Ref", "Fn::GetAtt", "Fn::Sub", "Condition", "Type"))] = (
                    into.pop(key)
                )
            case _:
                into.append(copy.deepcopy(chance.choice(ODD)))
    return changed


def judge(topology: Topology) -> None:
    """Look at everything in a topology, and run all checks."""
    for node in topology.nodes:
        node.get()
        _ = node.name, node.source, node.acknowledgements
        for alternative in node.alternatives("Environment", "Variables"):
            repr(alternative)
    run_checks(topology)


def refused(error: HinagataError) -> None:
    """See that an error is one sentence, and no fault of a check."""
    assert not isinstance(error, CheckError), error
    assert str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize("part", range(4))
def test_mutated_templates_are_read_or_refused(part: int) -> None:
    """By the reading, by each node's properties, by the checks."""
    right = bases()
    for number in range(part, TEMPLATES, 4):
        chance = random.Random(SEED + number)
        changed = mutated(right[number % len(right)], chance)
        try:
            judge(topology_of(Shop=changed, Other=right[0]))
        except HinagataError as error:
            refused(error)
        except Exception as error:
            error.add_note(f"number {number}: {json.dumps(changed)}")
            raise


def test_mutated_texts_are_read_or_refused(tmp_path: Path) -> None:
    """Truncated, with a piece twice, with characters that mean something else there."""
    right = bases()
    for number in range(FILES):
        chance = random.Random(SEED + number)
        document = right[number % len(right)]
        is_yaml = number % 2 == 0
        text = yaml.safe_dump(document) if is_yaml else json.dumps(document, indent=1)
        at, to = sorted(chance.choices(range(len(text)), k=2))
        match chance.randrange(4):
            case 0:
                text = text[:at]
            case 1:
                text = text[:at] + text[to:]
            case 2:
                text = text[:to] + text[at:]
            case _:
                text = text[:at] + chance.choice('{}[]"\\:,&*!\t\n\0-#|>%@`') + text[at + 1 :]
        file = tmp_path / ("t.yaml" if is_yaml else "t.json")
        file.write_text(text, encoding="utf-8")
        try:
            judge(read_topology(file))
        except HinagataError as error:
            refused(error)
        except Exception as error:
            error.add_note(f"number {number}: {text}")
            raise


def test_mutated_assemblies_are_read_or_refused(tmp_path: Path) -> None:
    """Manifests, assets and metadata are read as carefully as templates."""
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": {"Fn::Sub": "https://s3.${AWS::Region}/b/a1.json"}},
    }
    inner = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    metadata = {
        "/Shop/Orders": [
            {"type": "aws:cdk:acknowledged-rules", "data": {"Hinagata::FM101": "a reason"}}
        ],
        "/Shop/Inner.NestedStack/Inner.NestedStackResource": [
            {"type": "aws:cdk:logicalId", "data": "Inner"},
            {"type": "aws:cdk:creationStack", "data": ["x (/app/shop.py:3)"]},
        ],
    }
    assets = {
        "files": {
            "a1": {
                "source": {"path": "Inner.template.json"},
                "destinations": {"here": {"bucketName": "b", "objectKey": "a1.json"}},
            }
        }
    }
    shop = stack("Shop", {"Resources": {"Inner": nested}}, metadata=metadata)
    files: dict[str, Any] = {
        "manifest.json": {"artifacts": shop.pop("")},
        **shop,
        "Shop.assets.json": assets,
        "Inner.template.json": inner,
    }
    for number in range(ASSEMBLIES):
        chance = random.Random(SEED + number)
        name = chance.choice(list(files))
        folder = write_files(tmp_path, files | {name: mutated(files[name], chance)})
        try:
            judge(read_topology(folder))
        except HinagataError as error:
            refused(error)
        except Exception as error:
            error.add_note(f"number {number}: {name}: {(folder / name).read_text()}")
            raise


def test_mutated_serverless_templates_are_read_or_refused() -> None:
    """The translator stumbles in its own ways; the user gets one sentence of it."""
    short = {"!GetAtt ": "Fn::GetAtt: ", "!Ref ": "Ref: "}
    text = SAM
    for tag, written in short.items():
        text = text.replace(tag + "Next.QueueName", "{Fn::GetAtt: [Next, QueueName]}")
        text = text.replace(tag + "Queue.Arn", "{Fn::GetAtt: [Queue, Arn]}")
        text = text.replace(tag + "Orders.Arn", "{Fn::GetAtt: [Orders, Arn]}")
        text = text.replace(tag + "Orders", "{" + written + "Orders}")
    right = yaml.safe_load(text)
    for number in range(SERVERLESS):
        chance = random.Random(SEED + number)
        changed = mutated(right, chance)
        try:
            judge(topology_of(Shop=changed))
        except HinagataError as error:
            refused(error)
        except Exception as error:
            error.add_note(f"number {number}: {json.dumps(changed)}")
            raise
