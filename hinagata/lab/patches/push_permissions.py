"""A request about mobile push is held against the policies of its application or endpoint.

The emulator asks whether the caller may do it to everything, so that only a policy about
everything lets it pass. AWS names the application, the endpoint, or, before there is one, `app/`.
"""

from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def _apply() -> None:
    actions = emulator_module("core.iam_actions")
    plain_resource = actions.extract_resource_arn

    def resource_arn(*args: Any, **kwargs: Any) -> Any:
        found = plain_resource(*args, **kwargs)
        service, *_, parameters, region, account = (*args, *kwargs.values())
        if service != "sns":
            return found
        for name in ("PlatformApplicationArn", "EndpointArn"):
            if named := actions._query_param(parameters, name):
                return named
        if actions._query_param(parameters, "Platform"):
            return f"arn:aws:sns:{region}:{account}:app/"
        return found

    actions.extract_resource_arn = resource_arn


PATCH = Patch(
    name="push-permissions",
    promise="a request about a platform application or its endpoints needs a policy about these",
    symbols=(
        "ministack.core.iam_actions:extract_resource_arn",
        "ministack.core.iam_actions:_query_param",
    ),
    apply=_apply,
)
