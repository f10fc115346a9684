"""What holds state in a sample keeps its logical id, or CloudFormation would replace it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.synth.template import Template

STATEFUL_IDS = Path(__file__).with_name("stateful_ids.json")
STATEFUL = {
    "AWS::DynamoDB::Table",
    "AWS::Events::Archive",
    "AWS::Events::EventBus",
    "AWS::Kinesis::Stream",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}
HELD: dict[str, list[str]] = json.loads(STATEFUL_IDS.read_text())


def stateful(template: Template) -> set[str]:
    """The logical ids of what would lose something if it were replaced."""
    return {each.logical_id for each in template.resources.values() if each.type in STATEFUL}


@pytest.mark.parametrize("sample", HELD)
def test_resources_with_state_keep_their_logical_ids(
    template: Callable[[str], Template], sample: str
) -> None:
    """A logical id that changes makes CloudFormation delete the resource with what is in it."""
    now, held = stateful(template(sample)), set(HELD[sample])

    assert now >= held, (
        f"{sorted(held - now)} are gone or renamed. Deploying this would delete these tables, "
        "streams, queues, topics, secrets or buckets and make empty ones: give the constructs "
        "their old ids and scopes. If they are meant to go, say so in the changelog, then take "
        f"them out of {STATEFUL_IDS.name}."
    )
    assert now == held, f"{sorted(now - held)} are new: add them to {STATEFUL_IDS.name}."
