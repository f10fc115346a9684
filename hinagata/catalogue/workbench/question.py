"""What a page asks the workbench, read from what a browser sent: anything may stand in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from hinagata.catalogue.workbench.traffic import LEAST, MOST
from hinagata.errors import HinagataError

MOST_BYTES = 4096
_MOST_SHOWN = 40
_PAGE = re.compile(r"[a-zA-Z0-9-]{1,40}")
_FIELDS = ("page", "sample", "traffic")


class QuestionError(HinagataError):
    """A question that cannot be meant; the message says what was found and what is expected."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A sample under another traffic.

    Attributes:
        page: Which page asks; what it asks next takes the place of what still waits.
        sample: The sample's name.
        traffic: By what each source is multiplied; the others stay as they are.
    """

    page: str = field(compare=False)
    sample: str
    traffic: Mapping[str, float]

    @property
    def key(self) -> tuple[object, ...]:
        """What has the same answer."""
        return self.sample, *sorted(self.traffic.items())


def read_question(body: bytes) -> Question:
    """Returns the question in the body of a request.

    Raises:
        QuestionError: It is none.
    """
    try:
        said = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise QuestionError(
            'this is no JSON; expected {"page": "a", "sample": "connected_car", "traffic": {}}'
        ) from None
    if not isinstance(said, dict):
        _refuse("the question", said, "an object")
    for name in said:
        if name not in _FIELDS:
            _refuse("a field", name, f"one of {', '.join(_FIELDS)}")
    page, sample, traffic = (said.get(name) for name in _FIELDS)
    if not isinstance(page, str) or not _PAGE.fullmatch(page):
        _refuse("page", page, "up to 40 letters, digits and dashes")
    if not isinstance(sample, str):
        _refuse("sample", sample, "the name of a sample")
    if not isinstance(traffic, dict):
        _refuse("traffic", traffic, "an object with a number for each source")
    return Question(
        page=page,
        sample=sample,
        traffic={name: _factor(name, value) for name, value in traffic.items()},
    )


def _factor(name: str, value: object) -> float:
    # Python's true is a number; and a whole number may be too large to become another.
    if isinstance(value, bool) or not isinstance(value, int | float) or not LEAST <= value <= MOST:
        _refuse(f"traffic.{shown(name)}", value, f"a number from {LEAST:g} to {MOST:g}")
    return float(value)


def _refuse(what: str, found: object, expected: str) -> NoReturn:
    raise QuestionError(f"{what} is {shown(found)}; expected {expected}")


def shown(value: object) -> str:
    """Returns what was sent, so short that it can be shown."""
    text = value if isinstance(value, str) else _json(value)
    text = "".join(letter if letter.isprintable() else "·" for letter in text[: _MOST_SHOWN + 1])
    return f"{text[:_MOST_SHOWN]}…" if len(text) > _MOST_SHOWN else text or "empty"


def _json(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 128:
        # Its digits would take longer than anything else here.
        return "a very large number"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return "missing" if value is None else json.dumps(value)
