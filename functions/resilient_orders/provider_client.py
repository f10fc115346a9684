"""How the payment provider is called: here a function that stands in for it.

Replace this module by your provider's client; what it has to tell apart is the same: an answer,
yes or no, and no answer.
"""

from pattern_runtime import Event, NoAnswerError, ask, required

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
        return bool(ask(FUNCTION_NAME, event)["accepted"])
    except NoAnswerError as error:
        raise ProviderUnavailableError(str(error)) from error
