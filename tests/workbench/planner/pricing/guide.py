"""The fields of all services as the section of docs/price.md that lists them."""

from __future__ import annotations

from collections.abc import Iterable

from hinagata.planner.pricing.field import Field, Kind
from hinagata.planner.pricing.service import Service


def fields_of(services: Iterable[Service]) -> str:
    """Returns a section of Markdown for each service: its fields, and what is free of it."""
    return "\n".join(_section(service) for service in services)


def _section(service: Service) -> str:
    rows = [
        f"| `{field.name}` | {_kind(field)} | {field.meaning} | {_default(field)} |"
        for field in service.fields
    ]
    free = f"\nFree parts: {', '.join(service.free)}.\n" if service.free else ""
    return (
        f"### `{service.name}`: {service.title}\n\n"
        "| field | what stands there | meaning | default |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + f"\n{free}"
    )


def _kind(field: Field) -> str:
    if field.kind is Kind.CHOICE:
        return " or ".join(f"`{word}`" for word in field.choices)
    return {"count": "a count", "number": "a number", "flag": "`true` or `false`"}[field.kind]


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.default is None:
        return ""
    if field.kind is Kind.FLAG:
        return "false"
    return f"{field.default:g}" if isinstance(field.default, int | float) else str(field.default)
