"""The CDK app of this house: deterministic, offline, validated, its failure modes checked."""

from __future__ import annotations

import os
import sys
from typing import Any

import aws_cdk as cdk
from aws_cdk import cx_api

from patterns.failure_mode_validation import FailureModes
from patterns.template_validation import TemplateValidation

# Set here and not in cdk.json, so that `python app.py` and `cdk synth` give the same templates.
_CONTEXT = {
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:target-partitions": ["aws", "aws-cn"],
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
    "@aws-cdk/aws-ecs:arnFormatIncludesClusterName": True,
    "@aws-cdk/aws-ecs:reduceEc2FargateCloudWatchPermissions": True,
    "@aws-cdk/aws-apigateway:requestValidatorUniqueId": True,
    "@aws-cdk/aws-apigateway:authorizerChangeDeploymentLogicalId": True,
    "@aws-cdk/aws-sns-subscriptions:restrictSqsDescryption": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
}
_VALIDATIONS = ("native", "builtin", "false")


class App(cdk.App):
    """A `cdk.App` whose templates depend on its source alone.

    It needs no account, network, clock or user name. It validates its templates with
    CloudFormation's engine as native code (`TemplateValidation`), and checks how the architecture
    fails (`FailureModes`). The environment variable CDK_VALIDATION chooses otherwise than
    `native`: `builtin` for the CDK's own (slower) template validation, `false` for neither
    validation nor checks, which is said on stderr.

    Args:
        outdir: Folder of the cloud assembly. None: the CDK CLI's folder, else `cdk.out`.
        failure_modes: Check how the architecture fails; if not, `hinagata check` still can.
    """

    _failure_modes: FailureModes | None = None

    def __init__(self, *, outdir: str | None = None, failure_modes: bool = True) -> None:
        choice = os.environ.get("CDK_VALIDATION", "native").lower()
        if choice not in _VALIDATIONS:
            message = f"CDK_VALIDATION={choice!r}: give one of {', '.join(_VALIDATIONS)}"
            raise SystemExit(message)
        validation = _native_validation() if choice == "native" else None
        super().__init__(
            outdir=outdir or os.environ.get("CDK_OUTDIR", "cdk.out"),
            analytics_reporting=False,
            builtin_cloud_formation_validation=validation is None,
            post_cli_context=_CONTEXT,
        )
        if choice == "false":
            print(  # noqa: T201 - never silently absent
                "template validation is off: CDK_VALIDATION=false", file=sys.stderr
            )
        else:
            plugins: list[cdk.IPolicyValidationPlugin] = []
            if validation is not None:
                plugins.append(validation)
            if failure_modes:
                self._failure_modes = FailureModes()
                plugins.append(self._failure_modes)
            cdk.Validations.of(self).add_plugins(*plugins)

    def synth(self, **options: Any) -> cx_api.CloudAssembly:
        """Writes the cloud assembly; ends the program with status 1 where validation fails.

        The findings are on stderr by then, and in the assembly's `validation-report.json`.
        """
        if self._failure_modes is not None:
            self._failure_modes.prepare()
        try:
            return super().synth(**options)
        except RuntimeError as error:
            if not str(error).startswith("ValidationFailed"):
                raise
            message = str(error).removeprefix("ValidationFailed: ")
        raise SystemExit(message)


def _native_validation() -> TemplateValidation | None:
    """The native validator; None where it is not installed, so that the built-in one runs."""
    try:
        return TemplateValidation()
    except ImportError:
        return None
