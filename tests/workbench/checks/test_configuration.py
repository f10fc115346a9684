"""What `hinagata.toml` may say about the checks."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.configuration import Configuration, ConfigurationError, read_configuration
from hinagata.checks.thresholds import Thresholds, reasons

GOOD = """\
[check]
fail_on = "warning"

[check.thresholds]
visibility_per_timeout = { value = 4, reason = "our consumers are never throttled" }
low_cardinality_words = { value = ["status"], reason = "our own words" }

[check.severity]
FM101 = { value = "note", reason = "we look at it by hand" }
FM304 = { value = "off", reason = "consumers start before producers" }

[simulate]
seed = 7
"""


def configuration(folder: Path, text: str) -> Configuration:
    """Reads a text as the configuration of a folder."""
    file = folder / "hinagata.toml"
    file.write_text(text)
    return read_configuration(file)


def test_everything_may_be_decided(tmp_path: Path) -> None:
    """Thresholds, severities and what fails; tables of other commands are left alone."""
    read = configuration(tmp_path, GOOD)

    assert read.fail_on is Severity.WARNING
    assert read.thresholds.visibility_per_timeout == 4
    assert read.thresholds.low_cardinality_words == ("status",)
    assert read.thresholds.account_concurrency == Thresholds().account_concurrency
    assert read.severities == {"FM101": Severity.NOTE, "FM304": None}


@pytest.mark.parametrize("text", ["", "[check]\n", "[check.severity]\n"])
def test_nothing_need_be_decided(tmp_path: Path, text: str) -> None:
    """What is not there is as it is without a file."""
    assert configuration(tmp_path, text) == Configuration()


def test_nothing_fails_if_it_is_never_to(tmp_path: Path) -> None:
    """`fail_on = "never"` reports only."""
    assert configuration(tmp_path, '[check]\nfail_on = "never"\n').fail_on is None


def test_every_threshold_has_a_reason() -> None:
    """Each default says where it comes from."""
    assert set(reasons()) == {each.name for each in fields(Thresholds)}
    assert all(len(reason.split()) >= 3 for reason in reasons().values())


REASONED = '{ value = "off", reason = "why" }'
WRONG = {
    "no TOML": ("[check", "the configuration cannot be read: "),
    "check is no table": ("check = 1", "check: found 1; expected a table"),
    "an unknown name": (
        '[check]\nfailon = "error"',
        (
            "check.failon: found a name that is not known; expected one of fail_on, thresholds, "
            "severity (did you mean fail_on?)"
        ),
    ),
    "an unknown severity": (
        '[check]\nfail_on = "eror"',
        (
            "check.fail_on: found 'eror'; expected one of note, warning, error, never "
            "(did you mean error?)"
        ),
    ),
    "a severity that is no text": (
        "[check]\nfail_on = true",
        "check.fail_on: found true; expected one of note, warning, error, never",
    ),
    "an unknown check": (
        f"[check.severity]\nFM305x = {REASONED}",
        (
            "check.severity.FM305x: found a check that is not known; "
            "expected one of FM301, FM302, FM303, FM304, FM305 "
            "(did you mean FM305?)"
        ),
    ),
    "no reason at a severity": (
        '[check.severity]\nFM101 = { value = "off" }',
        "check.severity.FM101.reason: found nothing; expected a sentence that says why",
    ),
    "an empty reason": (
        '[check.severity]\nFM101 = { value = "off", reason = " " }',
        "check.severity.FM101.reason: found ' '; expected a sentence that says why",
    ),
    "a bare severity": (
        '[check.severity]\nFM101 = "off"',
        ("check.severity.FM101: found 'off'; expected { value = ..., reason = \"...\" }"),
    ),
    "no value": (
        '[check.severity]\nFM101 = { reason = "why" }',
        "check.severity.FM101.value: found nothing; expected what is decided",
    ),
    "an unknown threshold": (
        '[check.thresholds]\nvisibility_per_timeot = { value = 1, reason = "why" }',
        "(did you mean visibility_per_timeout?)",
    ),
    "no reason at a threshold": (
        "[check.thresholds]\nvisibility_per_timeout = { value = 4 }",
        (
            "check.thresholds.visibility_per_timeout.reason: found nothing; "
            "expected a sentence that says why"
        ),
    ),
    "a threshold of another type": (
        '[check.thresholds]\nvisibility_per_timeout = { value = "4", reason = "why" }',
        (
            "check.thresholds.visibility_per_timeout.value: found '4'; "
            "expected a number that is not negative, as 6"
        ),
    ),
    "a negative threshold": (
        '[check.thresholds]\nvisibility_per_timeout = { value = -1, reason = "why" }',
        "found -1; expected a number that is not negative, as 6",
    ),
    "a threshold without an end": (
        '[check.thresholds]\nvisibility_per_timeout = { value = inf, reason = "why" }',
        "found inf; expected a number that is not negative, as 6",
    ),
    "a list of other things": (
        '[check.thresholds]\nlow_cardinality_words = { value = [1], reason = "why" }',
        "found [1]; expected a list of texts",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_fails_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    """File, key, what was found and what is expected."""
    with pytest.raises(ConfigurationError) as refused:
        configuration(tmp_path, text)

    assert str(refused.value).startswith(f"{tmp_path / 'hinagata.toml'}: ")
    assert message in str(refused.value)


def test_fails_without_the_file(tmp_path: Path) -> None:
    """A file that was named must be there."""
    with pytest.raises(ConfigurationError, match="there is no such configuration file"):
        read_configuration(tmp_path / "other.toml")
