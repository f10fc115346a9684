"""FailureModes: what it reads, and what it does when it cannot."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from patterns import FailureModes


def asked_of(assembly: Path) -> Any:
    """What the CDK hands a plugin, as far as this one asks."""
    return SimpleNamespace(app_construct=SimpleNamespace(outdir=str(assembly)))


def test_a_finding_says_where_it_is(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A violation names rule, construct, resource, template and property, and how to mend it."""
    monkeypatch.chdir(tmp_path)
    report = FailureModes().validate(asked_of(raw))

    (violation,) = [each for each in report.violations if each.rule_name == "FM201"]
    (resource,) = violation.violating_resources
    assert not report.success
    assert violation.severity == "error"
    assert "RedrivePolicy" in str(violation.fix)
    assert resource.construct_path == "Queue/Queue/Resource"
    assert resource.resource_logical_id == "Queue4A7E3555"
    assert Path(str(resource.template_path)).name == "Queue.template.json"
    assert resource.locations == ["RedrivePolicy"]


def test_the_projects_configuration_counts(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """hinagata.toml in the current folder makes another severity of a check, or turns it off."""
    monkeypatch.chdir(tmp_path)
    Path("hinagata.toml").write_text(
        "[check.severity]\n"
        'FM201 = { value = "note", reason = "the test wants it so" }\n'
        'FM301 = { value = "off", reason = "the test wants it so" }\n'
    )
    report = FailureModes().validate(asked_of(raw))

    severities = {each.rule_name: each.severity for each in report.violations}
    assert severities["FM201"] == "info"
    assert "FM301" not in severities


def test_a_fault_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be checked is said on stderr, and the synthesis goes on."""
    report = FailureModes().validate(asked_of(tmp_path / "nowhere"))

    assert report.success
    assert report.violations == []
    assert capsys.readouterr().err.startswith("failure modes are not checked: ")


def test_the_environment_leaves_the_checks_out(raw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hinagata check` and `hinagata topology` read an app whatever is found in it."""
    monkeypatch.setenv("HINAGATA_FAILURE_MODES", "off")
    report = FailureModes().validate(asked_of(raw))

    assert report.success
    assert report.violations == []
