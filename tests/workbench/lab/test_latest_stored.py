"""The newest word about each item: that it is stored, and that a repeat was not written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hinagata.lab.stored import Item, StoredState, judge_latest, read_items
from hinagata.lab.traffic import Sent
from hinagata.scenario import LatestStored, ScenarioError
from tests.workbench.scenario.scenario_text import SCENARIO, read

WANTED = """    - table: State
      latest_of: cars
      where: {vehicle_id: "{vehicle_id}"}
      holds: {v: "7"}
"""
EXPECTATION = LatestStored(
    table="State",
    source="devices",
    where={"device": "{device}", "item": "mode"},
    holds={"value": '"{mode}"'},
    id_attribute="since",
)


def said(number: int, mode: str, *, device: str = "d", accepted: bool = True) -> Sent:
    """A message, ten seconds after the one before."""
    return Sent(
        source="devices",
        id=f"m{number}",
        keys={"device": device, "mode": mode},
        due_at=10.0 * number,
        sent_at=10.0 * number,
        attempts=1,
        status=200,
        accepted_at=10.0 * number if accepted else None,
        failure="",
    )


def kept(mode: str, since: str, *, device: str = "d") -> Item:
    """An item of the table."""
    return {"device": device, "item": "mode", "value": f'"{mode}"', "since": since}


def judged(items: list[Item], *records: Sent) -> StoredState:
    """The verdict, whatever else lies in the table."""
    other = {"device": "x", "item": "fan", "value": "1", "since": "m9"}
    return judge_latest(EXPECTATION, records, [*items, other])


@pytest.mark.parametrize(
    ("modes", "value", "since", "met"),
    [
        ("a", "a", "m0", True),
        ("ab", "b", "m1", True),
        ("ab", "a", "m0", False),
        # Said again twice: whoever wrote it again, has written for nothing.
        ("abbb", "b", "m1", True),
        ("abbb", "b", "m3", False),
        # There and back again is a change, or none if one batch took both.
        ("aba", "a", "m2", True),
        ("aba", "a", "m0", True),
        ("aba", "a", "m1", False),
    ],
)
def test_what_was_said_last_is_kept_since_it_was_said_first(
    modes: str, value: str, since: str, *, met: bool
) -> None:
    """The item holds it, with the id of the message that brought it."""
    records = [said(number, mode) for number, mode in enumerate(modes)]
    state = judged([kept(value, since)], *records)

    assert (state.expected, state.met) == (1, met)
    assert state.stale == (() if met else ("d/mode",))


def test_each_item_is_looked_for() -> None:
    """What is absent is named; a table's other items are nobody's business."""
    state = judged([kept("a", "m0")], said(0, "a"), said(1, "b", device="e"))

    assert state == StoredState(expected=2, absent=("e/mode",))


def test_a_message_that_was_refused_may_have_been_taken() -> None:
    """Its answer may have been lost, so both are right; of one alone nothing is expected."""
    refused = said(1, "b", accepted=False)

    assert judged([kept("a", "m0")], said(0, "a"), refused).met
    assert judged([kept("b", "m1")], said(0, "a"), refused).met
    assert judged([], refused) == StoredState(expected=0, absent=())


def test_a_scenario_says_it(tmp_path: Path) -> None:
    """With a key's value wherever its name stands in braces."""
    scenario = read(tmp_path, SCENARIO.replace("run: {deadline", f"{WANTED}run: {{deadline"))

    wanted = LatestStored(
        table="State", source="cars", where={"vehicle_id": "{vehicle_id}"}, holds={"v": "7"}
    )
    # A run keeps what it saw by expectation.
    assert {scenario.expectations.stored[-1]: "seen"}[wanted] == "seen"


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("latest_of: cars", "latest_of: car", "the name of a source: cars or operators"),
        ("{vehicle_id}", "{vehicle}", "{vehicle}, which is no key"),
        ('holds: {v: "7"}', "holds: {}", "at least one"),
    ],
)
def test_fails_for_a_name_that_is_none(
    tmp_path: Path, right: str, wrong: str, expected: str
) -> None:
    """With its line, and what is meant perhaps."""
    text = SCENARIO.replace("run: {deadline", f"{WANTED.replace(right, wrong)}run: {{deadline")
    with pytest.raises(ScenarioError) as failure:
        read(tmp_path, text)

    assert "expect.stored[2]" in str(failure.value)
    assert expected.split(":", maxsplit=1)[0] in str(failure.value)


class OneTable:
    """Stands in for DynamoDB: a scan of one page."""

    def __init__(self, *items: dict[str, str]) -> None:
        self.items = [{name: {"S": text} for name, text in item.items()} for item in items]
        self.asked: dict[str, str] = {}

    def get_paginator(self, _: str) -> OneTable:
        """Return what pages through the table."""
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        """Return all of it, and keep what was asked for."""
        self.asked = request["ExpressionAttributeNames"]
        return [{"Items": self.items}]


def test_a_name_with_dots_leads_into_the_json_of_an_attribute() -> None:
    """What is no JSON, or has no such field, has no such name."""
    event = {"id": "m1", "data": {"item": "tea", "yen": 1200}}
    table: Any = OneTable(
        {"device": "d", "event": json.dumps(event)}, {"device": "e", "event": "garbage"}
    )
    names = ["device", "event.id", "event.data.item", "event.data.yen", "event.id.more"]

    found = read_items(table, "State", names)

    assert found == [
        {"device": "d", "event.id": "m1", "event.data.item": "tea", "event.data.yen": "1200"},
        {"device": "e"},
    ]
    assert sorted(table.asked.values()) == ["device", "event"]


def test_a_scenario_may_hold_what_is_in_the_json(tmp_path: Path) -> None:
    """By the same name."""
    held = WANTED.replace('{v: "7"}', '{event.data.item: "tea"}')

    scenario = read(tmp_path, SCENARIO.replace("run: {deadline", f"{held}run: {{deadline"))
    expected = scenario.expectations.stored[-1]

    assert isinstance(expected, LatestStored)
    assert expected.holds == {"event.data.item": "tea"}
