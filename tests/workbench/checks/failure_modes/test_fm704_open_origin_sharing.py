"""Every website may call an API that is not for everybody."""

from typing import Any

from hinagata.checks.check import Severity
from hinagata.checks.failure_modes.fm704_open_origin_sharing import open_origin_sharing
from tests.workbench.checks.judgement import changed, findings, resource, unresolved


def http_api(**cors: Any) -> dict[str, Any]:
    """Return an HTTP API."""
    return resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP", CorsConfiguration=cors)


FOUND = {"Resources": {"Api": http_api(AllowOrigins=["*"], AllowCredentials=True)}}
CLEAN = {
    "Resources": {"Api": http_api(AllowOrigins=["https://shop.example"], AllowCredentials=True)}
}
UNKNOWN = {
    "Resources": {"Api": http_api(AllowOrigins={"Ref": "Origins"}, AllowCredentials=True)},
    "Parameters": {"Origins": {"Type": "CommaDelimitedList"}},
}


def test_finds_every_origin_with_credentials() -> None:
    """Browsers refuse the two together."""
    [finding] = findings(open_origin_sharing, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Api", "CorsConfiguration.AllowOrigins")
    assert finding.severity is None


def test_accepts_origins_that_are_named() -> None:
    """One's own site may send credentials."""
    assert findings(open_origin_sharing, CLEAN) == []


def test_is_silent_where_the_origins_are_unknown() -> None:
    """Origins that a parameter lists are told apart, not judged."""
    assert unresolved(open_origin_sharing, UNKNOWN) == [("Api", "CorsConfiguration.AllowOrigins")]


def test_accepts_public_data() -> None:
    """An API that does not ask who calls may be called from everywhere."""
    assert findings(open_origin_sharing, {"Resources": {"Api": http_api(AllowOrigins=["*"])}}) == []


def test_notes_an_authorizer() -> None:
    """With an authorizer the token has to be stolen first: a note."""
    template = {
        "Resources": {
            "Api": http_api(AllowOrigins=["*"]),
            "Authorizer": resource(
                "AWS::ApiGatewayV2::Authorizer",
                ApiId={"Ref": "Api"},
                AuthorizerType="JWT",
                Name="tokens",
            ),
        }
    }

    [finding] = findings(open_origin_sharing, template)

    assert finding.severity is Severity.NOTE


def test_finds_a_function_url() -> None:
    """A function's own address has the same settings."""
    url = resource(
        "AWS::Lambda::Url",
        AuthType="NONE",
        Cors={"AllowOrigins": ["*"], "AllowHeaders": ["Cookie"]},
    )

    assert len(findings(open_origin_sharing, {"Resources": {"Url": url}})) == 1


def test_reports_a_rest_api_once() -> None:
    """A REST API answers in each OPTIONS method; it is one finding."""
    header = "method.response.header.Access-Control-Allow-"
    options = resource(
        "AWS::ApiGateway::Method",
        HttpMethod="OPTIONS",
        RestApiId={"Ref": "Api"},
        Integration={
            "Type": "MOCK",
            "IntegrationResponses": [
                {
                    "StatusCode": "204",
                    "ResponseParameters": {
                        f"{header}Origin": "'*'",
                        f"{header}Credentials": "'true'",
                    },
                }
            ],
        },
    )
    template = {
        "Resources": {
            "Api": resource("AWS::ApiGateway::RestApi", Name="orders"),
            "Orders": options,
            "Items": options,
        }
    }

    [finding] = findings(open_origin_sharing, template)

    assert finding.node.logical_id == "Orders"
    assert [node.logical_id for node in finding.related] == ["Api"]
    quiet = changed(template, Orders={"HttpMethod": "GET"}, Items={"HttpMethod": "GET"})
    assert findings(open_origin_sharing, quiet) == []


def test_counts_only_the_paths_of_a_rest_api_that_ask_the_authorizer() -> None:
    """A public page beside them may be shared with everybody."""

    def path(name: str, *, authorization: str) -> dict[str, Any]:
        place = {"RestApiId": {"Ref": "Api"}, "ResourceId": {"Ref": name}}
        answer = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
        return {
            name: resource("AWS::ApiGateway::Resource", RestApiId={"Ref": "Api"}, PathPart=name),
            f"{name}Get": resource(
                "AWS::ApiGateway::Method",
                HttpMethod="GET",
                AuthorizationType=authorization,
                **place,
            ),
            f"{name}Options": resource(
                "AWS::ApiGateway::Method",
                HttpMethod="OPTIONS",
                AuthorizationType="NONE",
                Integration={
                    "Type": "MOCK",
                    "IntegrationResponses": [{"StatusCode": "204", "ResponseParameters": answer}],
                },
                **place,
            ),
        }

    template = {
        "Resources": {
            "Api": resource("AWS::ApiGateway::RestApi", Name="orders"),
            "Authorizer": resource(
                "AWS::ApiGateway::Authorizer",
                RestApiId={"Ref": "Api"},
                Type="COGNITO_USER_POOLS",
                Name="users",
            ),
            **path("Page", authorization="NONE"),
            **path("Orders", authorization="COGNITO_USER_POOLS"),
        }
    }

    [finding] = findings(open_origin_sharing, template)

    assert finding.node.logical_id == "OrdersOptions"
