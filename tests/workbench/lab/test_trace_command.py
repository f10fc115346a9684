"""`hinagata trace` refuses what it cannot answer, in a sentence that says how to mend it."""

from __future__ import annotations

import pytest

from hinagata.cli import main
from tests.workbench.lab.lakes import root

URL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trace_lake", "abc", "--endpoint", URL], "abc is no trace; expected its root, as 1-"),
        (["trace_lake", root(), "--endpoint", "aws"], "on AWS ask Athena, which has the query"),
        (["trace_lake", root()], "the following arguments are required: --endpoint"),
        (["trace_lake", root(), "--endpoint", URL, "--days", "0"], "expected 1 to 400 days"),
        (["nobody", root(), "--endpoint", URL], "there is no sample nobody"),
    ],
)
def test_fails_with_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """What is wrong, where, and how to mend it."""
    assert main(["trace", *words]) == 2

    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
