"""Off: a guard rail that is switched off stays visible, with its reason."""

from collections.abc import Callable

import pytest

from patterns import Off
from tests.synth.exhibits import REASON
from tests.synth.refusal import refused
from tests.synth.template import Template


@pytest.mark.parametrize(
    ("stack", "path", "rules"),
    [
        (
            "QueueSwitchedOff",
            "Orders/Queue",
            {"AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy", "Hinagata::FM201"},
        ),
        ("WorkerSwitchedOff", "Billing", {"Hinagata::FM102"}),
        ("WorkflowSwitchedOff", "Fulfilment/Workflow", {"AwsSolutions-SF1"}),
        (
            "ApiSwitchedOff",
            "Shop",
            {
                "AwsSolutions-APIG4",
                "AwsSolutions-COG4",
                "Serverless-APIGWDefaultThrottling",
                "Hinagata::FM106",
            },
        ),
        (
            "HttpApiSwitchedOff",
            "Shop",
            {
                "AwsSolutions-APIG4",
                "AwsSolutions-COG4",
                "Serverless-APIGWDefaultThrottling",
                "Hinagata::FM106",
            },
        ),
        ("ServicePrivate", "Gateway/LoadBalancer", {"AwsSolutions-ELB2"}),
        (
            "TelemetrySwitchedOff",
            "Current/Default",
            {"AwsSolutions-DDB3", "SecurityHub::DynamoDB.6", "Hinagata::FM804"},
        ),
        ("LakeSwitchedOff", "Traces/Bucket", {"SecurityHub::S3.14"}),
    ],
)
def test_an_off_switch_leaves_its_reason(
    template: Callable[[str], Template], stack: str, path: str, rules: set[str]
) -> None:
    """The reason given to Off is acknowledged at the resource, for each rule that it answers."""
    acknowledged = {
        rule
        for where, rule, reason in template(stack).acknowledgements()
        if where == path and reason == REASON
    }

    assert acknowledged == rules


@pytest.mark.parametrize("reason", ["", "  "])
def test_fails_if_there_is_no_reason(reason: str) -> None:
    """An Off without a reason is refused."""
    with refused("Off() needs a reason", 'Off("served behind our own gateway")'):
        Off(reason)


def test_a_switched_off_queue_has_no_dead_letters(template: Callable[[str], Template]) -> None:
    """Off switches the guard off, and not only its findings."""
    stack = template("QueueSwitchedOff")

    assert "RedrivePolicy" not in stack.one("SQS::Queue").properties
