"""What other tools say of everything that is synthesized here: nothing."""

import json

from tests.synth.conftest import Synthesized


def test_the_validation_report_is_empty(synthesized: Synthesized) -> None:
    """CloudFormation's validator and cdk-nag's two rule packs find nothing unacknowledged."""
    findings = [
        (violation["ruleName"], construct.get("constructPath"))
        for report in synthesized.report["pluginReports"]
        for violation in report["violations"]
        for construct in violation["violatingConstructs"]
    ]

    assert findings == []


def test_cfn_lint_finds_nothing(synthesized: Synthesized) -> None:
    """cfn-lint has neither an error nor a warning about any template."""
    said, _ = synthesized.linter.communicate()

    assert said == ""
    assert synthesized.linter.returncode == 0


def test_checkov_finds_nothing(synthesized: Synthesized) -> None:
    """No rule of checkov fails on any template without being skipped, with a comment."""
    synthesized.checkov.wait()
    report = json.loads(synthesized.checkov_report.read_text())

    assert report["summary"]["passed"] > 1000
    assert report["summary"]["parsing_errors"] == 0
    assert [
        (finding["check_id"], finding["file_path"], finding["resource"])
        for finding in report["results"]["failed_checks"]
    ] == []


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
