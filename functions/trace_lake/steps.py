"""The steps of a development: store the negative, print it, throw the negative away."""

from pattern_runtime import (
    Event,
    JsonObject,
    Results,
    aws,
    delete_object,
    each_step,
    put_object,
    required,
)

BUCKET_NAME = required("ALBUM_BUCKET_NAME")
aws.prepare("s3")


def take_store(event: Event, _results: Results) -> JsonObject:
    """Store what the camera sent."""
    key = f"negatives/{event.id}.json"
    put_object(BUCKET_NAME, key, event.data_text.encode(), event)
    return {"key": key}


def take_print(event: Event, _results: Results) -> JsonObject:
    """Keep the print."""
    key = f"prints/{event.id}.json"
    put_object(BUCKET_NAME, key, event.data_text.upper().encode(), event)
    return {"key": key}


def take_discard(event: Event, results: Results) -> None:
    """Delete the negative: nobody needs it any more."""
    delete_object(BUCKET_NAME, results["Store"]["key"], event)


store, keep, discard = each_step(take_store), each_step(take_print), each_step(take_discard)
