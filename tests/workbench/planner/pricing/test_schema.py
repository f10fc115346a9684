"""The published schema of usage files, and that it agrees with the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.cli import main
from hinagata.errors import HinagataError
from hinagata.planner.pricing.field import Kind
from hinagata.planner.pricing.schema import FILE, schema_text
from hinagata.planner.pricing.services import SERVICES
from hinagata.planner.pricing.usage import read_usage
from tests.workbench.planner.pricing.test_command import guide
from tests.workbench.planner.pricing.test_worked_examples import EXAMPLES

SCHEMA = jsonschema.Draft7Validator(json.loads(schema_text()))
VALUES = st.one_of(
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["5/s", "1e6/day", "1_000", "x86", "arm", "true", "0.5", "5 / min", "1.5e3"]),
    st.lists(st.sampled_from(["requests", "storage"]), max_size=2),
    st.dictionaries(st.sampled_from(["requests", "x"]), st.just(1), max_size=2),
)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """Draws a usage whose fields hold anything."""
    document: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(list(SERVICES)), min_size=1, max_size=2)):
        fields = [field.name for field in SERVICES[name].fields]
        needed = {field.name: 1 for field in SERVICES[name].fields if field.required}
        chosen = st.dictionaries(st.sampled_from([*fields, "free_tier"]), VALUES, max_size=2)
        document[name] = {"It": {**needed, **draw(chosen)}}
    if draw(st.booleans()):
        document[draw(st.sampled_from(["hours", "events", "region", "free_tier"]))] = draw(VALUES)
    return document


def test_the_published_file_is_up_to_date() -> None:
    """It says what the reader does; `hinagata price --schema` writes it anew."""
    assert FILE.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema_that_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the draft that it names."""
    jsonschema.Draft7Validator.check_schema(SCHEMA.schema)

    assert main(["price", "--schema"]) == 0
    assert capsys.readouterr().out == schema_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_worked_example_is_right_for_it(name: str) -> None:
    """As all of them are for the reader."""
    SCHEMA.validate(EXAMPLES[name].usage)


def test_the_guides_examples_are_right_for_it() -> None:
    """As an editor reads them."""
    for text in guide("yaml"):
        document = yaml.safe_load(text)
        if not isinstance(document, dict) or not set(document) & set(SERVICES):
            continue
        SCHEMA.validate(document)


@settings(deadline=None)
@given(usage=usages())
def test_what_the_reader_accepts_the_schema_accepts(
    usage: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in the fields of whatever services."""
    file = tmp_path_factory.mktemp("usage") / "usage.yaml"
    file.write_text(json.dumps(usage))

    try:
        read_usage(file, hours=730)
    except HinagataError:
        return
    SCHEMA.validate(usage)


@pytest.mark.parametrize(
    ("service", "fields"),
    [
        ("lambda", {"memory": 128}),
        ("lambda", {"memory_mb": -1}),
        ("lambda", {"memory_mb": "1 GB"}),
        ("lambda", {"requests": "5 a second"}),
        ("lambda", {"architecture": "amd"}),
        ("lambda", {"free_tier": ["storage"]}),
        ("fargate", {"vcpu": 1}),
        ("lamda", {}),
    ],
)
def test_an_editor_sees_what_the_reader_would_refuse(
    service: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    """Names, bounds, words and what must be there are in the schema."""
    usage = {service: {"It": fields}}
    file = tmp_path / "usage.yaml"
    file.write_text(json.dumps(usage))

    assert not SCHEMA.is_valid(usage)
    with pytest.raises(HinagataError):
        read_usage(file, hours=730)


def test_every_field_is_in_it() -> None:
    """With its meaning; a rate is for counts alone."""
    for name, service in SERVICES.items():
        known = SCHEMA.schema["properties"][name]["additionalProperties"]["properties"]
        for field in service.fields:
            assert known[field.name]["description"] == field.meaning
            usage = {name: {"It": {each.name: 1 for each in service.fields if each.required}}}
            usage[name]["It"][field.name] = "5/s"
            assert SCHEMA.is_valid(usage) == (field.kind is Kind.COUNT)
