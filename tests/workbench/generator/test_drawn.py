"""Whatever fits together becomes a project; whatever does not is one sentence, and no file."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.rendering import blueprint_project
from hinagata.generator.schema import FILE as SCHEMA
from hinagata.scenario.reading import read_scenario
from tests.workbench.generator.drawn import drawn_blueprint

HERE = Path("blueprint.yaml")
seeds = st.integers(0, 10**6)
SCHEMA_VALIDATOR = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


@given(seed=seeds)
@settings(max_examples=60, deadline=None)
def test_a_drawn_blueprint_fits_together(seed: int) -> None:
    """And the schema that editors complete by takes it too."""
    text = drawn_blueprint(seed)

    architecture = Architecture(parse_blueprint(text, file=HERE))

    assert not list(SCHEMA_VALIDATOR.iter_errors(yaml.safe_load(text)))
    reached = {
        one.name
        for traffic in architecture.traffic.values()
        for one in architecture.visits(traffic)
    }
    assert reached <= {one.name for one in architecture.components}
    idle = [
        code.name
        for code in architecture.code()
        if not any(architecture.comes_to(each, code) for each in architecture.traffic.values())
    ]
    assert idle == []


@pytest.mark.parametrize("seed", range(3))
def test_a_drawn_project_is_python_that_parses_and_a_scenario_that_is_read(
    seed: int, tmp_path: Path
) -> None:
    """The same files each time, whatever was generated before."""
    blueprint = parse_blueprint(drawn_blueprint(seed), file=HERE)

    files = blueprint_project(blueprint, name="drawn shop", own=False)

    assert files == blueprint_project(blueprint, name="drawn shop", own=False)
    for path, content in files.items():
        if path.endswith(".py"):
            ast.parse(content)
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (scenario,) = (tmp_path / "scenarios" / "drawn_shop").glob("*.yaml")
    read_scenario(scenario, project=tmp_path)


def _without_a_flow(drawn: dict[str, Any], random: Random) -> None:
    drawn["flows"].pop(random.randrange(len(drawn["flows"])))


def _a_misspelt_name(drawn: dict[str, Any], random: Random) -> None:
    drawn["flows"].append(f"{random.choice(list(drawn['components']))} -> nobody")


def _an_unknown_pattern(drawn: dict[str, Any], random: Random) -> None:
    drawn["components"][random.choice(list(drawn["components"]))] = "event_steam"


def _an_unknown_field(drawn: dict[str, Any], random: Random) -> None:
    name = random.choice(list(drawn["components"]))
    said = drawn["components"][name]
    known = said if isinstance(said, dict) else {"pattern": said}
    drawn["components"][name] = {**known, "colour": "blue"}


def _a_way_back(drawn: dict[str, Any], random: Random) -> None:
    source, target = _an_arrow(drawn, random)
    drawn["flows"].append(f"{target} -> {source}")


def _itself(drawn: dict[str, Any], random: Random) -> None:
    name = random.choice(list(drawn["components"]))
    drawn["flows"].append(f"{name} -> {name}")


def _a_rate_of_nothing(drawn: dict[str, Any], random: Random) -> None:
    name = random.choice(list(drawn["components"]))
    drawn["traffic"] = {"users": {"to": name, "rate": random.choice(["0/s", "-1/s", "fast", 7])}}


def _an_idle_component(drawn: dict[str, Any], random: Random) -> None:
    drawn["components"]["idle"] = random.choice(
        ["point_to_point_queue", "fan_out", "lambda_worker", "event_stream", "telemetry_store"]
    )


def _a_name_of_pythons(drawn: dict[str, Any], random: Random) -> None:
    drawn["components"][random.choice(["class", "list", "Orders", "a-b", "1st", "self"])] = (
        "point_to_point_queue"
    )


def _of_pattern(drawn: dict[str, Any], *patterns: str) -> list[str]:
    return [
        name
        for name, said in drawn["components"].items()
        if (said if isinstance(said, str) else said["pattern"]) in patterns
    ]


def _work_that_is_cut_off(drawn: dict[str, Any], random: Random) -> None:
    workers = _of_pattern(drawn, "lambda_worker") or ["nobody"]
    drawn["functions"] = {random.choice(workers): {"takes": "899s"}}


def _a_key_that_nobody_has(drawn: dict[str, Any], random: Random) -> None:
    servers = _of_pattern(drawn, "lambda_worker", "reactive_api", "proactive_service")
    drawn["components"]["kept"] = {"pattern": "telemetry_store", "partition_key": "of_nobody"}
    drawn.setdefault("flows", []).append(f"{random.choice(servers)} -> kept")


def _a_type_that_nobody_has(drawn: dict[str, Any], random: Random) -> None:
    del random
    drawn["components"] |= {
        "news": "fan_out",
        "first": "point_to_point_queue",
        "reader": "lambda_worker",
        "desk": {"pattern": "reactive_api", "routes": {"POST /news": "write_news"}},
    }
    flow = {"from": "news", "to": "first", "types": ["of.nobody"]}
    drawn["flows"] = [*drawn.get("flows", []), "write_news -> news", flow, "first -> reader"]


def _nothing_at_all(drawn: dict[str, Any], random: Random) -> None:
    del random
    drawn["components"] = {}


def _an_arrow(drawn: dict[str, Any], random: Random) -> tuple[str, str]:
    flow = random.choice(drawn["flows"])
    if isinstance(flow, dict):
        return flow["from"], flow["to"]
    source, _, target = flow.partition(" -> ")
    return source, target


BREAKS = [
    _a_misspelt_name,
    _an_unknown_pattern,
    _an_unknown_field,
    _itself,
    _a_rate_of_nothing,
    _an_idle_component,
    _a_name_of_pythons,
    _work_that_is_cut_off,
    _a_key_that_nobody_has,
    _a_type_that_nobody_has,
    _nothing_at_all,
]


@given(seed=seeds, how=st.sampled_from(BREAKS))
@settings(max_examples=80, deadline=None)
def test_fails_a_broken_blueprint_with_one_sentence(seed: int, how: Any) -> None:
    """It says where, what was found, and what would fit."""
    drawn = yaml.safe_load(drawn_blueprint(seed))
    how(drawn, Random(seed))
    text = yaml.safe_dump(drawn, sort_keys=False)

    with pytest.raises(HinagataError) as refusal:
        Architecture(parse_blueprint(text, file=HERE))

    said = str(refusal.value)
    assert "\n" not in said
    assert said.startswith("blueprint.yaml:")
    assert "; expected " in said


@given(seed=seeds, cut=st.floats(0, 1), letters=st.text(max_size=3), how=st.sampled_from([0, 1, 7]))
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_is_a_project_or_a_sentence(
    seed: int, cut: float, letters: str, how: int
) -> None:
    """Never anything else: no traceback, no hang."""
    text = drawn_blueprint(seed)
    at = int(cut * len(text))
    damaged = text[:at] + letters + text[at + how :]

    said = ""
    try:
        Architecture(parse_blueprint(damaged, file=HERE))
    except HinagataError as refusal:
        said = str(refusal)

    assert "\n" not in said


@pytest.mark.parametrize("how", [_without_a_flow, _a_way_back, *BREAKS])
def test_a_refused_blueprint_leaves_nothing_on_disk(
    how: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 2, and one sentence."""
    drawn = {
        "components": {
            "orders": "point_to_point_queue",
            "billing": "lambda_worker",
        },
        "flows": ["orders -> billing"],
        "traffic": {"shops": {"to": "orders", "rate": "1/s"}},
    }
    how(drawn, Random(1))
    file = tmp_path / "blueprint.yaml"
    file.write_text(yaml.safe_dump(drawn, sort_keys=False))
    monkeypatch.chdir(tmp_path)

    assert main(["new", "shop", "--blueprint", "blueprint.yaml"]) == 2

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("hinagata: blueprint.yaml:")
    assert list(tmp_path.iterdir()) == [file]
