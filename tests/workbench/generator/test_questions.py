"""A few answers become an architecture, with its reasons and its price."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from hinagata.errors import HinagataError, UsageError
from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import Blueprint, parse_blueprint
from hinagata.generator.questions import ask_blueprint
from hinagata.generator.recommendation import Needs, Recommendation, recommend

NEEDS: dict[str, Any] = {
    "messages": "orders",
    "rate": 10.0,
    "peak_over_mean": 3.0,
    "rise_s": 3600.0,
    "duration_s": 0.1,
    "latency_s": None,
    "followers": 1,
    "ordered": False,
    "replay": False,
}


class Typed(Console):
    """A terminal at which a person types known answers."""

    def __init__(self, answers: Iterable[str]) -> None:
        super().__init__(file=StringIO(), width=100)
        self.answers = iter(answers)

    def input(self, prompt: Any = "", **_: Any) -> str:
        """Show what is asked, and answer it; at the end, end."""
        answer = next(self.answers, None)
        if answer is None:
            raise EOFError
        self.print(prompt, answer, sep="")
        return answer

    @property
    def said(self) -> str:
        """All that was shown."""
        assert isinstance(self.file, StringIO)
        return self.file.getvalue()


def read(text: str) -> Blueprint:
    """Reads a blueprint, and holds its parts against each other."""
    return Architecture(parse_blueprint(text, file=Path("blueprint.yaml"))).blueprint


def recommended(**needs: Any) -> Recommendation:
    """Returns what suits needs, those that nobody names being small ones."""
    return recommend(Needs(**{**NEEDS, **needs}))


def kinds(recommendation: Recommendation) -> list[str]:
    """Returns the kinds of its components."""
    return [one.kind for one in read(recommendation.blueprint).components.values()]


def test_enter_alone_leads_to_a_blueprint() -> None:
    """Every question has an answer already."""
    console = Typed(itertools.repeat(""))

    found = read(ask_blueprint(console))

    assert list(found.components) == ["messages_api", "messages_queue", "messages_worker"]
    assert "How many come on average (10/s): \n" in console.said
    assert "Make a project of this, at 112.59 USD a month (yes): \n" in console.said


def test_the_answer_has_reasons_and_a_price() -> None:
    """Each part by its pattern, and a month of all of it."""
    console = Typed(["orders", "100/s", "1", "100ms", "nobody", "2", "no", "yes", "yes"])

    ask_blueprint(console)

    assert (
        "stream (Kinesis + Lambda) to hand orders on\n  past messages must be read again"
        in console.said
    )
    assert "Kinesis: orders_stream\n" in console.said
    assert "Lambda: orders_follower_2\n" in console.said
    assert "\nIts price, for messages of 1 KB" in console.said
    total = re.search(r"\nTotal +(\S+)\n", console.said)
    assert total is not None
    assert f"\nMake a project of this, at {total[1]} USD a month (yes): " in console.said


def test_an_answer_that_means_nothing_is_asked_for_again() -> None:
    """What was expected is said, and no other question is lost."""
    wrong = ["Orders!", "orders", "often", "0/s", "5/s", "0", "1", "soon", "1s"]
    console = Typed([*wrong, "never", "2s", "-1", "99", "0", "maybe", "n", "n", "y"])

    found = read(ask_blueprint(console))

    assert list(found.components) == ["orders_api"]
    for expected in (
        "a name of lower-case words, as order_intake, of at most 20 characters",
        "a rate such as 100/s or 6000/min",
        "1/d to 1,000,000/s",
        "a number from 1 to 1,000",
        "a duration such as 40ms, 2s, 5m or 24h",
        "nobody, or a duration such as 40ms, 2s, 5m or 24h",
        "a whole number from 0 to 10",
        "yes or no",
    ):
        assert f"  expected {expected}\n" in console.said


def test_somebody_has_to_work_on_what_nobody_waits_for() -> None:
    """Without a follower and without an answer it would be lost."""
    console = Typed(["", "", "1", "", "nobody", "0", "1", "", "", ""])

    ask_blueprint(console)

    assert "expected a whole number from 1 to 10" in console.said


@pytest.mark.parametrize(
    ("rise_s", "ramp"),
    [
        (3600.0, "start: 1365m, over: 1h"),
        (90.0, "start: 85410s, over: 90s"),
        (0.5, "start: 85499.5s, over: 0.5s"),
        (86_400.0, "start: 0s, over: 24h"),
    ],
)
def test_the_rate_rises_as_slowly_as_was_said(rise_s: float, ramp: str) -> None:
    """At the end of a day, of which it makes hardly more on average."""
    found = recommended(rise_s=rise_s)

    assert f"{{shape: ramp, from: 10/s, to: 30/s, {ramp}}}" in found.blueprint
    assert read(found.blueprint).traffic["senders"].peak_per_second == 30


def test_a_recommendation_can_be_turned_down() -> None:
    """The questions come again, with what was answered before."""
    console = Typed(["orders", "", "1", "", "", "3", "", "", "no", "", *[""] * 5, "1", "", "", ""])

    found = read(ask_blueprint(console))

    assert "What is sent, in the plural (orders): \n" in console.said
    assert len([one for one in found.components if one.startswith("orders_follower")]) == 0


def test_the_questions_can_be_left() -> None:
    """Whoever wants no project of this, and not to be asked again, gets none."""
    console = Typed([*[""] * 9, "no", "no"])

    with pytest.raises(UsageError, match="nothing was made; describe what you need in a file"):
        ask_blueprint(console)


def test_a_need_that_nothing_meets_is_said_and_asked_again() -> None:
    """One sentence, and the questions again."""
    console = Typed(["", "", "1", "20m", *[""] * 4, "", "1/s", "1", "5m", *[""] * 5])

    assert "timeout: 900s" in ask_blueprint(console)
    assert "1200 s of work on a message are more than a function has, 900 s" in console.said


def test_fails_where_the_input_ends() -> None:
    """A script is told of the file that says the same."""
    with pytest.raises(UsageError, match="give it as --blueprint FILE"):
        ask_blueprint(Typed(["orders"]))


def test_who_waits_is_answered_by_what_takes_the_message() -> None:
    """With nobody behind it there is nothing to hand on."""
    assert kinds(recommended(latency_s=1.0, followers=0, rate=1.0)) == ["reactive_api"]


def test_who_would_wait_too_long_is_not_kept_waiting() -> None:
    """Work that takes longer than an API waits is handed on, though nobody said that it follows."""
    found = recommended(latency_s=60.0, followers=0, duration_s=40.0, rate=1.0)

    assert kinds(found) == ["reactive_api", "point_to_point_queue", "lambda_worker"]
    assert "longer than an API waits" in found.parts[1].choice.reasons[0]


def test_each_of_several_followers_has_a_queue() -> None:
    """One that is away keeps no other one waiting."""
    assert kinds(recommended(followers=2, ordered=True, rate=1.0)) == [
        "reactive_api",
        "fan_out",
        "point_to_point_queue",
        "point_to_point_queue",
        "lambda_worker",
        "lambda_worker",
    ]


@pytest.mark.parametrize("needs", [{}, {"followers": 3}, {"replay": True, "followers": 2}])
def test_the_order_of_a_sender_is_kept_by_whoever_hands_on(needs: dict[str, Any]) -> None:
    """Each sender's messages wait for each other, and for nobody else's."""
    found = read(recommended(ordered=True, rate=1.0, **needs).blueprint)

    (between,) = [one for one in found.components.values() if "ordered_by" in one.arguments]
    assert between.name.startswith("orders_")
    assert between.arguments["ordered_by"] == "sender"
    assert "sender" in found.traffic["senders"].example


def test_a_stream_with_many_followers_has_one_reader() -> None:
    """More than two would share what a shard gives."""
    found = read(recommended(replay=True, followers=4).blueprint)

    assert [flow.target for flow in found.flows if flow.source == "orders_stream"] == [
        "orders_relay"
    ]
    assert len([flow for flow in found.flows if flow.source == "orders_topic"]) == 4


def test_a_peak_beyond_an_account_waits_in_the_queue() -> None:
    """No more run at once than an account has, as long as it catches up between the peaks."""
    found = read(recommended(rate=1.0, peak_over_mean=20.0, duration_s=300.0).blueprint)

    assert found.components["orders_worker"].arguments["max_concurrency"] == 900
    with pytest.raises(HinagataError, match="more than an account runs"):
        recommended(rate=10.0, duration_s=300.0)


def test_a_service_has_the_tasks_that_its_peak_needs() -> None:
    """The traffic decides between functions and tasks, and how many."""
    found = read(recommended(rate=3000.0, peak_over_mean=1.5).blueprint)

    (service,) = [one for one in found.components.values() if one.kind == "proactive_service"]
    assert service.arguments["min_tasks"] < service.arguments["max_tasks"]


def test_fails_on_a_peak_that_is_more_than_one_service_takes() -> None:
    """It has to be parted."""
    with pytest.raises(HinagataError, match="tasks at the peak are more than one service has"):
        recommended(rate=200_000.0)


@settings(deadline=None, max_examples=15)
@given(
    needs=st.fixed_dictionaries(
        {
            "messages": st.sampled_from(["orders", "events", "list", "device_reports"]),
            "rate": st.sampled_from([1 / 86_400, 0.5, 10.0, 333.3333333, 2500.0]),
            "peak_over_mean": st.sampled_from([1.0, 1.7, 20.0]),
            "rise_s": st.sampled_from([1.0, 3600.0]),
            "duration_s": st.sampled_from([0.001, 0.25, 5.0, 28.5, 300.0]),
            "latency_s": st.sampled_from([None, 0.1, 30.0]),
            "followers": st.integers(0, 10),
            "ordered": st.booleans(),
            "replay": st.booleans(),
        }
    )
)
def test_every_recommendation_can_be_built(needs: dict[str, Any]) -> None:
    """Its blueprint fits together, and its price is one; or it is refused in one sentence."""
    found = refused = None
    try:
        found = recommended(**needs)
    except HinagataError as error:
        refused = str(error)
    if found is None:
        assert refused is not None
        assert "tasks at the peak" in refused or "worked on at a time" in refused
        return

    blueprint = read(found.blueprint)
    assert found.estimate.total > 0
    workers = [one for one in blueprint.components if re.search("_(worker|follower_[0-9]+)$", one)]
    assert len(workers) in (needs["followers"], max(1, needs["followers"]))
