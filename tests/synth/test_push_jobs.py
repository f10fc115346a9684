"""The sample PushJobs: wired as in the talk, sized as in the talk."""

from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import aws_secretsmanager as secretsmanager

from patterns import EventStream, LambdaWorker
from stacks.push_jobs import PushJobs
from tests.synth.template import Template

Templates = Callable[[str], Template]


@pytest.mark.parametrize(
    ("hop", "variables"),
    [
        ("Relay", {"JOBS_QUEUE_URL": "Jobs/Queue/Resource"}),
        (
            "Sender",
            {
                "PHONES_APPLICATION_ARN": "Phones/Application/Default",
                "PHONES_TABLE_NAME": "Phones/Tokens/Resource",
            },
        ),
    ],
)
def test_each_hop_knows_what_it_works_with(
    template: Templates, hop: str, variables: dict[str, str]
) -> None:
    """A hop's code has the variables that it reads, and each names the resource meant."""
    jobs = template("PushJobs")
    code = jobs.one("Lambda::Function", hop)
    told = {
        name: found.path
        for name, value in code.environment.items()
        if (found := jobs.refers(value)) is not None
    }

    assert code.environment["POWERTOOLS_SERVICE_NAME"] == hop
    assert told == variables


@pytest.mark.parametrize(
    ("messages", "shards", "lanes", "senders"), [(3_700, 1, 2, 19), (37_000, 1, 10, 185)]
)
def test_it_is_sized_by_its_messages(messages: int, shards: int, lanes: int, senders: int) -> None:
    """The talk's 3,700 a minute need one shard and 19 senders at 0.3 s; so ten times as many."""
    stack = PushJobs(cdk.App(), "PushJobs", messages_per_minute=messages)
    intake, relay, sender = (stack.node.find_child(name) for name in ("Intake", "Relay", "Sender"))

    assert isinstance(intake, EventStream)
    assert isinstance(relay, LambdaWorker)
    assert isinstance(sender, LambdaWorker)
    assert intake.shards == shards
    assert relay.mappings["Intake"].parallelization_factor == lanes
    assert sender.max_concurrency == senders


def test_an_account_gives_its_own_credentials() -> None:
    """Then the stack makes no secret, and uses the one that is there."""
    own = PushJobs(cdk.App(), "PushJobs", credentials="firebase")

    assert not isinstance(own.node.find_child("Credentials"), secretsmanager.Secret)
