"""One architecture written in the ways that people write it.

Each function takes a template and returns documents: templates by the names of their stacks, or
the files of an assembly. They have the same resources with the same logical ids, whose references
go other ways: between stacks, through aliases, by parameters. What was to be found must be found
in all of them.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from hinagata.topology.graph import Topology
from hinagata.topology.reading import read_topology, topology_of

Template = Mapping[str, Any]
Documents = dict[str, Any]
# What is to stand in the place of a reference to an attribute ("Ref" for a Ref); None: it stays.
Replace = Callable[[str, str], Any | None]

MANIFEST = "manifest.json"

_VARIABLE = re.compile(r"\$\{(?!!)\s*([^}]+?)\s*\}")
_FUNCTION = "AWS::Lambda::Function"
_ENVIRONMENT = "aws://unknown-account/unknown-region"
# These name the function itself, also where it is reached through an alias.
_OF_THE_FUNCTION = {
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
}
# These name it by a property, and the alias by another.
_QUALIFIED = {"AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Url"}


def as_it_is(template: Template) -> Documents:
    """The template in one stack."""
    return {"Whole": template}


def split_by_order(template: Template) -> Documents | None:
    """The half that refers to nothing of the other half in a stack of its own."""
    return _split(template, _first_half(template))


def split_by_function(template: Template) -> Documents | None:
    """Functions and all that refers to them in one stack, what they need in another."""
    return _split(template, _below_functions(template))


def split_by_use(template: Template) -> Documents | None:
    """What nothing refers to (mappings, alarms, policies) in one stack, the rest in another."""
    used = {
        target for logical_id in template["Resources"] for target in _needs(template, logical_id)
    }
    return _split(template, used)


def through_an_alias(template: Template) -> Documents | None:
    """Whoever invokes a function, or may, invokes an alias of a version of it."""
    made = copy.deepcopy(dict(template))
    resources: dict[str, Any] = made["Resources"]
    aliased = {
        str(resource["Properties"].get("FunctionName"))
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Alias"
    }
    functions = [
        logical_id
        for logical_id, resource in resources.items()
        if resource["Type"] == _FUNCTION and str({"Ref": logical_id}) not in aliased
    ]

    def alias(logical_id: str, attribute: str) -> Any | None:
        named = logical_id in functions and attribute in {"Ref", "Arn"}
        return {"Ref": f"{logical_id}Alias"} if named else None

    for logical_id, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] in _QUALIFIED:
            properties["Qualifier"] = "live"
        elif resource["Type"] not in _OF_THE_FUNCTION:
            resources[logical_id] = {**resource, "Properties": replaced(properties, alias)}
    for logical_id in functions:
        resources[f"{logical_id}Version"] = {
            "Type": "AWS::Lambda::Version",
            "Properties": {"FunctionName": {"Ref": logical_id}},
        }
        resources[f"{logical_id}Alias"] = {
            "Type": "AWS::Lambda::Alias",
            "Properties": {
                "FunctionName": {"Ref": logical_id},
                "FunctionVersion": {"Fn::GetAtt": [f"{logical_id}Version", "Version"]},
                "Name": "live",
            },
        }
    return {"Whole": made} if functions else None


def numbers_as_parameters(template: Template) -> Documents | None:
    """Each number of a property is the default of a parameter."""
    made = copy.deepcopy(dict(template))
    parameters: dict[str, Any] = made.setdefault("Parameters", {})

    def parametrized(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: parametrized(item) for key, item in value.items()}
        if isinstance(value, list):
            return [parametrized(item) for item in value]
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            name = f"Number{len(parameters)}"
            parameters[name] = {"Type": "Number", "Default": value}
            return {"Ref": name}
        return value

    before = len(parameters)
    for resource in made["Resources"].values():
        resource["Properties"] = parametrized(resource.get("Properties", {}))
    return {"Whole": made} if len(parameters) > before else None


def nested_with_parameters(template: Template) -> Documents | None:
    """Functions and all that refers to them in a nested stack, given what they need."""
    return _nested(template, _lower(template))


def nested_with_outputs(template: Template) -> Documents | None:
    """What functions need in a nested stack, whose outputs they use."""
    return _nested(template, _lower(template), inner_is_below=True)


def in_a_stage(template: Template) -> Documents:
    """The template in a stage of an app."""
    nested = {
        "type": "cdk:cloud-assembly",
        "properties": {"directoryName": "assembly-Prod", "displayName": "Prod"},
    }
    files = {f"assembly-Prod/{name}": each for name, each in _assembly(template).items()}
    return {MANIFEST: {"version": "48.0.0", "artifacts": {"assembly-Prod": nested}}, **files}


VARIANTS = (
    split_by_order,
    split_by_function,
    split_by_use,
    through_an_alias,
    numbers_as_parameters,
    nested_with_parameters,
    nested_with_outputs,
    in_a_stage,
)


def read(documents: Documents, folder: Path) -> Topology:
    """Reads what a variant made; the files of an assembly are written to a folder first."""
    if MANIFEST not in documents:
        return topology_of(**documents)
    for name, document in documents.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document))
    return read_topology(folder)


def replaced(value: Any, replace: Replace) -> Any:
    """Returns a value in which references are replaced: Ref, Fn::GetAtt, and those in Fn::Sub."""
    if isinstance(value, list):
        return [replaced(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return _or(replace(argument, "Ref"), value)
        if name == "Fn::GetAtt":
            return _or(replace(*_attribute(argument)), value)
        if name == "Fn::Sub":
            return {"Fn::Sub": _substituted(argument, replace)}
    return {key: replaced(item, replace) for key, item in value.items()}


def _or(replacement: Any | None, value: Any) -> Any:
    return value if replacement is None else replacement


def _attribute(argument: Any) -> tuple[str, str]:
    if isinstance(argument, str):
        logical_id, _, attribute = argument.partition(".")
        return logical_id, attribute
    logical_id, attribute = argument
    return str(logical_id), str(attribute)


def _substituted(argument: Any, replace: Replace) -> Any:
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    variables = replaced(variables, replace)

    def put(match: re.Match[str]) -> str:
        if match[1] in variables:
            return match[0]
        logical_id, dot, attribute = match[1].partition(".")
        replacement = replace(logical_id, attribute if dot else "Ref")
        if replacement is None:
            return match[0]
        name = f"Given{len(variables)}"
        variables[name] = replacement
        return f"${{{name}}}"

    text = _VARIABLE.sub(put, text)
    return [text, variables] if variables else text


def _needs(template: Template, logical_id: str) -> set[str]:
    """The resources that one refers to."""
    found: set[str] = set()

    def note(target: str, _: str) -> None:
        if target in template["Resources"]:
            found.add(target)

    replaced(template["Resources"][logical_id], note)
    return found - {logical_id}


def _in_order(template: Template) -> Iterator[str]:
    """The resources, each after those that it refers to."""
    done: set[str] = set()

    def visit(logical_id: str) -> Iterator[str]:
        if logical_id not in done:
            done.add(logical_id)
            for target in sorted(_needs(template, logical_id)):
                yield from visit(target)
            yield logical_id

    for logical_id in template["Resources"]:
        yield from visit(logical_id)


def _first_half(template: Template) -> set[str]:
    order = list(_in_order(template))
    return set(order[: len(order) // 2])


def _lower(template: Template) -> set[str]:
    """What refers to nothing of the rest, by functions where they divide the resources."""
    below = _below_functions(template)
    return below if 0 < len(below) < len(template["Resources"]) else _first_half(template)


def _below_functions(template: Template) -> set[str]:
    """All but the functions and what refers to them, at however many removes."""
    above = {
        logical_id
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == _FUNCTION
    }
    while more := {
        logical_id
        for logical_id in template["Resources"].keys() - above
        if _needs(template, logical_id) & above
    }:
        above |= more
    return set(template["Resources"]) - above


def _part(template: Template, logical_ids: set[str], replace: Replace) -> dict[str, Any]:
    """Some resources of a template, with what else they need of it."""
    resources = {
        logical_id: {
            key: item if key == "Type" else replaced(item, replace)
            for key, item in resource.items()
            if key != "DependsOn"
        }
        for logical_id, resource in template["Resources"].items()
        if logical_id in logical_ids
    }
    return {**copy.deepcopy(dict(template)), "Resources": resources, "Outputs": {}}


def _split(template: Template, first: set[str]) -> Documents | None:
    second = set(template["Resources"]) - first
    if not first or not second:
        return None
    exported: dict[tuple[str, str], str] = {}

    def importing(own: set[str]) -> Replace:
        def replace(logical_id: str, attribute: str) -> Any | None:
            if logical_id in own or logical_id not in template["Resources"]:
                return None
            name = f"Shared:{logical_id}:{attribute.replace('.', ':')}"
            exported[logical_id, attribute] = name
            return {"Fn::ImportValue": name}

        return replace

    stacks = {
        "First": _part(template, first, importing(first)),
        "Second": _part(template, second, importing(second)),
    }
    for number, ((logical_id, attribute), name) in enumerate(exported.items()):
        home = stacks["First" if logical_id in first else "Second"]
        home["Outputs"][f"Export{number}"] = {
            "Value": _reference(logical_id, attribute),
            "Export": {"Name": name},
        }
    return stacks


def _nested(
    template: Template, below: set[str], *, inner_is_below: bool = False
) -> Documents | None:
    above = set(template["Resources"]) - below
    if not below or not above:
        return None
    given: dict[str, Any] = {}
    used: dict[str, Any] = {}

    def by_parameter(logical_id: str, attribute: str) -> Any | None:
        if logical_id not in below:
            return None
        name = f"Given{logical_id}{_word(attribute)}"
        given[name] = _reference(logical_id, attribute)
        return {"Ref": name}

    def by_output(logical_id: str, attribute: str) -> Any | None:
        if logical_id not in below:
            return None
        name = f"{logical_id}{_word(attribute)}"
        used[name] = {"Value": _reference(logical_id, attribute)}
        return {"Fn::GetAtt": ["Inner", f"Outputs.{name}"]}

    def stays(_: str, __: str) -> None:
        return None

    if inner_is_below:
        inner, outer = _part(template, below, stays), _part(template, above, by_output)
        inner["Outputs"] = used
    else:
        inner, outer = _part(template, above, by_parameter), _part(template, below, stays)
        inner["Parameters"] = {
            **inner.get("Parameters", {}),
            **{name: {"Type": "String"} for name in given},
        }
    # What the template takes from outside, the nested stack is given.
    passed = {name: {"Ref": name} for name in template.get("Parameters", {})}
    outer["Resources"]["Inner"] = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": {"Fn::Sub": "https://s3.${AWS::Region}.${AWS::URLSuffix}/assets/inner"},
            "Parameters": {**passed, **given},
        },
        "Metadata": {"aws:asset:path": "Inner.nested.template.json"},
    }
    return {**_assembly(outer), "Inner.nested.template.json": inner}


def _reference(logical_id: str, attribute: str) -> dict[str, Any]:
    if attribute == "Ref":
        return {"Ref": logical_id}
    return {"Fn::GetAtt": [logical_id, attribute]}


def _word(attribute: str) -> str:
    return attribute.replace(".", "")


def _assembly(template: Template) -> Documents:
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": _ENVIRONMENT,
        "properties": {"templateFile": "Whole.template.json"},
    }
    manifest = {"version": "48.0.0", "artifacts": {"Whole": stack}}
    return {MANIFEST: manifest, "Whole.template.json": template}
