"""Starts the fulfilment of each order that was placed."""

from pattern_runtime import Event, each_event, required, start_workflow

FULFILMENT_STATE_MACHINE_ARN = required("FULFILMENT_STATE_MACHINE_ARN")


def begin(event: Event) -> None:
    """Start one execution for each order, however often the order is delivered."""
    start_workflow(FULFILMENT_STATE_MACHINE_ARN, event)


handler = each_event(begin)
