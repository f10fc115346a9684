"""URLs and signatures of an endpoint."""

import pytest

from hinagata.lab.endpoint import Endpoint


def test_an_api_on_an_emulator_is_a_path_of_its_endpoint() -> None:
    """REST and HTTP APIs have one form."""
    endpoint = Endpoint("http://127.0.0.1:4566/")

    assert endpoint.url_of_api("abc", "live") == "http://127.0.0.1:4566/_aws/execute-api/abc/live"


@pytest.mark.parametrize(("stage", "path"), [("live", "/live"), ("$default", "")])
def test_an_api_on_aws_is_a_host(stage: str, path: str) -> None:
    """Only the default stage of an HTTP API has no path."""
    endpoint = Endpoint(region="eu-west-1", access_key="AKIA", secret_key="secret")
    host = "https://abc.execute-api.eu-west-1.amazonaws.com"

    assert endpoint.is_aws
    assert endpoint.url_of_api("abc", stage) == host + path


def test_a_signed_request_keeps_its_headers() -> None:
    """The signature is added to what is sent, and covers the service and the region."""
    endpoint = Endpoint("http://127.0.0.1:4566", region="eu-west-1")
    headers = endpoint.sign("POST", "http://127.0.0.1:4566/x", {"Idempotency-Key": "1"}, b"{}")

    assert headers["Idempotency-Key"] == "1"
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]


def test_an_emulators_clients_know_nothing_of_the_users_profiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A profile that is set, or broken, in the environment does not matter."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    client = Endpoint("http://127.0.0.1:4566").client("sqs")

    assert client.meta.endpoint_url == "http://127.0.0.1:4566"
    assert client.meta.region_name == "us-east-1"
