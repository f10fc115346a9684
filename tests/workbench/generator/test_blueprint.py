"""A blueprint: what it means, and what is said of one that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hinagata.errors import HinagataError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.rendering import CDK_CLI, blueprint_project
from hinagata.generator.schema import FILE as SCHEMA
from hinagata.generator.schema import schema_text
from hinagata.generator.stack_code import stack_code
from hinagata.scenario.reading import read_scenario

REPOSITORY = Path(__file__).parents[3]
ORDERS = """
components:
  api: {pattern: reactive_api, routes: {"POST /orders": {function: intake, event: order.placed}}}
  orders: point_to_point_queue
  billing: lambda_worker
functions:
  billing: {takes: 500ms}
flows:
  - api -> orders -> billing
"""


def _architecture(text: str) -> Architecture:
    return Architecture(parse_blueprint(text, file=Path("shop.yaml")))


def _refusal(text: str) -> str:
    with pytest.raises(HinagataError) as refusal:
        _architecture(text)
    return str(refusal.value)


def test_the_published_schema_is_that_of_the_reader() -> None:
    """If it is not: hinagata new --schema >hinagata/generator/blueprint.schema.json."""
    assert SCHEMA.read_text() == schema_text()


def test_the_guides_blueprint_is_one() -> None:
    """What docs/blueprint.md shows can be made as it stands."""
    guide = (REPOSITORY / "docs" / "blueprint.md").read_text()
    texts = [block.partition("```")[0] for block in guide.split("```yaml\n")[1:]]

    entries = [[one.name for one in _architecture(text).entries()] for text in texts]
    assert entries == [["shop_api"], ["order_api"]]


def test_the_guides_patterns_are_those_there_are() -> None:
    """A row for each, with every argument."""
    from hinagata.generator.kinds import KINDS

    guide = (REPOSITORY / "docs" / "blueprint.md").read_text()
    rows = [line.split("|") for line in guide.splitlines() if line.startswith("| `")]
    told = {
        row[1].strip(" `"): {word.strip(" `") for word in row[2].split(",")}
        for row in rows
        if row[1].strip(" `") in KINDS
    }

    assert told == {name: set(kind.arguments) for name, kind in KINDS.items()}


def test_the_workflow_diffs_with_the_cli_that_is_pinned() -> None:
    """The CDK's command line that this repository is tested with."""
    package = json.loads((REPOSITORY / "package.json").read_text())

    assert package["devDependencies"]["aws-cdk"] == CDK_CLI


def test_a_message_reaches_all_behind_its_entry() -> None:
    """The scenario waits for each of them."""
    architecture = _architecture(ORDERS)

    (traffic,) = architecture.traffic.values()

    assert [one.name for one in architecture.reaches(traffic)] == ["api", "billing"]
    assert [one.name for one in architecture.last(architecture.reaches(traffic))] == ["billing"]


def test_a_message_reaches_only_who_asked_for_its_type() -> None:
    """A filter of a topic or a bus holds for what is behind it too."""
    text = """
components:
  api: {pattern: reactive_api, routes: {"POST /a": {event: a.done}, "POST /b": {event: b.done}}}
  news: fan_out
  first: point_to_point_queue
  second: point_to_point_queue
  one: lambda_worker
  two: lambda_worker
flows:
  - api -> news
  - {from: news, to: first, types: [a.done]}
  - {from: news, to: second, types: [b.done]}
  - first -> one
  - second -> two
traffic:
  some: {to: api, route: "POST /b", rate: 1/s}
"""
    architecture = _architecture(text)

    reached = architecture.reaches(architecture.traffic["some"])

    assert [each.name for each in reached] == ["api", "two"]


def test_the_sizes_follow_from_the_traffic_and_say_why() -> None:
    """200 a second of half a second each are 100 at a time, twice that with headroom."""
    text = f"{ORDERS}\ntraffic:\n  buyers: {{to: api, rate: 200/s}}\n"

    code = "\n".join(stack_code(_architecture(text), "shop").constructs)

    assert "max_concurrency=200,  # twice 200 a second x 0.5 s" in code
    assert "requests_per_second=400,  # twice 200 a second" in code


def test_what_a_person_says_of_a_size_stands() -> None:
    """The traffic changes only what nobody has said."""
    text = ORDERS.replace(
        "billing: lambda_worker", "billing: {pattern: lambda_worker, max_concurrency: 7}"
    )

    code = "\n".join(
        stack_code(
            _architecture(f"{text}\ntraffic:\n  buyers: {{to: api, rate: 200/s}}\n"), "shop"
        ).constructs
    )

    assert "max_concurrency=7" in code
    assert "max_concurrency=200" not in code


@pytest.mark.parametrize("own", [False, True])
def test_a_project_has_the_frame_and_nothing_of_this_machine(own: bool) -> None:
    """The same files whoever makes it, wherever."""
    blueprint = parse_blueprint(ORDERS, file=Path("shop.yaml"))

    files = blueprint_project(blueprint, name="My shop", own=own)

    assert {"app.py", "cdk.json", "Makefile", "README.md", "stacks/my_shop.py"} <= set(files)
    assert ("patterns/__init__.py" in files) is own
    made = {
        path: text for path, text in files.items() if not path.startswith(("pattern", "wheels"))
    }
    text = b"\n".join(made.values()).decode()
    assert str(REPOSITORY) not in text
    assert str(Path.home()) not in text
    assert "{{" not in text.replace("${{", "")
    assert "{%" not in text
    assert "noqa" not in text
    assert "type: ignore" not in text


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (("orders: point_to_point_queue", "orders: event_steam"), "did you mean event_stream?"),
        (("-> billing", "-> biling"), "biling, which is no component"),
        (("api -> orders -> billing", "api -> orders"), "orders, which nobody takes from"),
        (("api -> orders ->", "orders ->"), "orders, which nobody sends to"),
        (("-> billing\n", "-> billing -> orders\n"), "a circle, orders -> billing -> orders"),
        (("functions:", "  idle: lambda_worker\nfunctions:"), "idle, which nothing comes to"),
        (("POST /orders", "FETCH /orders"), 'expected a method and a path, as "POST /orders/'),
        (("500ms", "500"), 'found "500"; expected a duration such as 40ms'),
        (("500ms", "-5s"), "expected a duration"),
        (("billing: {takes", "biling: {takes"), "the function biling, which nothing runs"),
        (("functions:", "  class: fan_out\nfunctions:"), "the name class, which is Python's"),
        (("billing: lambda_worker", "billing: {pattern: lambda_worker, size: 3}"), "not known"),
        (("lambda_worker", "fan_out"), "from a point_to_point_queue an arrow to a lambda_worker"),
        (
            ("  - api -> orders", "  - {from: api, to: orders, types: [x]}\n  - orders"),
            "types of api",
        ),
        (("flows:", "flows:\n  - {from: api, to: orders}"), "api -> orders a second time"),
        (("orders: point_to_point_queue", "orders:"), "found nothing; expected a pattern: one of"),
        (("orders: point_to_point_queue", "orders: [fifo]"), "found a list; expected a pattern:"),
        (
            ("components:", f"summary: {'long ' * 20}\ncomponents:"),
            "99 characters; expected at mos",
        ),
        (("components:", 'summary: our "shop"\ncomponents:'), 'a sentence with neither " nor \\'),
        (("functions:", "functions:\n  api:"), "found nothing; expected what it does, in a sent"),
        (
            ("components:", "components:\n  b: {pattern: circuit_breaker, guards: billing}"),
            "[billing]",
        ),
        (
            ("routes:", "requests_per_second: 0.5/s, routes:"),
            "a rate such as 5/s or 300/",
        ),
    ],
)
def test_fails_what_does_not_fit_with_its_line_and_what_would(
    damage: tuple[str, str], said: str
) -> None:
    """One sentence: where, what was found, what is expected."""
    refusal = _refusal(ORDERS.replace(*damage, 1))

    assert refusal.startswith("shop.yaml:")
    assert said in refusal
    assert "\n" not in refusal


GATES = """
components:
  gate_api:
    pattern: reactive_api
    routes:
      "POST /lots/{lot}/entries": enter
      "POST /lots/{lot}/exits": leave
      "GET /lots/{lot}/cars": show
      "POST /calls": {event: help.called, bus: help_bus}
  help_bus: event_bus
  desk: lambda_worker
  cars: {pattern: telemetry_store, partition_key: lot, sort_key: plate}
flows:
  - help_bus -> desk
  - enter -> cars -> gate_api
traffic:
  drivers: {to: enter, rate: 5/s, example: {plate: p-1, model: van}}
"""


def test_a_route_that_nobody_mentions_gets_traffic() -> None:
    """So that a run exercises the whole, and nothing twice."""
    architecture = _architecture(GATES)

    assert {name: each.route for name, each in architecture.traffic.items()} == {
        "drivers": "POST /lots/{lot}/entries",
        "leave": "POST /lots/{lot}/exits",
        "show": "GET /lots/{lot}/cars",
        "gate_api": "POST /calls",
    }
    reached = {
        one.name for each in architecture.traffic.values() for one in architecture.visits(each)
    }
    assert reached == {"gate_api", "help_bus", "desk", "cars"}


def test_traffic_that_nobody_described_carries_what_is_needed() -> None:
    """As that of somebody else shows that there is such a field."""
    text = GATES.replace("partition_key: lot, sort_key: plate", "partition_key: plate").replace(
        "enter -> cars -> gate_api", "gate_api -> cars"
    )

    made = _architecture(text).traffic["leave"]

    assert json.loads(made.example) == {"plate": "plate-0", "note": "an example"}
    assert set(made.keys) == {"lot", "plate"}


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            ("to: enter", "to: gate_api"),
            'named; expected route: "POST /lots/{lot}/entries" or "POST /lots/{lot}/exits" or "POS',
        ),
        (("to: enter", 'to: enter, route: "POST /calls"'), "a route beside enter, which answers"),
        (("to: enter", "to: entre"), "(did you mean enter?)"),
        (("plate: p-1", "plate: 1.5"), 'found "1.5"; expected a text or a whole number in the ex'),
        (("plate: p-1", "plate: true"), "example of drivers, since cars makes a key of plate"),
    ],
)
def test_fails_traffic_that_says_too_little_or_what_cannot_be(
    damage: tuple[str, str], said: str
) -> None:
    """With its line, and with what to write."""
    refusal = _refusal(GATES.replace(*damage, 1))

    assert said in refusal
    assert refusal.startswith("shop.yaml:")


def test_fails_a_key_of_a_route_that_nobody_drives_with_what_to_write() -> None:
    """No example is named that is none."""
    text = GATES[: GATES.index("traffic:")]

    refusal = _refusal(
        text.replace("partition_key: lot, sort_key: plate", "partition_key: plate").replace(
            "cars -> gate_api", "cars"
        )
    )

    assert (
        'expected under traffic, enter: {to: gate_api, route: "POST /lots/{lot}/entries", '
        "rate: 10/s, example: {plate: plate-1}}, or a path with {plate}"
    ) in refusal


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("plate: p-1", '"event.data.plate": "p-1", "event.data.model": "van"'),
        ('note: "two\\nlines", plate: p-1', '"event.data.model": "van"'),
        ("plate: \U0001f697", '"event.data.plate": "\U0001f697", "event.data.model": "van"'),
        ("colour: red", "{table: Cars, every: drivers, id: event.id}"),
    ],
)
def test_what_is_kept_is_read_back_by_a_run(example: str, said: str, tmp_path: Path) -> None:
    """Not its keys alone, by which it is found."""
    text = GATES.replace("plate: p-1", example)
    blueprint = parse_blueprint(text, file=Path("shop.yaml"))

    for path, content in blueprint_project(blueprint, name="shop", own=False).items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    scenario = tmp_path / "scenarios" / "shop" / "ordinary_day.yaml"
    assert said in scenario.read_text(encoding="utf-8")
    assert len(read_scenario(scenario, project=tmp_path).expectations.stored) == 1


@pytest.mark.parametrize("name", ["json", "cdk", "aws", "patterns", "secretsmanager", "step"])
def test_a_function_may_be_called_as_a_module_is(name: str) -> None:
    """The stack imports what it uses, not what a name in it looks like."""
    blueprint = parse_blueprint(ORDERS.replace("intake", name), file=Path("shop.yaml"))

    stack = blueprint_project(blueprint, name="shop", own=False)["stacks/shop.py"].decode()

    assert f'"shop.{name}.handler"' in stack
    assert [line for line in stack.splitlines() if line.startswith(("import", "from"))] == [
        "from __future__ import annotations",
        "from typing import TYPE_CHECKING",
        "import aws_cdk as cdk",
        "from patterns import LambdaWorker, PointToPointQueue, ReactiveApi",
    ]


@pytest.mark.parametrize("name", ["json", "secretsmanager", "construct_id", "cdk"])
def test_fails_a_component_that_is_called_as_what_is_around_it(name: str) -> None:
    """It would hide that."""
    refusal = _refusal(ORDERS.replace("billing", name))

    assert f"the name {name}, which is Python's or the stack's own" in refusal


@pytest.mark.parametrize("name", ["event", "handle", "aws", "required"])
def test_fails_a_push_gateway_that_a_handler_could_not_tell_from_its_own(name: str) -> None:
    """It is a variable there."""
    text = ORDERS.replace("functions:", f"  {name}: push_gateway\nfunctions:", 1)

    assert f"the name {name}, which its handlers have" in _refusal(f"{text}  - billing -> {name}\n")


def test_fails_a_container_s_function_that_is_called_as_what_starts_it() -> None:
    """Its module imports both."""
    text = ORDERS.replace("reactive_api", "proactive_service").replace("intake", "serve")

    assert "the function serve, as what starts the service is called" in _refusal(text)


def test_fails_a_queue_with_two_workers() -> None:
    """Each would get some of its messages; a topic before two queues gives both all."""
    text = ORDERS.replace("flows:", "flows:\n  - orders -> other").replace(
        "functions:", "  other: lambda_worker\nfunctions:"
    )

    assert "a second worker of orders" in _refusal(text)


def test_fails_who_waits_longer_than_the_gateway() -> None:
    """The caller would have gone, and the work been done for nobody."""
    text = """
components:
  api: {pattern: reactive_api, timeout: 15s, routes: {"POST /quotes": quote}}
  pricing: {pattern: lambda_worker, timeout: 14s}
flows:
  - {from: api, to: pricing, waits: true}
"""

    assert "15 s and 14 s together" in _refusal(text)


def test_fails_tries_that_multiply() -> None:
    """An invocation is tried three times, and a step as often again each time."""
    text = """
components:
  api: {pattern: reactive_api, routes: {"POST /orders": intake}}
  sorting: lambda_worker
  shipping: {pattern: durable_workflow, steps: [pack]}
  pack: lambda_worker
flows:
  - api -> sorting -> shipping
"""

    assert "one message may be tried 93 times" in _refusal(text)


def test_a_rate_is_written_as_elsewhere_or_as_a_number() -> None:
    """The construct takes the number a second."""
    text = """
components:
  order_api: {pattern: reactive_api, requests_per_second: RATE, routes: {"POST /orders": take}}
  orders: point_to_point_queue
  billing: lambda_worker
flows:
  - order_api -> orders -> billing
"""

    for rate in ("300", "300/s", "18000/min"):
        blueprint = parse_blueprint(text.replace("RATE", rate), file=Path("shop.yaml"))
        files = blueprint_project(blueprint, name="My shop", own=False)
        assert b"requests_per_second=300," in files["stacks/my_shop.py"]
