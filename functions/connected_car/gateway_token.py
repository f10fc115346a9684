"""The secret that the device gateway and those who may command cars share."""

from functools import cache

from pattern_runtime import aws, required

SECRET_ARN = required("GATEWAY_TOKEN_SECRET_ARN")
aws.prepare("secretsmanager")


@cache
def gateway_token() -> str:
    """Return the token; read once in the life of the process."""
    return aws.client("secretsmanager").get_secret_value(SecretId=SECRET_ARN)["SecretString"]
