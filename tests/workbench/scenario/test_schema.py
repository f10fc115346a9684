"""The published schema, and that it agrees with the reader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.errors import HinagataError
from hinagata.scenario import read_scenario
from hinagata.scenario.schema import FILE, schema_text
from tests.workbench.scenario.scenario_text import SCENARIO, WHOLE, write

REPOSITORY = Path(__file__).parents[3]
SCENARIOS = sorted((REPOSITORY / "scenarios").glob("*/*.yaml"))
SCHEMA = jsonschema.Draft7Validator(json.loads(schema_text()))
# What the schema says of a text in JSON, where `08:00` is one.
TEXTS = {name: yaml.load(text, yaml.BaseLoader) for name, text in (("s", SCENARIO), ("w", WHOLE))}


def typed(value: Any) -> Any:
    """Return a document with its numbers as such, as editors read it (YAML 1.2)."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return float(value) if re.fullmatch(r"\d+\.\d+", value) else _whole(value)


def _whole(value: str) -> Any:
    return int(value) if re.fullmatch(r"\d+", value) else value


DOCUMENTS = [typed(text) for text in TEXTS.values()]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        [
            "1/s",
            "1s",
            "0s",
            "-1/s",
            "1e9/s",
            "constant",
            "users",
            "zipf",
            "cars",
            "08:00",
            "raise",
            "trace.csv",
            "list.json",
            "/{x",
            "Gateway",
            "POST",
            "1",
            "null",
        ]
    ),
    st.lists(st.sampled_from(["cars", "Api", 7]), max_size=2),
    st.dictionaries(st.sampled_from(["shape", "rate", "for", "x"]), st.just("1/s"), max_size=2),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything below a value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    """Draw a scenario in which one to three places hold something else, or are gone."""
    document = json.loads(json.dumps(draw(st.sampled_from(DOCUMENTS))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(document))))
        at = document
        for step in way:
            at = at[step]
        match draw(st.sampled_from(["replace", "replace", "remove", "add"])):
            case "replace":
                at[last] = draw(VALUES)
            case "remove":
                del at[last]
            case "add" if isinstance(at, dict):
                at[draw(st.text(max_size=4) | st.just(f"{last}x"))] = draw(VALUES)
    return document


def test_the_published_file_is_up_to_date() -> None:
    """It says what the reader's forms say; `hinagata scenario schema` writes it anew."""
    assert FILE.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    """Of the draft that it names."""
    jsonschema.Draft7Validator.check_schema(SCHEMA.schema)


@pytest.mark.parametrize("document", DOCUMENTS, ids=list(TEXTS))
def test_what_is_right_is_right_for_both(document: Any, tmp_path: Path) -> None:
    """Every shape, distribution and fault."""
    SCHEMA.validate(document)
    read_scenario(write(tmp_path, json.dumps(document)), project=tmp_path)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_our_scenarios_name_the_schema(file: Path) -> None:
    """Their first line leads an editor to it, and it accepts them."""
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    (schema,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", first)

    assert (file.parent / schema).resolve() == FILE
    SCHEMA.validate(typed(yaml.load(rest, yaml.BaseLoader)))


@settings(deadline=None)
@given(document=mutants())
def test_what_the_reader_accepts_the_schema_accepts(
    document: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """And whatever is written, one sentence with file and line is all that is said of it."""
    folder = tmp_path_factory.mktemp("mutant")
    file = write(folder, json.dumps(document, indent=1))

    try:
        read_scenario(file, project=folder)
    except HinagataError as error:
        assert re.fullmatch(  # noqa: PT017
            rf"{re.escape(str(folder))}/(small\.yaml|trace\.csv):\d+: .*found .+; expected .+",
            str(error),
        )
    else:
        SCHEMA.validate(document)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("entry: Gateway", "entri: Gateway"),
        ("duration: 24h", "duration: 24 fortnights"),
        ("shape: constant", "shape: constand"),
        ("messages: 50", "messages: 0"),
        ("messages: 50", "messages: many"),
        ("reaches: [Api]", "reaches: []"),
        ("method: GET", "method: FETCH"),
        ("cardinality: 1000", "cardinality: 1000000000000000"),
        ("every: operators, ", ""),
    ],
)
def test_an_editor_sees_what_the_reader_would_refuse(right: str, wrong: str) -> None:
    """Names, units, counts and choices are in the schema."""
    assert right in SCENARIO
    document = typed(yaml.load(SCENARIO.replace(right, wrong, 1), yaml.BaseLoader))

    assert not SCHEMA.is_valid(document)
