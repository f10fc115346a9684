"""A secret stands in the template."""

from typing import Any

import pytest

from hinagata.checks.failure_modes.fm703_secret_in_plain_sight import secret_in_plain_sight
from tests.workbench.checks.judgement import changed, findings, resource, unresolved


def variables(**values: Any) -> dict[str, Any]:
    """Return the environment of a function."""
    return {"Environment": {"Variables": values}}


FOUND = {
    "Resources": {
        "Worker": resource("AWS::Lambda::Function", **variables(DB_PASSWORD="hunter2")),
    }
}
CLEAN = changed(
    {"Resources": {**FOUND["Resources"], "Secret": resource("AWS::SecretsManager::Secret")}},
    Worker=variables(DB_PASSWORD={"Ref": "Secret"}),
)
UNKNOWN = {
    **changed(FOUND, Worker=variables(DB_PASSWORD={"Ref": "Password"})),
    "Parameters": {"Password": {"Type": "String", "NoEcho": True}},
}


def test_finds_a_password_and_does_not_repeat_it() -> None:
    """The variable is named, its value is not."""
    [finding] = findings(secret_in_plain_sight, FOUND)

    assert (finding.node.logical_id, finding.property) == (
        "Worker",
        "Environment.Variables.DB_PASSWORD",
    )
    assert "hunter2" not in finding.says


def test_accepts_a_reference_to_a_secret() -> None:
    """Where to find it is no secret."""
    assert findings(secret_in_plain_sight, CLEAN) == []


def test_is_silent_where_the_value_is_unknown() -> None:
    """What a parameter gives at deployment does not stand in the template."""
    assert unresolved(secret_in_plain_sight, UNKNOWN) == [
        ("Worker", "Environment.Variables.DB_PASSWORD")
    ]


def test_finds_the_default_of_a_parameter() -> None:
    """A default stands in the template, whether the console shows it or not."""
    defaulted = {
        **UNKNOWN,
        "Parameters": {"Password": {"Type": "String", "NoEcho": True, "Default": "hunter2"}},
    }

    assert len(findings(secret_in_plain_sight, defaulted)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "STRIPE_API_KEY",
        "apiKey",
        "jwtSecret",
        "GITHUB_TOKEN",
        "PRIVATE_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "PASSWORD_2",
    ],
)
def test_knows_the_words(name: str) -> None:
    """Names that end in such a word promise a secret."""
    template = changed(FOUND, Worker=variables(**{name: "c2VjcmV0LXZhbHVl"}))

    assert len(findings(secret_in_plain_sight, template)) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
        ("DB_SECRET", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"),
        ("DB_SECRET", "prod/db/password"),
        ("DB_PASSWORD", "/prod/db/password"),
        ("DB_PASSWORD", "{{resolve:secretsmanager:db:SecretString:password}}"),
        ("DB_PASSWORD", ""),
        ("AWS_SECRET_ACCESS_KEY", "DUMMYEXAMPLEKEY"),
        ("API_KEY", "replace-me"),
        ("SECRET_NAME", "db"),
        ("TOKEN_TTL", "3600"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("TOKEN_URL", "https://example.com/token"),
        ("REQUIRE_TOKEN", "true"),
        ("TABLE", "passwords"),
    ],
)
def test_leaves_alone_what_only_leads_to_a_secret(name: str, value: str) -> None:
    """Names, paths, ARNs, addresses and settings are no secrets."""
    template = changed(FOUND, Worker=variables(**{name: value}))

    assert findings(secret_in_plain_sight, template) == []


def test_looks_at_containers() -> None:
    """A container's environment is as open; its secrets are references."""
    task = resource(
        "AWS::ECS::TaskDefinition",
        ContainerDefinitions=[
            {
                "Name": "app",
                "Environment": [{"Name": "API_KEY", "Value": "c2VjcmV0"}],
                "Secrets": [{"Name": "DB_PASSWORD", "ValueFrom": "arn:aws:ssm:::parameter/db"}],
            }
        ],
    )

    [finding] = findings(secret_in_plain_sight, {"Resources": {"Task": task}})

    assert finding.property == "ContainerDefinitions.0.Environment.API_KEY"


def test_looks_at_parameters_of_type_string() -> None:
    """A plain parameter is no place for a secret either."""
    parameter = resource(
        "AWS::SSM::Parameter", Name="/shop/db/password", Type="String", Value="hunter2"
    )

    [finding] = findings(secret_in_plain_sight, {"Resources": {"Parameter": parameter}})

    assert (finding.node.logical_id, finding.property) == ("Parameter", "Value")
