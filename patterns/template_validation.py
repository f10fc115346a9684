"""CloudFormation's own template validator, run natively right after synthesis."""

from __future__ import annotations

import atexit
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

if TYPE_CHECKING:
    from cloudformation_validate import CompositeEngine, Diagnostic

# The CDK's built-in plugin leaves these out, because its own constructs raise them by design
# (aws-cdk-lib 2.275, core/lib/validation/cloudformation-validate-plugin.js).
_IGNORED_RULES = ["W3005", "W1020", "E1018", "W9002", "W9013", "W1103"]
_SEVERITIES = {"FATAL": "error", "ERROR": "error", "WARN": "warning"}


@jsii.implements(cdk.IPolicyValidationPlugin)
class TemplateValidation:
    """The CDK's built-in template validation by the same engine, as native code.

    The CDK runs the engine as WebAssembly, which costs seconds at every synthesis; native, it
    loads on a second core while the constructs are made, and takes milliseconds a template.
    It has the built-in plugin's name, so acknowledgements (`CloudFormation-Validate::E3012`)
    count for both.

    Example:
        `cdk.Validations.of(app).add_plugins(TemplateValidation())`, in an app that was made with
        `builtin_cloud_formation_validation=False`. `patterns.App` does both.

    Raises:
        ImportError: The `cloudformation-validate` package is not installed.
    """

    def __init__(self) -> None:
        import cloudformation_validate

        self._native = cloudformation_validate
        loader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="template-validation")
        self._engine: Future[CompositeEngine] | None = loader.submit(
            cloudformation_validate.CompositeEngine
        )
        loader.shutdown(wait=False)
        # The engine frees native memory, for which its module must still be there.
        atexit.register(self._release)

    def _release(self) -> None:
        self._engine = None

    @property
    def name(self) -> str:
        """The name in the validation report: the built-in plugin's."""
        return "CloudFormation Validate"

    @property
    def version(self) -> str:
        """The engine's version."""
        return str(self._native.version())

    @property
    def rule_ids(self) -> list[str]:
        """None are listed: the CDK wants them for usage statistics only."""
        return []

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Validates every template of the assembly; an error fails the synthesis."""
        if self._engine is None:
            message = "the template validator was released: the program is ending"
            raise RuntimeError(message)
        engine = self._engine.result()
        violations = [
            _violation(diagnostic, stack.template_path, stack.stack_construct_path)
            for stack in context.stack_templates
            for diagnostic in self._diagnostics(engine, stack.template_path)
        ]
        return cdk.PolicyValidationPluginReport(
            success=all(violation.severity != "error" for violation in violations),
            violations=violations,
        )

    def _diagnostics(self, engine: CompositeEngine, template_path: str) -> list[Diagnostic]:
        native = self._native
        exclude = native.RuleFilterConfig(
            ids=_IGNORED_RULES,
            services=[native.ServiceFilter(rule_id="W3697", service="AWS::AutoScaling")],
        )
        config = native.ValidateConfig(
            exclude=exclude,
            severity_level=native.Severity.WARN,
            detail_level=native.DetailLevel.STANDARD,
        )
        return list(engine.validate_template(template_path, config).diagnostics)


def _violation(diagnostic: Diagnostic, template_path: str, stack_path: str) -> cdk.PolicyViolation:
    path = diagnostic.property_path or ""
    subject = f"{path.removeprefix('Properties.')}: " if path else ""
    entity = diagnostic.entity
    is_resource = entity is not None and entity.entity_type.name == "RESOURCE"
    return cdk.PolicyViolation(
        rule_name=diagnostic.rule_id,
        description=subject + diagnostic.message,
        severity=_SEVERITIES[diagnostic.severity.name],
        fix=diagnostic.suggested_fix,
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=entity.logical_id if is_resource else None,
                construct_path=None if is_resource else stack_path,
                template_path=template_path,
                locations=[path] if path else [],
            )
        ],
    )
