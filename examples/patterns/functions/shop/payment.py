"""Has an order paid by a provider that is away at times."""

from pattern_runtime import Event, circuit_breaker, each_event

BREAKER = circuit_breaker("BANK")


class BankUnavailableError(Exception):
    """The bank does not answer."""


def charge(event: Event) -> None:
    """Call the bank, unless it is known to be away; raise, and the order waits in its queue."""
    with BREAKER.call(counts=BankUnavailableError):
        _ask_the_bank(event)


def _ask_the_bank(event: Event) -> None:
    """The call of your own bank goes here."""


handler = each_event(charge)
