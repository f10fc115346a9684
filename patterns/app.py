"""The CDK app of this house: deterministic, offline, validated by the native engine."""

from __future__ import annotations

import os
import sys
from typing import Any

import aws_cdk as cdk
from aws_cdk import cx_api

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

    It needs no account, network, clock or user name, and validates its templates with
    CloudFormation's engine as native code (`TemplateValidation`). The environment variable
    CDK_VALIDATION chooses otherwise than `native`: `builtin` for the CDK's own (slower) plugin,
    `false` for no validation, which is said on stderr.

    Args:
        outdir: Folder of the cloud assembly. None: the CDK CLI's folder, else `cdk.out`.
    """

    def __init__(self, *, outdir: str | None = None) -> None:
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
        if validation is not None:
            cdk.Validations.of(self).add_plugins(validation)
        elif choice == "false":
            print(  # noqa: T201 - never silently absent
                "template validation is off: CDK_VALIDATION=false", file=sys.stderr
            )

    def synth(self, **options: Any) -> cx_api.CloudAssembly:
        """Writes the cloud assembly; ends the program with status 1 where validation fails.

        The findings are on stderr by then, and in the assembly's `validation-report.json`.
        """
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
