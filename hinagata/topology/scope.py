"""One template with all that is known around it: where it is deployed, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hinagata.topology import intrinsics
from hinagata.topology.intrinsics import ABSENT, KINDS
from hinagata.topology.shared_values import READER
from hinagata.topology.template_file import TemplateError
from hinagata.topology.unresolved_references import refuse_broken_references
from hinagata.topology.value import UNKNOWN, OneOf, Reference, Value

if TYPE_CHECKING:
    from hinagata.topology.node import Acknowledgement, Node, SourceLine
    from hinagata.topology.origin import Origin
    from hinagata.topology.shared_values import SharedValues

# Region prefixes of the partitions other than `aws`, and the suffix of their addresses.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
}
_SSM_VALUE = "AWS::SSM::Parameter::Value<"


@dataclass(eq=False, kw_only=True)
class Scope:
    """A template as one stack of it is deployed; a node's `Template`.

    Attributes:
        name: Name of its stack, or of its file; of nested stacks, the path of names.
        where: What errors call it: its file, or its name.
        document: The template.
        shared: What other stacks export.
        origin: Who made its resources, and what they acknowledged.
        file: Its file; None if it was given as a mapping.
        region: None where it is not known.
        account: None where it is not known.
        stack_name: None where it is not known before the deployment.
        stage: What tells apart stages of one app that export the same names.
        nested_by: The resource that nests it and gives it its parameters.
        nodes: Its resources by logical id.
        nested: The nested stacks that could be read, by logical id.
        left_out: Logical ids of the resources whose condition does not hold.
        generated: Whether a macro may add resources that nobody can see here.
    """

    name: str
    where: str
    document: Mapping[str, Any]
    shared: SharedValues
    origin: Origin
    file: Path | None = None
    region: str | None = None
    account: str | None = None
    stack_name: str | None = None
    stage: str = ""
    nested_by: Node | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    nested: dict[str, Scope] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    generated: bool = False
    _known: dict[tuple[str, str], Any] = field(default_factory=dict)

    def resolve(self, raw: object) -> Value:
        """Resolves the intrinsic functions in a value of this template, at every depth.

        Raises:
            TemplateError: It is nested too deep, or refers to what does not exist.
        """
        try:
            # Most values are plain, and most of the others references.
            kind = KINDS.get(type(raw))
            found: Any = raw if kind is None else kind(raw, self, 0)
        except RecursionError:
            raise TemplateError(f"{self.where} is nested too deep to be read") from None
        return None if found is ABSENT else found

    def construct_path(self, logical_id: str) -> str:
        """Where in the construct tree a resource comes from; its logical id if unknown."""
        return self.origin.construct_path(logical_id)

    def source(self, logical_id: str) -> SourceLine | None:
        """The user's line that made a resource, else its line in the template."""
        return self.origin.source(logical_id)

    def acknowledgements(self, logical_id: str) -> tuple[Acknowledgement, ...]:
        """What was acknowledged at a resource, or above it in the construct tree."""
        return self.origin.acknowledgements(logical_id)

    def ref(self, name: str) -> Value:
        """Returns what a `Ref` of a name is."""
        node = self.nodes.get(name)
        if node is not None:
            return Reference(node, "Ref")
        if name in self.section("Parameters"):
            return self._parameter(name)
        if name.startswith("AWS::"):
            return self._pseudo_parameter(name)
        self._refuse_unless_left_out(name)
        return UNKNOWN

    def attribute(self, logical_id: str, attribute: str) -> Value:
        """Returns what a `Fn::GetAtt` is; of a nested stack's output, the value in that stack."""
        node = self.nodes.get(logical_id)
        if node is None:
            self._refuse_unless_left_out(logical_id)
            return UNKNOWN
        if node.type == "AWS::CloudFormation::Stack" and attribute.startswith("Outputs."):
            output = attribute.removeprefix("Outputs.")
            if logical_id in self.nested:
                return self.nested[logical_id].output(output)
            return self.shared.outside(f"{node.key}.{attribute}")
        if node.type == READER and attribute.startswith("/cdk/"):
            return self.shared.written(attribute)
        return Reference(node, attribute)

    def condition(self, name: object) -> bool | None:
        """Returns whether a condition of a name holds; None if that cannot be known."""
        if not isinstance(name, str):
            return None
        return self._once(  # type: ignore[no-any-return]
            "condition",
            name,
            lambda: intrinsics.truth(self.section("Conditions").get(name), self),
            meanwhile=None,
        )

    def output(self, name: str) -> Value:
        """Returns the value of an output; unknown if there is none of the name."""

        def value() -> Value:
            output = self.section("Outputs").get(name)
            if not isinstance(output, dict) or "Value" not in output:
                return UNKNOWN
            return self.resolve(output["Value"])

        return self._once("output", name, value)  # type: ignore[no-any-return]

    def exports(self) -> Iterator[tuple[str, str]]:
        """Yields each output that is exported under a name that is known, with that name."""
        for name, output in self.section("Outputs").items():
            if not isinstance(output, dict) or not isinstance(output.get("Export"), dict):
                continue
            if "Condition" in output and self.condition(output["Condition"]) is False:
                continue
            exported = self.resolve(output["Export"].get("Name"))
            if isinstance(exported, str):
                yield name, exported

    def imported(self, name: str) -> Value:
        """Returns what another stack exports under a name."""
        return self.shared.exported(name, self)

    def parameter_store(self, name: str) -> Value:
        """Returns a Systems Manager parameter that the templates make; None if they do not."""
        return self._once(  # type: ignore[no-any-return]
            "ssm", name, lambda: self.shared.parameter(name, self)
        )

    def section(self, name: str) -> Mapping[str, Any]:
        """Returns a section of the template, empty if it has none."""
        section = self.document.get(name)
        return section if isinstance(section, dict) else {}

    def _parameter(self, name: str) -> Value:
        return self._once("parameter", name, lambda: self._value_given(name))  # type: ignore[no-any-return]

    def _value_given(self, name: str) -> Value:
        declared = self.section("Parameters")[name]
        if not isinstance(declared, dict):
            return UNKNOWN
        value: Value = None
        if self.nested_by is not None:
            value = self.nested_by.get("Parameters", name)
        if value is None:
            value = self._default(declared)
        type_ = str(declared.get("Type"))
        if type_.startswith(_SSM_VALUE):
            stored = self.parameter_store(value) if isinstance(value, str) else None
            value = UNKNOWN if stored is None else stored
        if type_ == "CommaDelimitedList" or "List<" in type_:
            pieces = intrinsics.split(value, ",")
            if isinstance(pieces, list):
                return [each.strip() if isinstance(each, str) else each for each in pieces]
            return pieces
        return value

    @staticmethod
    def _default(declared: Mapping[str, Any]) -> Value:
        default = declared.get("Default")
        if isinstance(default, (str, int, float)):
            return default
        allowed = declared.get("AllowedValues")
        if isinstance(allowed, list) and all(
            isinstance(each, (str, int, float)) for each in allowed
        ):
            if len(allowed) == 1:
                return allowed[0]  # type: ignore[no-any-return]
            return OneOf(tuple(allowed)) if allowed else UNKNOWN
        return UNKNOWN

    def _pseudo_parameter(self, name: str) -> Value:
        found: str | None = None
        match name:
            case "AWS::Region":
                found = self.region
            case "AWS::AccountId":
                found = self.account
            case "AWS::StackName":
                found = self.stack_name
            case "AWS::Partition" | "AWS::URLSuffix" if self.region is not None:
                partition, suffix = next(
                    (
                        known
                        for prefix, known in _PARTITIONS.items()
                        if self.region.startswith(prefix)
                    ),
                    ("aws", "amazonaws.com"),
                )
                found = partition if name == "AWS::Partition" else suffix
        return UNKNOWN if found is None else found

    def _once(
        self, kind: str, name: str, value: Callable[[], Any], *, meanwhile: Any = UNKNOWN
    ) -> Any:
        """Returns a value that is worked out once; one that leads back to itself is unknown."""
        key = (kind, name)
        if key not in self._known:
            self._known[key] = meanwhile
            try:
                self._known[key] = value()
            except BaseException:
                del self._known[key]
                raise
        return self._known[key]

    def _refuse_unless_left_out(self, logical_id: str) -> None:
        if logical_id not in self.left_out and not self.generated:
            refuse_broken_references(self)
