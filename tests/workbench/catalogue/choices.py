"""What somebody may need, and the patterns that give all of it."""

CHOICES = [
    (["order", "replay"], ["event_stream"]),
    (["replay", "strangers"], ["event_bus"]),
    (["answer", "rest"], ["reactive_api"]),
    (["answer", "steep"], ["proactive_service"]),
    (["burst", "several"], ["fan_out", "event_stream"]),
    (["burst", "one"], ["point_to_point_queue", "lambda_worker"]),
    (["outage"], ["circuit_breaker"]),
    (["undo"], ["durable_workflow"]),
    (["newest", "thousands"], ["telemetry_store"]),
    (["phones"], ["push_gateway"]),
    (["later"], ["log_lake"]),
    (["phones", "order"], []),
]
