"""What four tools say of everything that is synthesized here: nothing that is not acknowledged."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.synth.conftest import Synthesized


def _hinagata(synthesized: Synthesized) -> list[object]:
    command = [Path(sys.executable).with_name("hinagata"), "check", synthesized.directory]
    said = subprocess.run(
        [*map(str, command), "--format", "json", "--fail-on", "note"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(said.stdout)
    assert report["summary"]["resources"] > 1000
    return [*report["findings"], *report["stale_acknowledgements"]]


def _cfn_lint(synthesized: Synthesized) -> list[object]:
    return list(synthesized.cfn_lint.said().splitlines())


def _cdk(synthesized: Synthesized) -> list[object]:
    return [
        (violation["ruleName"], construct.get("constructPath"))
        for report in synthesized.report["pluginReports"]
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]


def _checkov(synthesized: Synthesized) -> list[object]:
    report = json.loads(synthesized.checkov.said())
    assert report["summary"]["passed"] > 1000
    assert report["summary"]["parsing_errors"] == 0
    return [
        (finding["check_id"], finding["file_path"], finding["resource"])
        for finding in report["results"]["failed_checks"]
    ]


@pytest.mark.parametrize(
    "judge",
    [
        pytest.param(_hinagata, id="hinagata check"),
        pytest.param(_cdk, id="cdk-nag and the CDK's validation"),
        pytest.param(_checkov, id="checkov"),
        pytest.param(_cfn_lint, id="cfn-lint"),
    ],
)
def test_nothing_is_unacknowledged(
    synthesized: Synthesized, judge: Callable[[Synthesized], list[object]]
) -> None:
    """Each tool, run over every pattern and every sample, has nothing to say."""
    assert judge(synthesized) == []


def test_every_acknowledgement_has_a_reason(synthesized: Synthesized) -> None:
    """Nothing is waved through without a sentence for the reader of a review."""
    reasons = [
        reason
        for template in synthesized.templates.values()
        for _, _, reason in template.acknowledgements()
    ]
    reasons += [
        skip["comment"]
        for template in synthesized.templates.values()
        for resource in template.resources.values()
        for skip in resource.body.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]

    assert len(reasons) > 500
    assert all(len(reason.split()) >= 3 for reason in reasons)
