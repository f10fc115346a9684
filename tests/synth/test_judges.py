"""What other tools say of everything that is synthesized here: nothing."""

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


def test_every_acknowledgement_has_a_reason(synthesized: Synthesized) -> None:
    """Nothing is waved through without a sentence for the reader of a review."""
    reasons = [
        reason
        for template in synthesized.templates.values()
        for _, _, reason in template.acknowledgements()
    ]

    assert len(reasons) > 100
    assert all(len(reason.split()) >= 3 for reason in reasons)
