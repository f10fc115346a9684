"""The messages that a run sends."""

import json
from collections.abc import Mapping

from hinagata.lab.messages import messages
from hinagata.scenario import ConstantRate, Key, LaptopShare, Request, Source


def source(
    *,
    count: int = 50,
    keys: int = 10,
    body: Mapping[str, object] | None = None,
    name: str = "cars",
) -> Source:
    """Return a source of messages with one key."""
    return Source(
        name=name,
        entry="Gateway",
        request=Request(method="POST", path="/vehicles/{vehicle_id}/telemetry", body=body),
        rate=ConstantRate(per_second=1),
        keys={"vehicle_id": Key(cardinality=1000)},
        reaches=("Gateway",),
        run=LaptopShare(messages=count, per_second=100, keys=keys),
    )


def test_the_same_seed_gives_the_same_messages() -> None:
    """Ids, keys and bodies can be told beforehand."""
    assert list(messages(source(), seed=7)) == list(messages(source(), seed=7))


def test_ids_are_unlike_each_other() -> None:
    """No message shares its id with another one, of another source, seed or run."""
    ids = [
        message.id
        for name in ("cars", "alarms")
        for seed in (7, 8)
        for salt in ("", "second")
        for message in messages(source(name=name), seed=seed, salt=salt)
    ]

    assert len(set(ids)) == len(ids) == 400


def test_another_run_of_a_seed_has_the_same_keys() -> None:
    """The salt changes what a message is called, not what it says."""
    first, second = messages(source(), seed=7), messages(source(), seed=7, salt="second")

    assert [message.path for message in first] == [message.path for message in second]


def test_a_key_takes_as_many_values_as_a_laptop_has() -> None:
    """Five hundred messages of ten vehicles come from all ten, and no other."""
    values = {message.keys["vehicle_id"] for message in messages(source(count=500), seed=7)}

    assert values == {f"vehicle-{number:03}" for number in range(10)}


def test_keys_fill_the_path_and_the_fields_of_their_name() -> None:
    """The path has the value for the name in braces, the body for a field of that name."""
    (message,) = messages(source(count=1, keys=1, body={"vehicle_id": "?", "speed": 4}), seed=7)

    assert message.path == "/vehicles/vehicle-000/telemetry"
    assert json.loads(message.body or b"") == {"vehicle_id": "vehicle-000", "speed": 4}


def test_a_body_gets_no_field_that_it_did_not_have() -> None:
    """What the service does not expect is not sent."""
    (message,) = messages(source(count=1, body={"speed": 4}), seed=7)

    assert json.loads(message.body or b"") == {"speed": 4}


def test_the_first_messages_start_everything_up() -> None:
    """As many as are asked for are marked; nothing else about them differs."""
    marked = list(messages(source(count=4), seed=7, warm_up=2))

    assert [message.warm_up for message in marked] == [True, True, False, False]
    assert [message.id for message in marked] == [
        message.id for message in messages(source(count=4), seed=7)
    ]


def test_a_request_without_a_body_has_none() -> None:
    """A GET stays one."""
    (message,) = messages(source(count=1), seed=7)

    assert message.body is None
