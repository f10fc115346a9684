"""An alias sends the share of its invocations to another version that its weights say.

The emulator stores the RoutingConfig of an alias and always takes the first version, so that a
canary never gets a call.
"""

import random
from collections.abc import Mapping
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def chosen_version(alias: Mapping[str, Any], draw: float) -> str:
    """Return the version for one invocation.

    Args:
        alias: as the API describes it.
        draw: evenly distributed from 0 to 1.

    Example:
        >>> alias = {"FunctionVersion": "1",
        ...          "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}}}
        >>> chosen_version(alias, 0.05), chosen_version(alias, 0.5)
        ('2', '1')
    """
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version, weight in weights.items():
        if draw < float(weight):
            return str(version)
        draw -= float(weight)
    return str(alias.get("FunctionVersion", "$LATEST"))


def _apply() -> None:
    functions = emulator_module("services.lambda_svc")
    plain_invoke = functions._invoke
    plain_record = functions._effective_func_record_for_qualifier

    def redirected(function: Any, qualifier: str | None) -> str | None:
        alias = (function or {}).get("aliases", {}).get(qualifier)
        # S311: nobody has to be unable to guess where a call goes.
        return chosen_version(alias, random.random()) if alias else qualifier  # noqa: S311

    async def invoke(
        name: str, event: Any, headers: Any, path_qualifier: str | None = None, query: Any = None
    ) -> Any:
        first = functions._qp_first
        asked = (
            path_qualifier or first(query or {}, "Qualifier") or first(headers, "x-amz-qualifier")
        )
        function = functions._functions.get(name)
        version = redirected(function, asked)
        alias = (function or {}).get("aliases", {}).get(asked, {})
        if version == alias.get("FunctionVersion"):
            version = asked  # the plain way, which keeps the alias in the function's ARN
        return await plain_invoke(name, event, headers, version or path_qualifier, query)

    def record(function: Any, qualifier: str | None) -> Any:
        return plain_record(function, redirected(function, qualifier))

    functions._invoke = invoke
    functions._effective_func_record_for_qualifier = record


PATCH = Patch(
    name="alias-weights",
    promise="an alias with weights sends that share of its invocations to the other version",
    symbols=(
        "ministack.services.lambda_svc:_invoke",
        "ministack.services.lambda_svc:_effective_func_record_for_qualifier",
        "ministack.services.lambda_svc:_qp_first",
        "ministack.services.lambda_svc:_functions",
    ),
    apply=_apply,
)
