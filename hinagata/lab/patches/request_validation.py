"""A REST API validates requests as its template says.

The emulator validates for an API that was made by calls, and drops the validator of an API that
comes from a template.
"""

import json
from collections.abc import Mapping
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def _apply() -> None:
    apis = emulator_module("services.apigateway_v1")
    handlers = emulator_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    validators, methods = (
        handlers["AWS::ApiGateway::RequestValidator"],
        handlers["AWS::ApiGateway::Method"],
    )
    plain_methods = dict(methods)

    def create_validator(logical_id: str, properties: Any, _stack_name: str) -> Any:
        _, _, body = apis._create_request_validator(
            properties["RestApiId"],
            {
                "name": properties.get("Name", logical_id),
                "validateRequestBody": _is_true(properties.get("ValidateRequestBody")),
                "validateRequestParameters": _is_true(properties.get("ValidateRequestParameters")),
            },
        )
        identity = json.loads(body)["id"]
        return identity, {"RequestValidatorId": identity}

    def update_validator(identity: str, _old: Any, new: Any, stack_name: str) -> Any:
        # Its methods are asked for it by its id, so it keeps the id and takes the new flags.
        api_id = new["RestApiId"]
        kept = apis._request_validators.get(api_id, {}).get(identity)
        if kept is None:
            return create_validator(identity, new, stack_name)
        kept["validateRequestBody"] = _is_true(new.get("ValidateRequestBody"))
        kept["validateRequestParameters"] = _is_true(new.get("ValidateRequestParameters"))
        return identity, {"RequestValidatorId": identity}

    def link(properties: Mapping[str, Any]) -> None:
        resource = apis._resources[properties["RestApiId"]][properties["ResourceId"]]
        method = resource["resourceMethods"][properties.get("HttpMethod", "ANY")]
        method["requestValidatorId"] = properties.get("RequestValidatorId")

    def create_method(logical_id: str, properties: Any, stack_name: str) -> Any:
        created = plain_methods["create"](logical_id, properties, stack_name)
        link(properties)
        return created

    def update_method(identity: str, old: Any, new: Any, *args: Any) -> Any:
        updated = plain_methods["update"](identity, old, new, *args)
        link(new)
        return updated

    validators.update(create=create_validator, update=update_validator)
    methods.update(create=create_method, update=update_method)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


PATCH = Patch(
    name="request-validation",
    promise="a REST API refuses a request that its template's validator and model do not accept",
    symbols=(
        "ministack.services.apigateway_v1:_create_request_validator",
        "ministack.services.apigateway_v1:_request_validators",
        "ministack.services.apigateway_v1:_resources",
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
    ),
    apply=_apply,
)
