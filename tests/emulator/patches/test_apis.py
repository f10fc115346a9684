"""An API's front."""

import urllib.error
import urllib.request

from hinagata.lab.endpoint import Endpoint
from tests.emulator.patches.observed import shows
from tests.emulator.templates import attribute, deployed, ref, resource


@shows("request-validation")
def test_an_api_refuses_what_its_model_does_not_accept(patched: Endpoint, plain: Endpoint) -> None:
    """A body without a required field never reaches the integration."""
    statuses = {}
    for endpoint in (patched, plain):
        names = deployed(
            endpoint,
            {
                "Api": resource("ApiGateway::RestApi", Name="commands"),
                "Validator": resource(
                    "ApiGateway::RequestValidator", RestApiId=ref("Api"), ValidateRequestBody=True
                ),
                "Model": resource(
                    "ApiGateway::Model",
                    RestApiId=ref("Api"),
                    ContentType="application/json",
                    Schema={"type": "object", "required": ["command"]},
                ),
                "Method": resource(
                    "ApiGateway::Method",
                    RestApiId=ref("Api"),
                    ResourceId=attribute("Api", "RootResourceId"),
                    HttpMethod="POST",
                    AuthorizationType="NONE",
                    RequestValidatorId=ref("Validator"),
                    RequestModels={"application/json": ref("Model")},
                    Integration={
                        "Type": "MOCK",
                        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
                        "IntegrationResponses": [{"StatusCode": "200"}],
                    },
                    MethodResponses=[{"StatusCode": "200"}],
                ),
                "Deployment": {
                    **resource("ApiGateway::Deployment", RestApiId=ref("Api")),
                    "DependsOn": ["Method"],
                },
                "Stage": resource(
                    "ApiGateway::Stage",
                    RestApiId=ref("Api"),
                    DeploymentId=ref("Deployment"),
                    StageName="prod",
                ),
            },
        )
        url = endpoint.url_of_api(names["Api"], "prod") + "/"
        statuses[endpoint] = [status(url, body) for body in (b'{"command": "lock"}', b"{}")]

    assert statuses[patched] == [200, 400]
    assert statuses[plain] == [200, 200]


def status(url: str, body: bytes) -> int:
    """The status a POST gets."""
    request = urllib.request.Request(
        url, data=body, headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
