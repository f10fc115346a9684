"""Stand-ins for the resources that an endpoint cannot create: they do nothing, and are listed."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from hinagata.assembly.cloud_assembly import AssemblyStack
from hinagata.lab.endpoint import Endpoint
from hinagata.lab.patches import archives

# Does nothing, everywhere, and keeps Ref, DependsOn and Condition on it valid.
STAND_IN = "AWS::CloudFormation::WaitConditionHandle"
_KEPT = ("Condition", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy")
_TYPE_NAME = re.compile(r"[A-Za-z0-9]+(?:::[A-Za-z0-9@_-]+)+")


@dataclass(frozen=True, kw_only=True)
class Stub:
    """A resource that was not created, and why."""

    stack: str
    logical_id: str
    type: str
    path: str  # in the construct tree
    reason: str


def stubbed(
    stack: AssemblyStack, endpoint: Endpoint, unsupported: Mapping[str, str]
) -> tuple[dict[str, Any], tuple[Stub, ...]]:
    """Return a stack's template as this endpoint can deploy it, and what was replaced in it.

    Args:
        stack: of the assembly.
        endpoint: that will deploy it.
        unsupported: reasons by logical id, for what it has refused already.
    """
    rejected = rejected_types({each["Type"] for each in _resources(stack).values()}, endpoint)
    stubs = _stubs(stack, rejected, embedded=endpoint.embedded, unsupported=unsupported)
    return replace_resources(stack.template, frozenset(stub.logical_id for stub in stubs)), stubs


def stubs_on_embedded(stack: AssemblyStack) -> tuple[Stub, ...]:
    """Return what the embedded endpoint would leave out of a stack, without starting it.

    It is asked in its own words: the types for which it has code. What it refuses for a property
    is known only when it is deployed.
    """
    known = import_module("ministack.services.cloudformation.provisioners")._RESOURCE_HANDLERS  # noqa: SLF001
    # This process is without the patches.
    types = {resource["Type"] for resource in _resources(stack).values()} - {archives.TYPE}
    rejected = frozenset(
        type_ for type_ in types if type_ not in known and not type_.startswith("Custom::")
    )
    return _stubs(stack, rejected, embedded=True, unsupported={})


def _resources(stack: AssemblyStack) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.template.get("Resources", {})
    return found


def _stubs(
    stack: AssemblyStack,
    rejected: frozenset[str],
    *,
    embedded: bool,
    unsupported: Mapping[str, str],
) -> tuple[Stub, ...]:
    resources = _resources(stack)
    reasons = {
        logical_id: f"the endpoint does not know {resource['Type']}"
        for logical_id, resource in resources.items()
        if resource["Type"] in rejected
    }
    if embedded:
        for logical_id, resource in resources.items():
            if is_node_custom_resource(resource, resources):
                reasons[logical_id] = "its Node handler needs the JavaScript SDK, which is not here"
    reasons |= unsupported
    return tuple(
        Stub(
            stack=stack.name,
            logical_id=logical_id,
            type=resources[logical_id]["Type"],
            path=stack.construct_path(logical_id),
            reason=reason,
        )
        for logical_id, reason in reasons.items()
    )


def rejected_types(types: set[str], endpoint: Endpoint) -> frozenset[str]:
    """Return which types the endpoint rejects: it is asked, so there is no list to keep."""
    cloudformation = endpoint.client("cloudformation")
    probe = {"Resources": {f"R{i}": {"Type": name} for i, name in enumerate(sorted(types))}}
    try:
        cloudformation.validate_template(TemplateBody=json.dumps(probe))
    except cloudformation.exceptions.ClientError as error:
        message = error.response["Error"]["Message"]
        if "nrecognized resource type" in message:
            return frozenset(_TYPE_NAME.findall(message)) & types
    return frozenset()  # a probe says nothing about properties, and need not be deployable


def is_node_custom_resource(
    resource: Mapping[str, Any], resources: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Return whether the function behind a custom resource runs on Node."""
    if not resource["Type"].startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
        return False
    token = resource.get("Properties", {}).get("ServiceToken")
    target = token.get("Fn::GetAtt", [""])[0] if isinstance(token, dict) else ""
    runtime = resources.get(target, {}).get("Properties", {}).get("Runtime", "")
    return "node" in json.dumps(runtime)


def replace_resources(template: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return a copy of a template in which some resources do nothing.

    A `Ref` to one stays valid; an attribute of one becomes the text `stub-NAME-ATTRIBUTE`.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(template))
    for name in names:
        plain = changed["Resources"][name]
        changed["Resources"][name] = {
            "Type": STAND_IN,
            **{key: plain[key] for key in _KEPT if key in plain},
        }
    result: dict[str, Any] = _without_attributes(changed, names) if names else changed
    return result


def _without_attributes(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, list):
        return [_without_attributes(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::GetAtt"}:
        found = value["Fn::GetAtt"]
        name, attribute = found.split(".", 1) if isinstance(found, str) else found
        if name in names:
            return _attribute(name, attribute)
    if set(value) == {"Fn::Sub"}:
        found = value["Fn::Sub"]
        text, *variables = [found] if isinstance(found, str) else found
        for name in names:
            text = re.sub(
                rf"\$\{{{name}\.([^}}]+)\}}", lambda m, n=name: _attribute(n, m.group(1)), text
            )
        rest = [_without_attributes(item, names) for item in variables]
        return {"Fn::Sub": [text, *rest] if rest else text}
    return {key: _without_attributes(item, names) for key, item in value.items()}


def _attribute(name: str, attribute: str) -> str:
    return f"stub-{name}-{attribute}"
