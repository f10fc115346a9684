"""The steps of an order's fulfilment, each a function of its own."""

from pattern_runtime import Event, JsonObject, Results, each_step


def reserve(event: Event, _results: Results) -> JsonObject:
    """Put the pieces aside."""
    return {"reserved": event.data["pieces"]}


def release(_event: Event, results: Results) -> JsonObject:
    """Put back what `reserve` put aside."""
    return {"released": results["Reserve"]["reserved"]}


def ship(_event: Event, results: Results) -> JsonObject:
    """Send what was put aside."""
    return {"shipped": results["Reserve"]["reserved"]}


reserving = each_step(reserve)
releasing = each_step(release)
shipping = each_step(ship)
