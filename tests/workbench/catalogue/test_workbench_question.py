"""What a page may ask, and how anything else is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinagata.catalogue.workbench.question import MOST_BYTES, Question, QuestionError, read_question

GOOD: dict[str, Any] = {"page": "a-1", "sample": "connected_car", "traffic": {"cars": 2.5}}


def test_a_question_is_read() -> None:
    """Page, sample and what each source is multiplied by."""
    assert read_question(json.dumps(GOOD).encode()) == Question(
        page="a-1", sample="connected_car", traffic={"cars": 2.5}
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"traffic": {"cars": 0}}, "traffic.cars is 0; expected a number from 0.001 to 100"),
        ({"traffic": {"cars": -1}}, "traffic.cars is -1; expected a number"),
        ({"traffic": {"cars": 100.1}}, "traffic.cars is 100.1; expected a number"),
        ({"traffic": {"cars": float("nan")}}, "traffic.cars is NaN; expected a number"),
        ({"traffic": {"cars": float("inf")}}, "traffic.cars is Infinity; expected a number"),
        ({"traffic": {"cars": 10**300}}, "traffic.cars is a very large number; expected"),
        ({"traffic": {"cars": "2"}}, "traffic.cars is 2; expected a number"),
        ({"traffic": {"cars": True}}, "traffic.cars is true; expected a number"),
        ({"traffic": {"cars": None}}, "traffic.cars is missing; expected a number"),
        ({"traffic": {"c" * 999: 0}}, f"traffic.{'c' * 40}… is 0; expected a number"),
        ({"traffic": [2]}, "traffic is a list; expected an object with a number for each source"),
        ({"sample": 7}, "sample is 7; expected the name of a sample"),
        ({"sample": None}, "sample is missing; expected the name of a sample"),
        ({"page": ""}, "page is empty; expected up to 40 letters, digits and dashes"),
        ({"page": "../etc"}, "page is ../etc; expected up to 40 letters"),
        ({"page": {}}, "page is an object; expected up to 40 letters"),
        ({"speed": 1}, "a field is speed; expected one of page, sample, traffic"),
    ],
)
def test_fails_for_what_cannot_be_meant(changed: dict[str, Any], says: str) -> None:
    """Each absurd value is a sentence that says what was found and what is expected."""
    with pytest.raises(QuestionError) as refused:
        read_question(json.dumps(GOOD | changed).encode())
    assert str(refused.value).startswith(says)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[" * MOST_BYTES, b'{"page": ' + b"9" * 4000 + b"}", b"null", b"[]"],
    ids=["nothing", "half", "no text", "deep", "long number", "null", "list"],
)
def test_fails_for_no_question(body: bytes) -> None:
    """What is no JSON, or another JSON, is refused in a sentence, too."""
    with pytest.raises(QuestionError, match="expected"):
        read_question(body)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "page": st.just("a") | _VALUES,
        "sample": st.sampled_from(["connected_car", "x"]) | _VALUES,
        "traffic": st.dictionaries(st.text(max_size=8), st.floats() | _VALUES) | _VALUES,
        "more": _VALUES,
    },
)


@settings(max_examples=150)
@given(st.binary(max_size=MOST_BYTES) | _FIELDS.map(lambda said: json.dumps(said).encode()))
def test_anything_is_read_or_refused(body: bytes) -> None:
    """Whatever is sent, it is a question within bounds, or a sentence of less than 300 letters."""
    refused = ""
    factors: list[float] = []
    try:
        factors = list(read_question(body).traffic.values())
    except QuestionError as error:
        refused = str(error)

    assert refused.isprintable()
    assert len(refused) < 300
    assert all(0.001 <= factor <= 100 for factor in factors)
