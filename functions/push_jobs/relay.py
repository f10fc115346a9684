"""Relay: takes what the producer has put into the stream, and lets it wait for a sender."""

from pattern_runtime import Event, aws, each_event, required, send_to_queue

QUEUE_URL = required("JOBS_QUEUE_URL")
aws.prepare("sqs")


def handle(event: Event) -> None:
    """Pass a job on as it is: one that is wrong may fail alone, which a stream's cannot."""
    send_to_queue(QUEUE_URL, event)


handler = each_event(handle)
