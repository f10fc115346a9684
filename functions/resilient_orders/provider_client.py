"""How the payment provider is called: here a function that stands in for it.

Replace this module by your provider's client; what it has to tell apart is the same: an answer,
yes or no, and no answer.
"""

import json

from botocore.exceptions import BotoCoreError, ClientError

from pattern_runtime import Event, aws, required

FUNCTION_NAME = required("PAYMENT_PROVIDER_FUNCTION_NAME")


class ProviderUnavailableError(Exception):
    """The provider did not answer, or could not do its work; it may later."""


def charge(event: Event) -> bool:
    """Charge an order, and return whether the provider took it.

    Args:
        event: The order; its id goes along, so that the provider recognises a repeat.

    Raises:
        ProviderUnavailableError: There was no answer.
    """
    try:
        answer = aws.client("lambda").invoke(
            FunctionName=FUNCTION_NAME, Payload=event.to_json().encode()
        )
    except (BotoCoreError, ClientError) as error:
        raise ProviderUnavailableError(f"no answer: {type(error).__name__}") from error
    said = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise ProviderUnavailableError(f"the provider failed: {said.get('errorType', 'unknown')}")
    return bool(said["accepted"])
