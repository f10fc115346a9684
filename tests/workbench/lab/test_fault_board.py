"""The board and its lots: what strikes, when, and the same at the same seed."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinagata.lab.faults.board import Board, read_strikes, write_board
from hinagata.lab.faults.handler_faults import part_of
from hinagata.lab.faults.identity import identity_of_event, identity_of_record, identity_of_text
from hinagata.lab.faults.injection import Injection, Kind, Place
from hinagata.lab.faults.lots import lot
from hinagata.scenario.fault import Inject

F = Place(kind=Kind.FUNCTION, name="f")


def injection(**changed: Any) -> Injection:
    """Return a fault that is on."""
    now = time.time()
    fields: dict[str, Any] = {
        "number": 0,
        "inject": Inject.RAISE,
        "place": F,
        "begin": now - 1,
        "end": now + 60,
        "seed": "7",
    }
    return Injection(**{**fields, **changed})


def board(folder: Path, *injections: Injection) -> Board:
    """Return a board with these faults."""
    write_board(folder / "faults.json", injections)
    return Board(folder / "faults.json")


@given(seed=st.text(max_size=8), identity=st.text(max_size=40))
def test_a_lot_depends_on_its_arguments_alone(seed: str, identity: str) -> None:
    """And lies between nothing and all."""
    assert lot(seed, identity) == lot(seed, identity)
    assert 0 <= lot(seed, identity) < 1


def test_lots_strike_the_share_that_they_should() -> None:
    """Of ten thousand, a tenth within four standard deviations."""
    struck = sum(lot("7", f"m{number}") < 0.1 for number in range(10_000))

    assert abs(struck - 1000) < 4 * (10_000 * 0.1 * 0.9) ** 0.5


@pytest.mark.parametrize(
    ("begin", "end", "on"),
    [(-1, 60, True), (1, 60, False), (-2, -1, False), (-1, None, True), (1, None, False)],
)
def test_a_fault_is_on_from_its_beginning_to_its_end(
    tmp_path: Path, begin: float, end: float | None, on: bool
) -> None:
    """And one that strikes once has no end."""
    now = time.time()
    fault = injection(begin=now + begin, end=None if end is None else now + end)

    assert bool(board(tmp_path, fault).on(Kind.FUNCTION, "f", Inject.RAISE)) is on


@pytest.mark.parametrize(
    ("kind", "name", "inject"),
    [
        (Kind.FUNCTION, "g", Inject.RAISE),
        (Kind.QUEUE, "f", Inject.RAISE),
        (Kind.FUNCTION, "f", Inject.CRASH),
    ],
)
def test_a_fault_strikes_nothing_else(
    tmp_path: Path, kind: Kind, name: str, inject: Inject
) -> None:
    """Nothing of another kind, of another name, in another way."""
    assert board(tmp_path, injection()).draw(kind, name, inject) is None


def test_without_a_board_nothing_strikes(tmp_path: Path) -> None:
    """Until the first message is sent there is none."""
    assert Board(tmp_path / "faults.json").draw(Kind.FUNCTION, "f", Inject.RAISE) is None


def test_a_new_board_is_seen(tmp_path: Path) -> None:
    """By whoever has read the old one."""
    running = board(tmp_path)
    assert running.draw(Kind.FUNCTION, "f", Inject.RAISE) is None
    write_board(tmp_path / "faults.json", [injection()])

    assert running.draw(Kind.FUNCTION, "f", Inject.RAISE) is not None


def test_a_fault_without_an_end_strikes_once(tmp_path: Path) -> None:
    """A task is killed, and its successor is not."""
    running = board(tmp_path, injection(inject=Inject.KILL_TASK, end=None))
    drawn = [running.draw(Kind.FUNCTION, "f", Inject.KILL_TASK) for _ in range(3)]

    assert [each is not None for each in drawn] == [True, False, False]


def test_a_message_is_struck_at_every_try(tmp_path: Path) -> None:
    """Whatever happens between."""
    running = board(tmp_path, injection(inject=Inject.POISON, rate=0.5))
    names = [f"m{number}" for number in range(50)]
    first = [running.chosen(Kind.FUNCTION, "f", each, Inject.POISON) for each in names]
    second = [running.chosen(Kind.FUNCTION, "f", each, Inject.POISON) for each in reversed(names)]

    assert first == second[::-1]
    assert 10 < sum(each is not None for each in first) < 40


def test_what_struck_is_written_down(tmp_path: Path) -> None:
    """For the one who put the board up."""
    fault = injection(number=3)
    board(tmp_path, fault).struck(fault, "m1", "m2")
    strikes = list(read_strikes(tmp_path / "faults.json"))

    assert [(strike.number, strike.messages) for strike in strikes] == [(3, ("m1", "m2"))]
    assert abs(strikes[0].at - time.time()) < 5


def test_an_injection_survives_the_board(tmp_path: Path) -> None:
    """With all that it has."""
    fault = injection(inject=Inject.SLOW, delay_seconds=0.5, rate=0.25)

    assert board(tmp_path, fault).on(Kind.FUNCTION, "f", Inject.SLOW) == [fault]


ENVELOPE = '{"specversion": "1.0", "id": "m1"}'


@pytest.mark.parametrize(
    "text",
    [
        ENVELOPE,
        '{"Type": "Notification", "Message": "{\\"specversion\\": \\"1.0\\", \\"id\\": \\"m1\\"}"}',
        '{"id": "of-the-bus", "detail": {"specversion": "1.0", "id": "m1"}}',
    ],
)
def test_a_message_is_known_by_its_envelope(text: str) -> None:
    """Bare, in a notification, or in an event of a bus."""
    assert identity_of_text(text) == "m1"
    assert identity_of_record({"eventSource": "aws:sqs", "body": text, "messageId": "q1"}) == "m1"


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"id": "x"}'])
def test_a_message_without_an_envelope_goes_by_the_name_of_its_service(text: str) -> None:
    """Which stays the same at each try."""
    assert identity_of_record({"eventSource": "aws:sqs", "body": text, "messageId": "q1"}) == "q1"


@pytest.mark.parametrize(
    ("event", "identity"),
    [
        *((nothing, "") for nothing in (None, 7, "text", [], {}, {"a": {"b": 1}})),
        ({"id": "x"}, "x"),
        ({"headers": {"Idempotency-Key": "m1"}, "requestContext": {"requestId": "other"}}, "m1"),
        ({"headers": None}, ""),
        ({"detail": {"specversion": "1.0", "id": "m1"}, "id": "of-the-bus"}, "m1"),
    ],
)
def test_an_event_that_comes_alone_has_an_identity_if_it_tells_one(
    event: object, identity: str
) -> None:
    """A workflow may pass anything on; a request is known by the header that its sender keeps."""
    assert identity_of_event(event) == identity


@pytest.mark.parametrize(("chance", "done"), [(0.0, 0), (0.34, 1), (0.67, 2), (0.999, 3)])
def test_a_failing_handler_has_done_a_part_of_its_batch(chance: float, done: int) -> None:
    """From nothing to all of it."""
    batch = {"Records": [{"eventSource": "aws:sqs", "messageId": f"{n}"} for n in range(3)]}
    part = part_of(batch, chance)

    assert (0 if part is None else len(part["Records"])) == done


@pytest.mark.parametrize(("chance", "done"), [(0.49, None), (0.5, {"id": "x"})])
def test_a_failing_handler_has_done_its_event_or_not(chance: float, done: object) -> None:
    """What is no batch has no parts."""
    assert part_of({"id": "x"}, chance) == done
