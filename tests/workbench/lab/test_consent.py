"""AWS itself: asked for first, and refused where nobody can be asked."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import NoCredentialsError

from hinagata.cli import main
from hinagata.errors import HinagataError, UsageError
from hinagata.lab.consent import ask_for_aws

ACCOUNT = "123456789012"
REPOSITORY = Path(__file__).parents[3]


class FakeAws:
    """An account that knows who asks, unless it is told not to."""

    region = "ap-northeast-1"

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def client(self, service: str) -> Any:
        """Return the one service that is asked."""
        assert service == "sts"
        return SimpleNamespace(get_caller_identity=self._identity)

    def _identity(self) -> dict[str, str]:
        if self._error is not None:
            raise self._error
        return {"Account": ACCOUNT}


def asked(answer: str, *, agreed: bool = False, is_terminal: bool = True) -> list[str]:
    """Return the questions that were put, if the answer was good."""
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return answer

    ask_for_aws(
        cast("Any", FakeAws()), "Car", agreed=agreed, ask=ask, is_terminal=lambda: is_terminal
    )
    return questions


def test_the_account_has_to_be_typed() -> None:
    """The question says what, where to, and that it costs and stays."""
    (question,) = asked(f" {ACCOUNT}\n")

    for part in ("Car", ACCOUNT, "ap-northeast-1", "costs money", "leaves the stack"):
        assert part in question


@pytest.mark.parametrize("answer", ["", "y", "yes", "123"])
def test_fails_for_any_other_answer(answer: str) -> None:
    """A yes out of habit is none."""
    with pytest.raises(UsageError, match="nothing was deployed"):
        asked(answer)


def test_fails_where_nobody_can_be_asked() -> None:
    """The option is named that agrees beforehand."""
    with pytest.raises(UsageError, match=r"nobody can be asked here: agree with --yes"):
        asked(ACCOUNT, is_terminal=False)


def test_who_has_agreed_is_not_asked() -> None:
    """Also where there is no terminal."""
    assert asked("", agreed=True, is_terminal=False) == []


def test_fails_without_credentials() -> None:
    """In one sentence."""
    with pytest.raises(HinagataError, match="AWS does not know who runs this: Unable to locate"):
        ask_for_aws(cast("Any", FakeAws(NoCredentialsError())), "Car", agreed=True)


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_fails_on_the_command_line_before_anything_is_synthesized(
    variable: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with the stack and the region."""
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv(variable, "eu-west-3")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(REPOSITORY)

    assert main(["run", "connected_car", "--endpoint", "aws"]) == 2
    assert "a run on AWS deploys ConnectedCar to eu-west-3" in capsys.readouterr().err
