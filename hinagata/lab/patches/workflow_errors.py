"""A workflow sees a throttled function as AWS names it, so that its Retry matches.

The emulator reports it to the state machine as `Lambda.Unknown`, which no Retry for service errors
matches, and the execution fails where on AWS it would wait.
"""

import json
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

THROTTLED = "Lambda.TooManyRequestsException"


def _apply() -> None:
    workflows = emulator_module("services.stepfunctions")
    plain_call = workflows._call_lambda

    def call(function: str, event: Any) -> Any:
        try:
            return plain_call(function, event)
        except workflows._ExecutionError as error:
            if "TooManyRequestsException" in str(error.cause):
                message = json.loads(error.cause)["message"]
                raise workflows._ExecutionError(THROTTLED, message) from error
            raise

    workflows._call_lambda = call


PATCH = Patch(
    name="workflow-errors",
    promise=f"a throttled function is {THROTTLED} to a workflow, which its Retry may name",
    symbols=(
        "ministack.services.stepfunctions:_call_lambda",
        "ministack.services.stepfunctions:_ExecutionError",
    ),
    apply=_apply,
)
