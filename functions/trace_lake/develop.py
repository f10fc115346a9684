"""Start: the development of each photo, once."""

from pattern_runtime import aws, each_event, required, start_workflow
from pattern_runtime.events import Event

STATE_MACHINE_ARN = required("DEVELOPMENT_STATE_MACHINE_ARN")
aws.prepare("stepfunctions")


def handle(event: Event) -> None:
    """Start the workflow of a photo."""
    start_workflow(STATE_MACHINE_ARN, event)


handler = each_event(handle)
