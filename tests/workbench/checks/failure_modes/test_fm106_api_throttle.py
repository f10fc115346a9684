"""APIs that take whatever comes."""

from hinagata.checks.failure_modes.fm106_api_throttle import api_throttle
from tests.workbench.checks.judgement import arn, changed, findings, resource, unresolved

LIMITS = {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 50}
FOUND = {
    "Resources": {
        "Api": resource("AWS::ApiGateway::RestApi", Name="shop"),
        "Stage": resource("AWS::ApiGateway::Stage", RestApiId={"Ref": "Api"}, StageName="live"),
        "Method": resource("AWS::ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="GET"),
        "Preflight": resource(
            "AWS::ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="OPTIONS"
        ),
        "Post": resource("AWS::ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="POST"),
    }
}
CLEAN = changed(
    FOUND, Stage={"MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", **LIMITS}]}
)
UNKNOWN = changed(FOUND, Stage={"MethodSettings": {"Fn::Transform": {"Name": "Settings"}}})
HTTP = {
    "Resources": {
        "Api": resource("AWS::ApiGatewayV2::Api", ProtocolType="HTTP"),
        "Stage": resource("AWS::ApiGatewayV2::Stage", ApiId={"Ref": "Api"}, StageName="$default"),
        "Get": resource("AWS::ApiGatewayV2::Route", ApiId={"Ref": "Api"}, RouteKey="GET /orders"),
        "Post": resource("AWS::ApiGatewayV2::Route", ApiId={"Ref": "Api"}, RouteKey="POST /orders"),
    }
}
URL = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function"),
        "Url": resource("AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=arn("Worker")),
    }
}


def test_names_the_stage() -> None:
    """A stage of a REST API without settings is found."""
    [finding] = findings(api_throttle, FOUND)

    assert (finding.node.logical_id, finding.property) == ("Stage", "MethodSettings")
    assert [node.logical_id for node in finding.related] == ["Api"]


def test_accepts_limits_for_all_methods() -> None:
    """A rate and a burst limit for all methods and paths throttle the stage."""
    assert findings(api_throttle, CLEAN) == []


def test_is_silent_where_the_settings_are_unknown() -> None:
    """Settings that nobody can read are told apart, not judged."""
    assert unresolved(api_throttle, UNKNOWN) == [("Stage", "MethodSettings")]


def test_wants_both_limits() -> None:
    """A rate without a burst limit is half a throttle."""
    rate = {"HttpMethod": "*", "ResourcePath": "/*", "ThrottlingRateLimit": 100}

    assert len(findings(api_throttle, changed(FOUND, Stage={"MethodSettings": [rate]}))) == 1


def test_counts_limits_of_single_methods() -> None:
    """Limits of every method do as well as the default; those of some do not."""
    one = [{"HttpMethod": "GET", "ResourcePath": "/", **LIMITS}]
    both = [*one, {"HttpMethod": "POST", "ResourcePath": "/", **LIMITS}]

    [finding] = findings(api_throttle, changed(FOUND, Stage={"MethodSettings": one}))

    assert "but for 1 of its 2 methods" in finding.says
    assert findings(api_throttle, changed(FOUND, Stage={"MethodSettings": both})) == []


def test_accepts_a_usage_plan() -> None:
    """A usage plan with a throttle counts for the stages it names, by reference or by name."""
    for stage in ({"Ref": "Stage"}, "live"):
        plan = resource(
            "AWS::ApiGateway::UsagePlan",
            Throttle={"RateLimit": 100, "BurstLimit": 50},
            ApiStages=[{"ApiId": {"Ref": "Api"}, "Stage": stage}],
        )

        assert findings(api_throttle, changed(FOUND, Plan=plan)) == []


def test_does_not_count_a_usage_plan_with_a_quota_alone() -> None:
    """A quota a month does not stop a burst."""
    plan = resource(
        "AWS::ApiGateway::UsagePlan",
        Quota={"Limit": 10000, "Period": "MONTH"},
        ApiStages=[{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}],
    )

    assert len(findings(api_throttle, changed(FOUND, Plan=plan))) == 1


def test_finds_an_http_api() -> None:
    """A stage of an HTTP API needs limits by default or for each route."""
    [finding] = findings(api_throttle, HTTP)
    some = changed(HTTP, Stage={"RouteSettings": {"GET /orders": LIMITS}})
    each = changed(HTTP, Stage={"RouteSettings": {"GET /orders": LIMITS, "POST /orders": LIMITS}})

    assert finding.property == "DefaultRouteSettings"
    assert findings(api_throttle, changed(HTTP, Stage={"DefaultRouteSettings": LIMITS})) == []
    assert findings(api_throttle, each) == []
    assert "POST /orders" in findings(api_throttle, some)[0].says


def test_finds_a_public_function_url() -> None:
    """A URL that anybody may call is throttled by reserved concurrency alone."""
    [finding] = findings(api_throttle, URL)

    assert finding.node.logical_id == "Url"
    assert findings(api_throttle, changed(URL, Worker={"ReservedConcurrentExecutions": 10})) == []
    assert findings(api_throttle, changed(URL, Url={"AuthType": "AWS_IAM"})) == []
