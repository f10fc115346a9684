"""Reads a synthesized assembly as plain dictionaries, and finds resources by type and path."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True)
class Resource:
    """One resource of a template; `path` begins below its stack."""

    logical_id: str
    type: str
    path: str
    body: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.properties[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A property, or `default` where the template leaves it out."""
        return self.properties.get(name, default)

    @property
    def properties(self) -> dict[str, Any]:
        """What the template says of it."""
        properties: dict[str, Any] = self.body.get("Properties", {})
        return properties

    @property
    def environment(self) -> dict[str, Any]:
        """A function's or its container's environment variables."""
        if self.type == "AWS::ECS::TaskDefinition":
            pairs = self["ContainerDefinitions"][0]["Environment"]
            return {pair["Name"]: pair["Value"] for pair in pairs}
        variables: dict[str, Any] = self["Environment"]["Variables"]
        return variables


@dataclass(frozen=True)
class Template:
    """One stack's template and the acknowledgements of its constructs."""

    stack: str
    document: dict[str, Any]
    metadata: dict[str, list[dict[str, Any]]]

    @classmethod
    def read(cls, assembly: Path, stack: str) -> Self:
        """The stack of this id in an assembly's folder."""
        document, metadata = (
            json.loads((assembly / f"{stack}.{part}.json").read_text())
            for part in ("template", "metadata")
        )
        return cls(stack, document, metadata)

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """By logical id."""
        prefix = f"{self.stack}/"
        return {
            logical_id: Resource(
                logical_id,
                body["Type"],
                body.get("Metadata", {}).get("aws:cdk:path", "").removeprefix(prefix),
                body,
            )
            for logical_id, body in self.document["Resources"].items()
        }

    def all(self, kind: str, under: str = "") -> list[Resource]:
        """Resources of a type, e.g. "SQS::Queue", below a construct path."""
        return [
            each
            for each in self.resources.values()
            if each.type == f"AWS::{kind}"
            and f"{each.path}/".startswith(f"{under}/" if under else "")
        ]

    def one(self, kind: str, under: str = "") -> Resource:
        """The only resource of a type below a path."""
        found = self.all(kind, under)
        assert len(found) == 1, f"{self.stack}: {len(found)} AWS::{kind} under {under!r}"
        return found[0]

    def target(self, value: Any) -> Resource:
        """What a Ref or GetAtt refers to."""
        found = self.refers(value)
        assert found is not None, f"{self.stack}: {value} refers to no resource"
        return found

    def refers(self, value: Any) -> Resource | None:
        """What a Ref or GetAtt refers to, if it does."""
        if not isinstance(value, dict):
            return None
        name = value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]
        return self.resources.get(name)

    def role(self, code: Resource) -> Resource:
        """The role that a function or a task runs under."""
        return self.target(code.get("Role") or code["TaskRoleArn"])

    def may(self, role: Resource) -> dict[str, list[str]]:
        """What a role's policies allow: action to the paths of the resources, or their text."""
        allowed: dict[str, list[str]] = {}
        for statement in self.statements(role):
            assert statement["Effect"] == "Allow"
            for action in listed(statement["Action"]):
                allowed.setdefault(action, []).extend(
                    self._called(resource) for resource in listed(statement["Resource"])
                )
        return allowed

    def statements(self, role: Resource) -> list[dict[str, Any]]:
        """The statements of all policies attached to a role."""
        return [
            statement
            for policy in self.all("IAM::Policy")
            if any(self.refers(each) is role for each in policy["Roles"])
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def alarm(self, under: str, metric: str) -> Resource:
        """The alarm of a pattern on a metric."""
        found = [a for a in self.all("CloudWatch::Alarm", under) if a.get("MetricName") == metric]
        assert len(found) == 1, f"{self.stack}: {len(found)} alarms on {metric} under {under!r}"
        return found[0]

    def acknowledgements(self) -> Iterator[tuple[str, str, str]]:
        """Construct path below the stack, rule id and reason of each acknowledgement."""
        for path, entries in self.metadata.items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for rule, reason in entry["data"].items():
                        below = path.removeprefix(f"/{self.stack}").removeprefix("/")
                        yield below, rule.removeprefix("Annotation::"), reason

    def acknowledged(self, under: str) -> dict[str, str]:
        """Rule id to reason of what is acknowledged at or below a path."""
        return {
            rule: reason
            for path, rule, reason in self.acknowledgements()
            if f"{path}/".startswith(f"{under}/")
        }

    def plain(self) -> dict[str, Any]:
        """Logical id to body without metadata, to compare stacks of different names."""
        return {
            logical_id: {key: value for key, value in body.items() if key != "Metadata"}
            for logical_id, body in self.document["Resources"].items()
        }

    def _called(self, value: Any) -> str:
        target = self.refers(value)
        return target.path if target else json.dumps(value)


def listed(value: Any) -> list[Any]:
    """A policy's field, which is a list or its only item."""
    return value if isinstance(value, list) else [value]
