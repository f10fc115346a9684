"""A few questions at a terminal, what suits the answers, and a blueprint of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.prompt import InvalidResponse, PromptBase
from rich.text import Text

from hinagata.errors import HinagataError, UsageError
from hinagata.generator.arguments import NAME, NAME_EXPECTED
from hinagata.generator.recommendation import Needs, Recommendation, recommend
from hinagata.planner.choosing.as_text import MADE_OF
from hinagata.planner.pricing.as_text import as_text, money
from hinagata.scenario import units

# In a blueprint's names, which have 40 characters, words stand around it.
_LONGEST_WORD = 20
_MOST_FOLLOWERS = 10
_SLOWEST_RATE = 1 / 86_400
_FASTEST_RATE = 1e6
_NOBODY = "nobody"
_WIDTH = 96
_BY_FILE = "describe what you need in a file, and give it as --blueprint FILE"
_ASSUMED = "Its price, for messages of 1 KB, each worked on by itself, in functions of 512 MB:"


class _Question(NamedTuple):
    """A question, what is answered if nothing is, and what an answer means."""

    text: str
    default: str
    meaning: Callable[[str], object]


def ask_blueprint(console: Console) -> str:
    """Asks what is needed, shows what suits and what it costs, and returns it as a blueprint.

    Asks again, with the answers so far, until the recommendation is agreed to or given up.

    Args:
        console: Where a person sits.

    Raises:
        UsageError: The input ends before all is answered, or nothing that is shown will do.
    """
    console.print("A few questions; Enter takes what stands in parentheses.\n", highlight=False)
    answers = {name: question.default for name, question in _QUESTIONS.items()}
    try:
        while True:
            try:
                recommendation = recommend(_ask(console, answers))
            except HinagataError as error:
                console.print(f"{error}\n", markup=False, highlight=False)
                continue
            _show(recommendation, console)
            cost = f"{money(recommendation.estimate.total)} USD a month"
            if _agreed(console, f"Make a project of this, at {cost}"):
                return recommendation.blueprint
            if not _agreed(console, "Answer again"):
                raise UsageError(f"nothing was made; {_BY_FILE}")
            console.print()
    except EOFError:
        raise UsageError(
            f"the input ended before all questions were answered; {_BY_FILE}"
        ) from None


def _ask(console: Console, answers: dict[str, str]) -> Needs:
    """Ask every question that the answers before it leave open; keep what was answered."""
    meant: dict[str, object] = {"rise_s": units.seconds(_QUESTIONS["rise_s"].default)}
    for name, question in _QUESTIONS.items():
        if name == "rise_s" and meant["peak_over_mean"] == 1:
            continue
        if name == "followers" and meant["latency_s"] is None:
            asked = question._replace(meaning=_whole(1, _MOST_FOLLOWERS))
        else:
            asked = question
        answers[name] = _answered(console, asked, answers[name])
        meant[name] = asked.meaning(answers[name])
    console.print()
    return Needs(**meant)  # type: ignore[arg-type]


def _agreed(console: Console, question: str) -> bool:
    return _yes(_answered(console, _Question(question, "yes", _yes), "yes"))


def _answered(console: Console, question: _Question, default: str) -> str:
    answer: str = _Prompt(question, console=console)(default=default)
    return answer


class _Prompt(PromptBase[str]):
    """Asks until the answer means something."""

    def __init__(self, question: _Question, *, console: Console) -> None:
        super().__init__(Text(question.text), console=console)
        self._meaning = question.meaning

    def process_response(self, value: str) -> str:
        try:
            self._meaning(value.strip())
        except ValueError as error:
            raise InvalidResponse(escape(f"  expected {error}")) from None
        return value.strip()


def _show(recommendation: Recommendation, console: Console) -> None:
    for part in recommendation.parts:
        choice = part.choice
        made_of = f" ({MADE_OF[choice.pattern]}) {part.task}"
        console.print(Text.assemble((str(choice.pattern), "bold"), made_of))
        for said in (*choice.reasons, *choice.advice):
            for line in wrap(said, _WIDTH, initial_indent="  ", subsequent_indent="  "):
                console.print(line, markup=False, highlight=False)
        console.print()
    for text in (_ASSUMED, as_text(recommendation.estimate), recommendation.blueprint):
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _word(text: str) -> str:
    if len(text) > _LONGEST_WORD or re.fullmatch(NAME, text) is None:
        raise ValueError(f"{NAME_EXPECTED}, of at most {_LONGEST_WORD} characters")
    return text


def _rate(text: str) -> float:
    rate = units.per_second(text)
    if not _SLOWEST_RATE <= rate <= _FASTEST_RATE:
        raise ValueError(f"1/d to {_FASTEST_RATE:,.0f}/s")
    return rate


def _times(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 1000:
        raise ValueError("a number from 1 to 1,000")
    return value


def _time(text: str) -> float:
    seconds = units.seconds(text)
    if not seconds >= 0.001:
        raise ValueError("at least 1ms")
    return seconds


def _wait(text: str) -> float | None:
    if text == _NOBODY:
        return None
    try:
        return _time(text)
    except ValueError as error:
        raise ValueError(f"{_NOBODY}, or {error}") from None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text) if re.fullmatch("[0-9]{1,4}", text) else -1
        if not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def _yes(text: str) -> bool:
    if text.lower() not in ("y", "yes", "n", "no"):
        raise ValueError("yes or no")
    return text.lower().startswith("y")


_QUESTIONS: Mapping[str, _Question] = {
    "messages": _Question("What is sent, in the plural", "messages", _word),
    "rate": _Question("How many come on average", "10/s", _rate),
    "peak_over_mean": _Question("How many times that come at the peak", "3", _times),
    "rise_s": _Question("How long does the rate take to get there", "1h", _time),
    "duration_s": _Question("How long does the work on one take", "100ms", _time),
    "latency_s": _Question(
        f"How long may whoever sends one wait for the result, or does {_NOBODY} wait",
        _NOBODY,
        _wait,
    ),
    "followers": _Question(
        "How many parts of the system work on each, once it was taken",
        "1",
        _whole(0, _MOST_FOLLOWERS),
    ),
    "ordered": _Question("Must those of one sender keep their order", "no", _yes),
    "replay": _Question("Must past ones be read again", "no", _yes),
}
