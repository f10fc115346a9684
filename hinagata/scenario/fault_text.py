"""A fault that is given beside a scenario, written as one in it."""

from __future__ import annotations

from pathlib import Path

from hinagata.scenario.document import parse_document
from hinagata.scenario.fault import Fault
from hinagata.scenario.file_format import FAULT


def read_fault(text: str, *, until_s: float) -> Fault:
    """Return the fault of a text, as `inject: slow, on: PartnerFeed, at: 8h, ...`.

    Args:
        text: the fields of a fault as a scenario has them, with or without braces around them.
        until_s: when the scenario ends, in seconds.

    Raises:
        ScenarioError: it is no fault; the message says where and what is expected.
    """
    fields = text if text.lstrip().startswith("{") else f"{{{text}}}"
    document = parse_document(fields, file=Path("--fault"), project=Path())
    fault = FAULT.read(document)
    if fault.at_seconds >= until_s:
        document.at("at").fail(expected="a time before the scenario ends, its `duration`")
    return fault
