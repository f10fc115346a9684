"""The air conditioners' handlers: what changed is written, in any layout, and read as a whole."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hvac_platform import ingest as hvac_ingest
from hvac_platform import screen
from pattern_runtime import Event, MalformedEventError, aws
from tests.fakes.aws import FakeAws
from tests.functions.conftest import FakeContext, lambda_event
from tests.functions.hvac_platform.fake_tables import LAYOUTS, FakeTables

START = datetime(2026, 1, 31, 8, tzinfo=UTC)


@pytest.fixture(params=LAYOUTS)
def tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeTables:
    """The tables of each layout, in turn."""
    fake = FakeTables(request.param)
    monkeypatch.setattr(aws, "client", lambda _: fake)
    monkeypatch.setenv("TABLE_LAYOUT", request.param)
    monkeypatch.setattr(screen.aws, "client", lambda _: fake)
    return fake


def report(minute: float = 0, device: str = "d1", building: str = "b1", **items: object) -> Event:
    """A device's report."""
    return Event.new(
        type="device.report",
        source=f"/buildings/{building}/{device}",
        data={"building_id": building, "device_id": device, **items},
        time=START + timedelta(minutes=minute),
    )


def batch(*events: Event) -> dict[str, Any]:
    """A batch of the stream."""
    return {
        "Records": [
            {
                "eventID": f"shard:{number}",
                "eventSource": "aws:kinesis",
                "kinesis": {
                    "sequenceNumber": str(number),
                    "data": base64.b64encode(event.to_json().encode()).decode(),
                },
            }
            for number, event in enumerate(events)
        ]
    }


def ingest(*events: Event) -> dict[str, Any]:
    """Hand a batch to the ingest."""
    return hvac_ingest.handler(batch(*events), FakeContext())


def shown(building: str = "b1") -> dict[str, Any]:
    """What a screen shows: device to data item to value."""
    answer = screen.current(building)["devices"]
    return {
        device: {item: value["value"] for item, value in items.items()}
        for device, items in answer.items()
    }


def test_a_building_shows_what_its_devices_said_last(tables: FakeTables) -> None:
    """Each data item of each device of the building, and of no other."""
    ingest(report(mode="cool", setpoint=24), report(1, "d2", mode="dry"))
    ingest(report(2, setpoint=22.5), report(2, "d1", "b2", mode="heat"))

    assert shown() == {"d1": {"mode": "cool", "setpoint": 22.5}, "d2": {"mode": "dry"}}
    assert shown("b3") == {}


def test_an_unchanged_report_writes_nothing(tables: FakeTables) -> None:
    """However often a device says the same."""
    ingest(report(mode="cool", setpoint=24))
    written = tables.writes

    for minute in range(1, 4):
        assert ingest(report(minute, mode="cool", setpoint=24)) == {"batchItemFailures": []}

    assert written > 0
    assert tables.writes == written


def test_only_what_changed_is_written(tables: FakeTables) -> None:
    """And what is kept says since when it is so."""
    ingest(report(mode="cool", setpoint=24))
    before = tables.writes
    ingest(report(1, mode="cool", setpoint=22))

    devices = screen.current("b1")["devices"]
    assert tables.writes == before + 1
    assert devices["d1"]["mode"]["since"] == "2026-01-31T08:00:00.000000Z"
    assert devices["d1"]["setpoint"]["since"] == "2026-01-31T08:01:00.000000Z"


def test_there_and_back_again_within_a_batch_is_no_change(tables: FakeTables) -> None:
    """Only the end of a batch counts."""
    ingest(report(mode="cool"))
    before = tables.writes
    ingest(report(1, mode="heat"), report(2, mode="cool"))

    assert tables.writes == before


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    said=st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab")), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
def test_the_last_word_of_each_device_stands(
    said: Sequence[tuple[int, str]], cuts: set[int]
) -> None:
    """However the reports are cut into batches, and with every batch delivered twice."""
    for layout in LAYOUTS:
        with _using(layout):
            events = [report(n, f"d{device}", mode=word) for n, (device, word) in enumerate(said)]
            edges = [0, *sorted(cut for cut in cuts if cut < len(events)), len(events)]
            for start, end in pairwise(edges):
                ingest(*events[start:end])
                ingest(*events[start:end])

            assert {device: items["mode"] for device, items in shown().items()} == {
                f"d{device}": word for device, word in said
            }


def _using(layout: str) -> Any:
    patch = pytest.MonkeyPatch()
    fake = FakeTables(layout)
    patch.setattr(aws, "client", lambda _: fake)
    patch.setenv("TABLE_LAYOUT", layout)

    class Using:
        def __enter__(self) -> None:
            """Nothing to do: it is set already."""

        def __exit__(self, *_: object) -> None:
            patch.undo()

    return Using()


def test_a_report_that_comes_late_changes_nothing(tables: FakeTables) -> None:
    """What a device says again after it said something else."""
    ingest(report(1, mode="heat"))
    ingest(report(0, mode="cool"))

    assert shown() == {"d1": {"mode": "heat"}}


def test_more_than_a_call_takes_is_several_calls(tables: FakeTables) -> None:
    """Neither keys nor items nor pages are forgotten."""
    items = {f"item-{number}": number for number in range(300)}
    ingest(report(**items))

    assert shown() == {"d1": items}


def test_one_query_reads_a_building(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the layout that wins; the others ask the register first, then key by key."""
    calls = {}
    for layout in LAYOUTS:
        with _using(layout):
            ingest(*(report(0, f"d{n}", **{f"i{m}": m for m in range(60)}) for n in range(4)))
            fake: Any = aws.client("dynamodb")
            fake.calls.clear()
            shown()
            calls[layout] = list(fake.calls)

    assert calls == {
        "building": ["query"],
        "device": ["query", "batch_get_item"],
        "item": ["query", "batch_get_item", "batch_get_item", "batch_get_item"],
    }


def test_what_a_batch_leaves_is_done_too(tables: FakeTables) -> None:
    """DynamoDB may take a part of a batch only."""
    tables.leaves = 1
    ingest(report(**{f"item-{number}": number for number in range(30)}))
    tables.leaves = 1

    assert len(shown()["d1"]) == 30


def test_the_log_says_what_it_took(tables: FakeTables, caplog: pytest.LogCaptureFixture) -> None:
    """By DynamoDB's own count: `hinagata layouts --measure` reads it."""
    ingest(report(mode="cool"), report(1, mode="cool"))
    shown()
    stored, screen = [vars(line) for line in caplog.records if line.message == "table used"]

    assert (stored["work"], stored["reports"], stored["reported"]) == ("store", 2, 2)
    assert stored["new"] == 1
    assert stored["write_units"] == stored["written"] >= 1
    assert screen["work"] == "screen"
    assert screen["calls"] >= 1
    assert screen["read_units"] > 0


def test_fails_the_batch_if_the_table_does(tables: FakeTables, spans: Any) -> None:
    """All of it comes again, from its first record on, and each event's span says why."""
    tables.down = True

    assert ingest(report(mode="cool"), report(1, mode="heat")) == {
        "batchItemFailures": [{"itemIdentifier": "0"}]
    }
    assert [line["status"] for line in spans()] == ["error", "error"]


@pytest.mark.parametrize(
    "data",
    [
        {"building_id": "b1", "device_id": "d1"},
        {"building_id": "b#1", "device_id": "d1", "mode": "cool"},
        {"device_id": "d1", "mode": "cool"},
        {"building_id": "b1", "device_id": 7, "mode": "cool"},
        {"building_id": "b1", "device_id": "d1", "mo#de": "cool"},
        {"building_id": "b1", "device_id": "d1", **{f"i{n}": n for n in range(1001)}},
    ],
)
def test_fails_at_what_is_no_report(data: dict[str, Any], fake_aws: FakeAws) -> None:
    """What stands before it is stored, and it comes again alone until its retries end."""
    fake = FakeTables("building")
    patch = pytest.MonkeyPatch()
    patch.setattr(aws, "client", lambda _: fake)
    bad = Event.new(type="device.report", source="/x", data=data)
    try:
        answer = ingest(report(mode="cool"), bad, report(1, mode="heat"))
        assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
        assert shown() == {"d1": {"mode": "cool"}}
    finally:
        patch.undo()


def test_a_screen_is_answered(tables: FakeTables) -> None:
    """As the API hands it on, and as a browser reads it."""
    ingest(report(building="building-07", mode="cool"))
    answer = screen.handler(lambda_event("api_gateway_rest", sample="hvac_platform"), FakeContext())

    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert body["building_id"] == "building-07"
    assert body["devices"]["d1"]["mode"]["value"] == "cool"


def test_fails_for_a_building_that_is_none(tables: FakeTables) -> None:
    """With 400, and what is wrong."""
    request = lambda_event("api_gateway_rest", sample="hvac_platform")
    request["pathParameters"] = {"building_id": "a#b"}
    answer = screen.handler(request, FakeContext())

    assert answer["statusCode"] == 400
    assert "building_id has to be" in json.loads(answer["body"])["error"]


def test_fails_to_answer_while_the_table_is_away(tables: FakeTables) -> None:
    """With 503: the screen asks again in a minute anyway."""
    tables.down = True
    answer = screen.handler(lambda_event("api_gateway_rest", sample="hvac_platform"), FakeContext())

    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")


def test_the_documented_report_is_one() -> None:
    """And it fits the size that the shards are counted by."""
    data = lambda_event("report", sample="hvac_platform")
    event = report()
    event = Event.new(type=event.type, source=event.source, data=data)

    assert len(hvac_ingest.read_report(event)) == 5
    assert len(event.to_json()) < 1024
    with pytest.raises(MalformedEventError):
        hvac_ingest.read_report(report())
