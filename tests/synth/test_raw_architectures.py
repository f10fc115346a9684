"""What the checks find in five first drafts, finding by finding; others find none of most."""

import json
from pathlib import Path

import pytest

from hinagata.checks.report import Report
from hinagata.checks.runner import run_checks
from hinagata.topology.reading import read_topology

# Each was read in its template and is true.
FOUND = {
    "Api": {
        ("FM106", "Api/DeploymentStage.prod"),  # no MethodSettings
        ("FM403", "Function"),  # there is no alarm at all
        ("FM405", "Api"),
        ("FM702", "Api"),  # public, and no web ACL
    },
    "Queue": {
        ("FM102", "Function/SqsEventSource:Queue172EC9BB"),  # neither ScalingConfig nor reserved
        ("FM201", "Queue"),  # no RedrivePolicy
        ("FM204", "Function/SqsEventSource:Queue172EC9BB"),  # no FunctionResponseTypes
        ("FM403", "Function"),
        ("FM404", "Queue"),
    },
    "FanOut": {
        ("FM206", "Queue/FanOutTopicD48A3E5A"),  # no RedrivePolicy on the subscription
    },
    "Stream": {
        ("FM301", "Function/KinesisEventSource:StreamFBE79EEE"),  # neither attempts nor age
        ("FM302", "Function/KinesisEventSource:StreamFBE79EEE"),  # no bisect
        ("FM303", "Function/KinesisEventSource:StreamFBE79EEE"),  # no OnFailure
        ("FM304", "Function/KinesisEventSource:StreamFBE79EEE"),  # LATEST
        ("FM403", "Function"),
        ("FM404", "Stream"),
    },
    "Service": {
        ("FM405", "Service/LB"),
        ("FM408", "Service/TaskDef/web/LogGroup"),  # no RetentionInDays
        ("FM702", "Service/LB"),
        ("FM801", "Service/LB/PublicListener/ECSGroup"),  # no HealthCheckPath
        ("FM802", "Service/LB/PublicListener/ECSGroup"),  # no deregistration delay: 300 s
        ("FM802", "Service/Service/Service"),  # no circuit breaker
        ("FM804", "Service/Service/Service"),  # one task, and nothing that scales it
    },
}
SIZES = {"Api": 13, "Queue": 6, "FanOut": 4, "Stream": 6, "Service": 40}


@pytest.fixture(scope="module")
def report(raw: Path) -> Report:
    """What all checks say of them."""
    return run_checks(read_topology(raw))


@pytest.mark.parametrize("stack", SIZES)
def test_they_are_the_surveyed_ones(raw: Path, stack: str) -> None:
    """Each has as many resources as the draft that other tools were run on."""
    template = json.loads((raw / f"{stack}.template.json").read_text())

    assert len(template["Resources"]) == SIZES[stack]


@pytest.mark.parametrize("stack", FOUND)
def test_each_finding_is_known(report: Report, stack: str) -> None:
    """The checks find what is listed above, and nothing else."""
    found = {
        (each.check.id, each.finding.node.name)
        for each in report.open()
        if each.finding.node.template.name == stack
    }

    assert found == FOUND[stack]


def test_nothing_is_left_open(report: Report) -> None:
    """Every question could be answered from the templates."""
    assert report.unresolved == ()
