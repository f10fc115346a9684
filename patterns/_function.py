"""A Lambda function as this house makes it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from patterns._acknowledgements import (
    AWS_KEY_OF_VARIABLES,
    BOUNDED_BY_ITS_SOURCE,
    DEPENDS_TWICE,
    HANDLED_FAILURES,
    OUTSIDE_VPC,
    TESTED_RUNTIME,
    TRACING_PERMISSION,
    acknowledge,
)
from patterns._alarms import alarm
from patterns._asked import in_seconds, stack_of
from patterns._asked import service as service_principal
from patterns._defaults import log_group
from patterns._staging import LEFTOVERS, installed, source_package, staged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns
    from constructs import Construct

# CPU grows with memory; below this, boto3's import alone takes seconds.
MEMORY_MB = 512
# Longest that Lambda runs (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
LAMBDA_TIMEOUT_SECONDS = 900
_LAMBDA_DEFAULT_TIMEOUT_SECONDS = 3

# function() makes these children of its scope: the function's id and each of them.
FUNCTION_ID_SUFFIXES = ("", "Logs", "Role", "Errors", "Throttles")

_LAYER_ID = "PatternRuntime"
_LAYERS: WeakKeyDictionary[cdk.Stack, lambda_.LayerVersion] = WeakKeyDictionary()
# Beside pattern_runtime: importable name to the distribution it comes with.
_LAYER_DISTRIBUTIONS = {
    "aws_lambda_powertools": "aws-lambda-powertools",
    "jmespath": "jmespath",
    "typing_extensions": "typing-extensions",
}


def function(
    scope: Construct,
    construct_id: str,
    *,
    handler: str,
    code: str | None,
    service: str,
    timeout: cdk.Duration,
    memory_mb: int,
    alarms_to: sns.ITopic,
    environment: Mapping[str, str] | None = None,
) -> lambda_.Function:
    """A traced function with a role and a log group of its own, and alarms.

    Its role may write its own logs and send traces; verbs add the rest. The asset holds only the
    handler's top-level package, so a change in another package changes no hash.

    Args:
        scope: The pattern it belongs to.
        construct_id: Id below `scope`.
        handler: Dotted path from the source root, e.g. "orders.create.handler".
        code: Source root, relative to where the app runs. None: the handler is the runtime
            layer's, "pattern_runtime.module.function".
        service: Name of the hop in logs and spans.
        timeout: Longest run of one invocation.
        memory_mb: Memory in MB.
        alarms_to: Topic that its alarms tell.
        environment: More environment variables.

    Raises:
        ValueError: The handler's module does not exist below `code`.
    """
    handler, source = _source(handler, code)
    group = log_group(scope, f"{construct_id}Logs")
    role = iam.Role(
        scope, f"{construct_id}Role", assumed_by=service_principal("lambda.amazonaws.com")
    )
    group.grant_write(role)
    made = lambda_.Function(
        scope,
        construct_id,
        runtime=_runtime(),
        architecture=_architecture(),
        handler=handler,
        code=source,
        layers=[_runtime_layer(scope)],
        role=role,
        timeout=timeout,
        memory_size=memory_mb,
        tracing=lambda_.Tracing.ACTIVE,
        log_group=group,
        environment={"POWERTOOLS_SERVICE_NAME": service, **(environment or {})},
    )
    acknowledge(
        made,
        HANDLED_FAILURES,
        TESTED_RUNTIME,
        BOUNDED_BY_ITS_SOURCE,
        OUTSIDE_VPC,
        AWS_KEY_OF_VARIABLES,
        DEPENDS_TWICE,
    )
    acknowledge(role, TRACING_PERMISSION)
    dimensions = {"FunctionName": made.function_name}
    for metric, says in (
        ("Errors", "the function raises or times out: read its log group"),
        ("Throttles", "invocations were refused for want of concurrency"),
    ):
        alarm(
            scope,
            f"{construct_id}{metric}",
            says=f"{service}: {says}.",
            namespace="AWS/Lambda",
            metric=metric,
            dimensions=dimensions,
            above=0,
            statistic="Sum",
            minutes=3,
            tells=alarms_to,
        )
    return made


def _source(handler: str, code: str | None) -> tuple[str, lambda_.Code]:
    """What Lambda calls, and where it finds it."""
    package, *module, name = handler_parts(handler)
    if code is None:
        imported = ".".join([package, *module])
        return "index.handler", lambda_.Code.from_inline(
            f"from {imported} import {name} as handler\n"
        )
    folder = source_package(code, package)
    _require_module(folder, module, handler)
    return handler, lambda_.Code.from_asset(
        code, exclude=["*", f"!{package}", f"!{package}/**", f"{package}/events", *LEFTOVERS]
    )


def logs_of(handler: lambda_.IFunction) -> logs.ILogGroup | None:
    """Where a function that was made here logs; None for your own."""
    made = underlying(handler)
    scope = made.node.scope
    found = scope.node.try_find_child(f"{made.node.id}Logs") if scope is not None else None
    return found if isinstance(found, logs.LogGroup) else None


def underlying(handler: lambda_.IFunction) -> lambda_.IFunction:
    """The function itself, where `handler` is an alias or a version of one."""
    return handler.lambda_ if isinstance(handler, (lambda_.Alias, lambda_.Version)) else handler


def own_timeout(handler: lambda_.IFunction) -> cdk.Duration | None:
    """The timeout of a function that was made in this app; None for an imported one."""
    made = underlying(handler)
    if not isinstance(made, lambda_.Function):
        return None
    return made.timeout or in_seconds(_LAMBDA_DEFAULT_TIMEOUT_SECONDS)


def _runtime_layer(scope: Construct) -> lambda_.LayerVersion:
    """The stack's layer with what handlers import, from the versions installed here.

    So handlers run in AWS what was tested on the laptop, in every partition, with no look-up of
    an account's or region's public layer.
    """
    stack = stack_of(scope)
    if stack in _LAYERS:
        return _LAYERS[stack]
    _LAYERS[stack] = made = lambda_.LayerVersion(
        stack,
        _LAYER_ID,
        code=lambda_.Code.from_asset(
            _layer_folder(),
            asset_hash=_layer_hash(),
            exclude=LEFTOVERS,
            follow_symlinks=cdk.SymlinkFollowMode.ALWAYS,
        ),
        description="pattern_runtime and Powertools for AWS Lambda",
        compatible_runtimes=[_runtime()],
    )
    return made


@cache
def _runtime() -> lambda_.Runtime:
    return lambda_.Runtime.PYTHON_3_13


@cache
def _architecture() -> lambda_.Architecture:
    # Graviton: the same code at a lower price a GB-second.
    return lambda_.Architecture.ARM_64


@cache
def _layer_folder() -> str:
    # One folder for all stacks: the CDK then copies it once.
    packages = [installed(name) for name in ("pattern_runtime", *_LAYER_DISTRIBUTIONS)]
    return staged({f"python/{path.name}": path for path in packages})


@cache
def _layer_hash() -> str:
    # A release's files never change, so its version stands for them; our own files do change.
    # Reading the hundreds of files of the others costs a tenth of a synthesis.
    digest = sha256()
    for name, distribution in _LAYER_DISTRIBUTIONS.items():
        digest.update(f"{name} {version(distribution)}\n".encode())
    for file in sorted(installed("pattern_runtime").glob("**/*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def handler_parts(handler: str) -> list[str]:
    """The words of "package.module.function"; a ValueError says what is missing."""
    parts = handler.split(".")
    if len(parts) < 3 or not all(part.isidentifier() for part in parts):
        message = (
            f"handler {handler!r} must be package.module.function, e.g. 'orders.create.handler'"
        )
        raise ValueError(message)
    return parts


def _require_module(folder: Path, module: list[str], handler: str) -> None:
    path = Path(folder, *module)
    if not (path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()):
        message = f"handler {handler!r}: there is no module {path.with_suffix('.py')}"
        raise ValueError(message)
