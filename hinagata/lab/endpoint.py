"""An AWS endpoint to run against: the embedded emulator, another emulator, or AWS itself."""

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from hinagata.errors import HinagataError, UsageError

# An emulator's administrator: the embedded one takes this key for the account's root.
EMULATOR_KEY = "test"
DEFAULT_REGION = "us-east-1"

# A session variable is: name in the config file, environment variable, default, conversion.
_NO_PROFILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class EndpointError(HinagataError):
    """The endpoint has no such API, load balancer or credentials."""


class Endpoint:
    """Clients for an endpoint, and the URLs by which its APIs and load balancers can be called.

    Args:
        url: of the endpoint; None for AWS, with the credentials and region of the environment.
        region: None for `us-east-1` on an emulator, for the environment's on AWS.
        access_key: None for an emulator's administrator, or the environment's credentials on AWS.
        secret_key: of the access key.
        session_token: of temporary credentials.
        embedded: whether it is the emulator that this package starts.

    Example:
        >>> Endpoint("http://127.0.0.1:4566").url_of_api("a1b2c3d4", "prod")
        'http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod'
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        region: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        session_token: str | None = None,
        embedded: bool = False,
    ) -> None:
        self.url = url.rstrip("/") if url else None
        self.embedded = embedded
        if self.url and access_key is None:
            access_key = secret_key = EMULATOR_KEY
        # On an emulator nothing of the user's profiles counts, not even their being well-formed.
        own = botocore.session.Session(_NO_PROFILES if self.url else None)
        self._session = boto3.session.Session(
            botocore_session=own,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            # boto3 reads AWS_DEFAULT_REGION alone; the other SDKs, and Lambda, say AWS_REGION.
            region_name=region or (DEFAULT_REGION if self.url else os.environ.get("AWS_REGION")),
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # a session makes one client at a time

    @property
    def region(self) -> str:
        """The region of all clients."""
        region = self._session.region_name
        if region is None:
            raise EndpointError("no region is set: set AWS_REGION, or name one")
        return region

    @property
    def is_aws(self) -> bool:
        """Whether this is AWS itself and no emulator."""
        return self.url is None

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service; the same one every time."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(  # type: ignore[call-overload]
                    service, endpoint_url=self.url, config=self._config()
                )
            return self._clients[service]

    def _config(self) -> Config:
        if self.is_aws:
            return Config(retries={"mode": "standard"})
        return Config(
            retries={"mode": "standard"},
            max_pool_connections=50,
            proxies={},  # the user's proxy knows nothing of this machine's ports
            s3={"addressing_style": "path"},  # a bucket's name does not resolve as a host
        )

    def url_of_api(self, api_id: str, stage: str) -> str:
        """Return the URL of a stage of a REST or HTTP API, without a slash at its end.

        Args:
            api_id: the physical id of the `AWS::ApiGateway::RestApi` or `AWS::ApiGatewayV2::Api`.
            stage: its name; `$default` is an HTTP API's stage without a path.
        """
        if self.url:
            return f"{self.url}/_aws/execute-api/{api_id}/{stage}"
        host = f"https://{api_id}.execute-api.{self.region}.amazonaws.com"
        return host if stage == "$default" else f"{host}/{stage}"

    def url_of_load_balancer(self, arn_or_name: str) -> str:
        """Return the URL of a load balancer's first listener, without a slash at its end."""
        load_balancers = self.client("elbv2")
        key = "LoadBalancerArns" if arn_or_name.startswith("arn:") else "Names"
        try:
            found = load_balancers.describe_load_balancers(**{key: [arn_or_name]})["LoadBalancers"]
        except load_balancers.exceptions.LoadBalancerNotFoundException:
            found = []
        if not found:
            raise EndpointError(f"there is no load balancer {arn_or_name} on this endpoint")
        name = found[0]["DNSName"]
        if not self.is_aws:
            return f"http://{name}"
        listener = load_balancers.describe_listeners(
            LoadBalancerArn=found[0]["LoadBalancerArn"], PageSize=1
        )["Listeners"][0]
        return f"{listener['Protocol'].lower()}://{name}:{listener['Port']}"

    def must_be_aws(self) -> None:
        """Refuse an endpoint that does not answer as AWS does.

        Raises:
            UsageError: nobody is there, or somebody else.
        """
        try:
            self.client("sts").get_caller_identity()
        except Exception as error:  # noqa: BLE001 - botocore raises whatever its parser trips over
            raise UsageError(
                f"{self.url} does not answer as AWS does ({type(error).__name__}); "
                "expected the URL of an AWS-compatible endpoint"
            ) from None

    def sign(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes = b""
    ) -> dict[str, str]:
        """Return the headers of a request to an IAM-authorized API, signed by this caller.

        Args:
            method: of the request.
            url: with its query string, exactly as it will be sent.
            headers: that are sent; these are signed, and returned with the signature.
            body: exactly as it will be sent.
        """
        credentials = self._session.get_credentials()
        if credentials is None:
            raise EndpointError("no AWS credentials were found to sign the request with")
        request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", self.region).add_auth(
            request
        )
        return dict(request.headers.items())
