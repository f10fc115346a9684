"""FM210: two consumers on one queue."""

from __future__ import annotations

from typing import Any

from hinagata.checks.failure_modes.fm210_shared_queue import shared_queue
from tests.workbench.checks import template as t
from tests.workbench.checks.template import arn, finding, mapping, ref, resource, said


def shared(second: Any = None, **second_mapping: Any) -> dict[str, Any]:
    """A queue with two mappings, the second one to another function if none is given."""
    return t.template(
        Orders=resource("SQS::Queue"),
        Mail=t.function(),
        Stock=t.function(),
        ToMail=mapping(arn("Orders"), arn("Mail")),
        ToStock=mapping(arn("Orders"), second or arn("Stock"), **second_mapping),
    )


FOUND = shared()
CLEAN = shared(arn("Mail"))
UNKNOWN = shared(Enabled=t.UNKNOWN)


def test_finds_two_functions_on_one_queue() -> None:
    """Two functions that take each other's messages are found at the queue."""
    found = finding(shared_queue, FOUND)

    assert found.node.name == "Orders"
    assert [each.name for each in found.related] == ["Mail", "Stock"]


def test_is_content_with_two_mappings_of_one_function() -> None:
    """The same function is one consumer."""
    assert said(shared_queue, CLEAN) == []


def test_is_content_with_an_alias_of_the_same_function() -> None:
    """So is its alias."""
    aliased = shared(ref("Live"))
    aliased["Resources"] |= {
        "Live": resource(
            "Lambda::Alias", FunctionName=ref("Mail"), FunctionVersion="1", Name="live"
        )
    }

    assert said(shared_queue, aliased) == []


def test_leaves_out_a_disabled_mapping() -> None:
    """A consumer may be replaced in steps."""
    assert said(shared_queue, shared(Enabled=False)) == []


def test_says_nothing_of_a_mapping_that_may_be_disabled() -> None:
    """Whether it polls is known only after the deployment."""
    (left,) = t.unresolved(shared_queue, UNKNOWN)

    assert left.node.name == "ToStock"


def test_says_nothing_of_a_mapping_that_a_condition_decides_on() -> None:
    """One of two, as a parameter says, may be meant."""
    either = shared()
    either["Parameters"] = {"Old": {"Type": "String"}}
    either["Conditions"] = {"Old": {"Fn::Equals": [ref("Old"), "yes"]}}
    either["Resources"]["ToStock"]["Condition"] = "Old"

    assert t.unresolved(shared_queue, either)


def test_leaves_out_two_consumers_of_a_stream() -> None:
    """A stream hands every record to each of its consumers."""
    stream = shared()
    stream["Resources"]["Orders"] = resource("Kinesis::Stream", ShardCount=1)

    assert said(shared_queue, stream) == []
