"""Retires tokens: SNS tells of endpoints that it has disabled, or could not deliver to."""

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from pattern_runtime import aws
from pattern_runtime.environment import required
from pattern_runtime.push import Endpoint, TokenBook

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger()


def handler(payload: dict[str, Any], context: "LambdaContext") -> None:  # noqa: ARG001 - Lambda's
    """Retire the token of each endpoint that an application's events tell of, if it is disabled.

    It asks SNS: an event may be old, and its endpoint in use again by now.
    """
    book = TokenBook(required("TOKENS_TABLE_NAME"))
    for record in payload["Records"]:
        told = json.loads(record["Sns"]["Message"])
        endpoint = told.get("EndpointArn")
        if not endpoint:
            continue
        logger.info("told of an endpoint", extra={"event": told})
        try:
            found = aws.client("sns").get_endpoint_attributes(EndpointArn=endpoint)["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFound":
                raise
            continue
        if found["Enabled"] == "false":
            book.keep(found["Token"], Endpoint(arn=endpoint, retired=True))
