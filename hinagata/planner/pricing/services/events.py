"""Events and workflows: EventBridge, its pipes and scheduler, Step Functions, IoT Core."""

from __future__ import annotations

from hinagata.planner.billed_units import whole_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, number
from hinagata.planner.pricing.service import Service


def _eventbridge(c: Charges) -> None:
    def pieces() -> float:
        return whole_units(c.number("event_kb"), c.fact("price.chunk"))

    for item, field, key in (
        ("Custom events", "custom_events", "price.custom_event"),
        ("Partner events", "partner_events", "price.partner_event"),
        ("Cross-account events", "cross_account_events", "price.cross_account"),
    ):
        c.add(item, c.number(field) * pieces(), key)
    c.add("API destinations", c.number("api_destination_calls"), "price.api_destination")
    c.add("Archived", c.number("archived_gb"), "price.archive_processing_gb")
    c.add("Archive kept", c.number("archive_gb"), "price.archive_storage_gb_mo", at_rest=True)
    c.add("Schema discovery", c.number("discovered_events"), "price.discovery_event")


EVENTBRIDGE = Service(
    name="eventbridge",
    title="EventBridge",
    facts_of="eventbridge",
    fields=(
        count("custom_events", "events put on buses; those of AWS itself cost nothing"),
        count("partner_events", "events of partners"),
        count("cross_account_events", "events sent to another account's bus"),
        number("event_kb", "size of one; billed in chunks"),
        count("api_destination_calls", "calls of API destinations"),
        number("archived_gb", "data archived"),
        number("archive_gb", "data that the archive holds"),
        count("discovered_events", "events seen by schema discovery"),
    ),
    charge=_eventbridge,
)


def _pipes(c: Charges) -> None:
    size = whole_units(c.number("request_kb"), c.fact("price.chunk"))
    c.add("Requests", c.number("requests") * size, "price.request")


PIPES = Service(
    name="eventbridge_pipes",
    title="EventBridge Pipes",
    facts_of="eventbridge_pipes",
    fields=(
        count("requests", "batches that pass the filter"),
        number("request_kb", "size of one; billed in chunks"),
    ),
    charge=_pipes,
)


def _scheduler(c: Charges) -> None:
    c.add(
        "Invocations",
        c.number("invocations"),
        "price.scheduler",
        free=("invocations", "price.free_scheduler"),
    )


SCHEDULER = Service(
    name="eventbridge_scheduler",
    title="EventBridge Scheduler",
    facts_of="eventbridge",
    fields=(count("invocations", "targets called"),),
    free=("invocations",),
    charge=_scheduler,
)


def _step_functions(c: Charges) -> None:
    executions = c.number("executions")
    if c.text("type") == "standard":
        c.add(
            "Transitions",
            c.number("transitions") + executions * c.number("transitions_each"),
            "price.transition",
            free=("transitions", "price.free_transitions"),
        )
        return
    c.add("Executions", executions, "price.express_request")
    step_ms, step_mb = c.fact("price.express_duration_step"), c.fact("price.express_memory_step")
    seconds = whole_units(c.number("duration_ms"), step_ms) * step_ms / 1000
    gb = whole_units(c.number("memory_mb"), step_mb) * step_mb / c.fact("price.mb_per_gb")
    c.add("Duration", executions * seconds * gb, "price.express_gb_s")


STEP_FUNCTIONS = Service(
    name="step_functions",
    title="Step Functions",
    facts_of="stepfunctions",
    fields=(
        choice("type", "of the workflow", "standard", "express"),
        count("executions", "executions"),
        number("transitions_each", "state transitions of one, retries included (standard)"),
        count("transitions", "or: all transitions (standard)"),
        number("duration_ms", "mean duration; billed in steps (express)"),
        number("memory_mb", "memory used; billed in steps (express)"),
    ),
    free=("transitions",),
    charge=_step_functions,
)


def _iot(c: Charges) -> None:
    minutes = c.number("connected_devices") * c.hours * 60 + c.number("connection_minutes")
    c.add("Connections", minutes, "price.connection_min")
    size = whole_units(c.number("message_kb"), c.fact("price.message_chunk"))
    c.add("Messages", c.number("messages") * size, "price.message")
    c.add("Rules", c.number("rules_triggered"), "price.rule")
    c.add("Rule actions", c.number("rule_actions"), "price.rule_action")
    c.add("Shadows", c.number("shadow_operations"), "price.shadow")


IOT = Service(
    name="iot",
    title="IoT Core",
    facts_of="iot",
    fields=(
        number("connected_devices", "devices connected at a time, on average"),
        count("connection_minutes", "minutes of connection, if you know them"),
        count("messages", "messages, to and from devices"),
        number("message_kb", "size of one; billed in chunks"),
        count("rules_triggered", "rules triggered"),
        count("rule_actions", "actions of rules executed"),
        count("shadow_operations", "shadow and registry operations"),
    ),
    charge=_iot,
)

SERVICES = (EVENTBRIDGE, PIPES, SCHEDULER, STEP_FUNCTIONS, IOT)
