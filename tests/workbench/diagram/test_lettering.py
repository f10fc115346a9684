"""Texts are measured so that they fit, and broken where a reader would."""

from __future__ import annotations

import pytest

from hinagata.diagram.lettering import broken_into_lines, width_of


def test_a_bold_text_is_wider() -> None:
    """The two are measured by widths of their own."""
    assert width_of("Orders", 10, bold=True) > width_of("Orders", 10) > 30


def test_what_is_no_latin_letter_counts_as_wide() -> None:
    """A character of Japanese takes a square at least."""
    assert width_of("雛形", 10) >= 20


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Orders", ["Orders"]),
        ("UndeliveredPartnerUpdates", ["UndeliveredPartner", "Updates"]),
        ("nightly-report-of-all-orders", ["nightly-report-of-all-", "orders"]),
        ("schedule cron(0 3 * * ? *)", ["schedule cron(0 3 * * ?", "*)"]),
        ("ALongHTTPServerForAllOfUs", ["ALongHTTPServerForAll", "OfUs"]),
        ("x" * 30, ["x" * 20, "x" * 10]),
    ],
)
def test_lines_break_where_words_meet(text: str, lines: list[str]) -> None:
    """At capitals, hyphens and blanks; inside a word only if there is no other way."""
    widest = width_of("x" * 20, 10)

    assert broken_into_lines(text, 10, widest=widest) == lines
    assert all(width_of(line, 10) <= widest for line in lines)
