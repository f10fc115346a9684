"""What watches, encrypts and identifies: CloudWatch, X-Ray, KMS, Secrets Manager, Cognito."""

from __future__ import annotations

from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import choice, count, number
from hinagata.planner.pricing.service import Service


def _cloudwatch(c: Charges) -> None:
    lines = c.gb("log_events", "log_event_kb", "price.kb_per_gb")
    c.add(
        "Logs",
        lines + c.number("logs_gb"),
        "price.logs_ingest_gb",
        free=("logs", "price.free_logs_gb"),
    )
    c.add("Logs, infrequent access", c.number("infrequent_logs_gb"), "price.logs_ingest_ia_gb")
    c.add("Logs kept", c.number("stored_logs_gb"), "price.logs_storage_gb_mo", at_rest=True)
    c.add("Logs queried", c.number("queried_gb"), "price.insights_gb")
    c.add(
        "Metrics",
        c.number("metrics"),
        "price.metric_mo",
        at_rest=True,
        free=("metrics", "price.free_metrics"),
    )
    c.add("PutMetricData", c.number("put_metric_data"), "price.putmetricdata_1k")
    c.add(
        "Alarms",
        c.number("alarms"),
        "price.alarm_mo",
        at_rest=True,
        free=("alarms", "price.free_alarms"),
    )
    c.add(
        "Alarms, high resolution", c.number("fast_alarms"), "price.alarm_highres_mo", at_rest=True
    )
    c.add(
        "Alarms, composite", c.number("composite_alarms"), "price.alarm_composite_mo", at_rest=True
    )
    c.add(
        "Dashboards",
        c.number("dashboards"),
        "price.dashboard_mo",
        at_rest=True,
        free=("dashboards", "price.free_dashboards"),
    )


CLOUDWATCH = Service(
    name="cloudwatch",
    title="CloudWatch",
    facts_of="cloudwatch",
    fields=(
        number("logs_gb", "logs written"),
        count("log_events", "or: log events written"),
        number("log_event_kb", "and their size"),
        number("infrequent_logs_gb", "logs written to infrequent access"),
        number("stored_logs_gb", "logs kept, compressed"),
        number("queried_gb", "logs scanned by Insights"),
        number("metrics", "metrics of your own"),
        count("put_metric_data", "PutMetricData requests"),
        number("alarms", "metrics that alarms watch; of an anomaly alarm, three"),
        number("fast_alarms", "the same, at less than a minute's resolution"),
        number("composite_alarms", "composite alarms"),
        number("dashboards", "dashboards"),
    ),
    free=("logs", "metrics", "alarms", "dashboards"),
    charge=_cloudwatch,
)


def _xray(c: Charges) -> None:
    c.add(
        "Traces recorded",
        c.number("traces"),
        "price.trace_recorded",
        free=("traces", "price.free_recorded"),
    )
    c.add(
        "Traces retrieved",
        c.number("retrieved"),
        "price.trace_retrieved",
        free=("retrieved", "price.free_retrieved"),
    )


XRAY = Service(
    name="xray",
    title="X-Ray",
    facts_of="xray",
    fields=(
        count("traces", "traces recorded, after sampling"),
        count("retrieved", "traces retrieved or scanned"),
    ),
    free=("traces", "retrieved"),
    charge=_xray,
)


def _kms(c: Charges) -> None:
    c.add("Keys", c.number("keys"), "price.key_mo", at_rest=True)
    c.add(
        "Requests",
        c.number("requests"),
        "price.request_10k",
        free=("requests", "price.free_requests"),
    )
    c.add("Requests, asymmetric", c.number("asymmetric_requests"), "price.asymmetric_request_10k")


KMS = Service(
    name="kms",
    title="KMS",
    facts_of="kms",
    fields=(
        number("keys", "keys of your own; those of AWS cost nothing", default=1),
        count("requests", "requests with symmetric keys"),
        count("asymmetric_requests", "requests with asymmetric keys other than RSA 2048"),
    ),
    free=("requests",),
    charge=_kms,
)


def _secrets(c: Charges) -> None:
    c.add("Secrets", c.number("secrets"), "price.secret_mo", at_rest=True)
    c.add("Requests", c.number("requests"), "price.api_10k")


SECRETS = Service(
    name="secrets_manager",
    title="Secrets Manager",
    facts_of="secretsmanager",
    fields=(
        number("secrets", "secrets", default=1),
        count("requests", "requests"),
    ),
    charge=_secrets,
)


def _cognito(c: Charges) -> None:
    plan = c.text("plan")
    free = None if plan == "plus" else ("users", f"price.free_{plan}")
    c.add("Active users", c.number("users"), f"price.{plan}_mau", free=free)
    c.add(
        "Federated users",
        c.number("federated_users"),
        "price.federated_mau",
        free=("federated", "price.free_federated"),
    )


COGNITO = Service(
    name="cognito",
    title="Cognito",
    facts_of="cognito",
    fields=(
        choice("plan", "of the user pool", "essentials", "lite", "plus"),
        number("users", "users active in the month"),
        number("federated_users", "users by SAML or OIDC, which are billed apart"),
    ),
    free=("users", "federated"),
    charge=_cognito,
)

SERVICES = (CLOUDWATCH, XRAY, KMS, SECRETS, COGNITO)
