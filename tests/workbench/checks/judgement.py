"""What a check says of a template that is given as a mapping."""

from collections.abc import Mapping
from typing import Any

from hinagata.checks.check import Check, Finding, Unresolved
from hinagata.checks.thresholds import Thresholds
from hinagata.topology.reading import topology_of


def findings(check: Check, template: Mapping[str, Any], **thresholds: float) -> list[Finding]:
    """Return what the check finds, and assert that it could resolve what it asked for."""
    said = list(check(topology_of(Shop=template), Thresholds(**thresholds)))
    assert [each for each in said if isinstance(each, Unresolved)] == []
    return [each for each in said if isinstance(each, Finding)]


def unresolved(check: Check, template: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the check could not resolve, and assert that it found nothing."""
    said = list(check(topology_of(Shop=template)))
    assert [each for each in said if isinstance(each, Finding)] == []
    return [(each.node.logical_id, each.property) for each in said if isinstance(each, Unresolved)]


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """Return a resource."""
    return {"Type": type_, "Properties": properties}


def arn(logical_id: str) -> dict[str, Any]:
    """Return what refers to the ARN of a resource."""
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def changed(template: Mapping[str, Any], **resources: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template with some properties of its resources set, or with more resources."""
    result = dict(template["Resources"])
    for logical_id, properties in resources.items():
        if "Type" in properties:
            result[logical_id] = properties
        else:
            old = result[logical_id]
            result[logical_id] = {**old, "Properties": {**old["Properties"], **properties}}
    return {**template, "Resources": result}
