"""Lambda, Lambda@Edge and Fargate."""

from __future__ import annotations

from hinagata.planner.billed_units import whole_units
from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, flag, number
from hinagata.planner.pricing.service import Service


def _lambda(c: Charges) -> None:
    mb_per_gb = c.fact("price.mb_per_gb")
    step = c.fact("price.duration_step")
    gb = c.number("memory_mb") / mb_per_gb
    arm = c.text("architecture") == "arm"
    requests = c.number("requests")
    seconds = (whole_units(c.number("duration_ms"), step) if requests else 0) * step / 1000
    warmed = c.number("provisioned_concurrency")
    on_warmed = c.number_or("provisioned_requests", requests) if warmed else 0.0
    if on_warmed > requests:
        c.fail("provisioned_requests", expected=f"at most the requests, {requests:,.0f}")
    starts = c.number("cold_starts") * c.number("init_ms") / 1000

    c.add("Requests", requests, "price.request", free=("requests", "price.free_requests"))
    for rule in ("price.mb_per_gb", "price.duration_step"):
        c.fact(rule)
    c.add(
        "Duration, arm" if arm else "Duration, x86",
        ((requests - on_warmed) * seconds + starts) * gb,
        f"price.gb_s.{'arm' if arm else 'x86'}",
        free=("duration", "price.free_gb_s"),
    )
    suffix = ".arm" if arm else ""
    if warmed:
        step_s = c.fact("price.provisioned_step")
        warm_s = whole_units(c.number_or("provisioned_hours", c.hours) * 3600, step_s) * step_s
        c.add(
            "Provisioned concurrency",
            warmed * warm_s * gb,
            f"price.provisioned_gb_s{suffix}",
            at_rest=True,
        )
        c.add(
            "Duration, provisioned",
            on_warmed * seconds * gb,
            f"price.provisioned_duration_gb_s{suffix}",
        )
    extra_mb = c.number("ephemeral_storage_mb") - c.fact("price.free_ephemeral")
    c.add(
        "Ephemeral storage",
        max(0.0, extra_mb) / mb_per_gb * (requests * seconds + starts),
        "price.ephemeral_gb_s",
    )
    extra_mb = c.number("streamed_response_mb") - c.fact("price.response_stream_included")
    c.add(
        "Response streaming",
        max(0.0, extra_mb) * c.number("streamed_responses") / mb_per_gb,
        "price.response_stream_gb",
        free=("streaming", "price.free_response_stream_gb"),
    )
    for source in ("sqs", "kafka"):
        c.add(
            f"Event pollers, {source}",
            c.number(f"{source}_poller_hours"),
            f"price.esm_epu_hour_{source}",
            at_rest=True,
        )
    c.add(
        "SnapStart, kept",
        c.number("snapstart_versions") * gb * c.hours * 3600,
        "price.snapstart_cache_gb_s",
        at_rest=True,
    )
    c.add("SnapStart, restored", c.number("snapstart_restores") * gb, "price.snapstart_restore_gb")


LAMBDA = Service(
    name="lambda",
    title="Lambda",
    facts_of="lambda",
    fields=(
        count("requests", "invocations, retries included"),
        number("duration_ms", "mean billed duration of one"),
        number("memory_mb", "memory", default=128),
        choice("architecture", "of the processor", "x86", "arm"),
        count("cold_starts", "environments started"),
        number("init_ms", "mean duration of a start, which is billed"),
        number("ephemeral_storage_mb", "size of /tmp", default=512),
        number("provisioned_concurrency", "environments kept warm"),
        number("provisioned_hours", "hours that they are kept; default: the month", default=None),
        count("provisioned_requests", "requests that run on them; default: all"),
        count("streamed_responses", "streamed responses"),
        number("streamed_response_mb", "size of one"),
        number("sqs_poller_hours", "event poller unit hours of SQS mappings"),
        number("kafka_poller_hours", "event poller unit hours of Kafka mappings"),
        number("snapstart_versions", "published versions with SnapStart"),
        count("snapstart_restores", "environments restored"),
    ),
    free=("requests", "duration", "streaming"),
    charge=_lambda,
)


def _lambda_edge(c: Charges) -> None:
    c.add("Requests", c.number("requests"), "price.request")
    c.add(
        "Duration",
        c.number("requests") * c.number("duration_ms") / 1000 * c.number("memory_mb") / 128,
        "price.128mb_s",
    )


LAMBDA_EDGE = Service(
    name="lambda_edge",
    title="Lambda@Edge",
    facts_of="lambda_edge",
    fields=(
        count("requests", "invocations"),
        number("duration_ms", "mean duration of one"),
        number("memory_mb", "memory", default=128),
    ),
    charge=_lambda_edge,
)


def _fargate(c: Charges) -> None:
    windows = c.text("system") == "windows"
    if windows and c.text("architecture") == "arm":
        c.fail("system", expected="linux: Windows runs on x86 alone")
    kind = "windows" if windows else c.text("architecture")
    spot = ".spot" if c.number("spot") else ""
    always = c.number("tasks") * c.number_or("hours", c.hours)
    least = c.fact("price.minimum_s.windows" if windows else "price.minimum_s")
    jobs = c.number("runs") * max(least, c.number("run_seconds")) / 3600
    extra_gb = max(0.0, c.number("ephemeral_gb") - c.fact("price.free_ephemeral_gb"))
    # Tasks that always run are paid without traffic; those that run for a job are not.
    for of_what, hours, rest in (("", always, True), (" of jobs", jobs, False)):
        for item, size, key in (
            ("vCPU", c.number("vcpu"), f"price.vcpu_h.{kind}{spot}"),
            ("Memory", c.number("memory_gb"), f"price.gb_h.{kind}{spot}"),
            ("Windows licence", c.number("vcpu") * windows, "price.windows_licence_vcpu_h"),
            ("Ephemeral storage", extra_gb, "price.ephemeral_gb_h"),
        ):
            c.add(item + of_what, hours * size, key, at_rest=rest)


FARGATE = Service(
    name="fargate",
    title="Fargate",
    facts_of="fargate",
    fields=(
        number("vcpu", "vCPU of a task", required=True),
        number("memory_gb", "memory of a task", required=True),
        number("tasks", "tasks that run at a time, on average"),
        number("hours", "hours that they run; default: the month", default=None),
        count("runs", "tasks started for one job each"),
        number("run_seconds", "mean duration of one of these"),
        number("ephemeral_gb", "disk of a task", default=20),
        choice("architecture", "of the processor", "x86", "arm"),
        choice("system", "operating system", "linux", "windows"),
        flag("spot", "on spare capacity, which AWS may take back"),
    ),
    charge=_fargate,
)

SERVICES = (LAMBDA, LAMBDA_EDGE, FARGATE)
