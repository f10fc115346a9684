"""The sample TraceLake: every hop is kept, and the trace goes along on every way (R29 to R33)."""

import json
from collections.abc import Callable

from tests.synth.template import Template

Templates = Callable[[str], Template]


def test_every_hop_is_kept(template: Templates) -> None:
    """The log group of each function has a subscription of the lake."""
    stack = template("TraceLake")
    kept = {
        stack.target(each["LogGroupName"]).logical_id
        for each in stack.all("Logs::SubscriptionFilter", "Traces")
    }

    assert kept == {
        stack.target(each["LoggingConfig"]["LogGroup"]).logical_id
        for each in stack.all("Lambda::Function")
    }


def test_no_step_overwrites_the_trace(template: Templates) -> None:
    """What a step returns lies beside the event, never in its place."""
    workflow = template("TraceLake").one("StepFunctions::StateMachine")
    states = workflow["Definition"]["States"]
    tasks = [state for state in states.values() if state["Type"] == "Task"]

    assert len(tasks) == 4
    assert all(state["ResultPath"].startswith("$.") for state in tasks)


def test_who_follows_the_album_reads_metadata(template: Templates) -> None:
    """The notification names no trace, so the catalogue may read the objects, and write none."""
    stack = template("TraceLake")
    allowed = stack.may(stack.role(stack.one("Lambda::Function", "Catalogue")))

    assert {action for action in allowed if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
    }


def test_a_deletion_leaves_what_outlives_it(template: Templates) -> None:
    """Who discards may delete negatives, and write the tombstone, which goes after two weeks."""
    stack = template("TraceLake")
    allowed = stack.may(stack.role(stack.one("Lambda::Function", "Discard")))
    (bucket,) = [each for each in stack.all("S3::Bucket") if each.path.startswith("Album")]
    rules = bucket["LifecycleConfiguration"]["Rules"]

    assert "negatives/*" in json.dumps(allowed["s3:DeleteObject"])
    assert "s3:PutObject" in allowed
    assert {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules} == {
        "tombstones/": 14,
        None: None,
    }


def test_the_album_tells_of_every_change(template: Templates) -> None:
    """What is created and what is removed goes to one queue, which is there, and open, before."""
    stack = template("TraceLake")
    (bucket,) = [each for each in stack.all("S3::Bucket") if each.path.startswith("Album")]
    told = bucket["NotificationConfiguration"]["QueueConfigurations"]

    assert {(each["Event"], each["Filter"]["S3Key"]["Rules"][0]["Value"]) for each in told} == {
        (event, prefix)
        for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
        for prefix in ("negatives/", "prints/")
    }
    assert {stack.target(each["Queue"]).path for each in told} == {"AlbumChanges/Queue/Resource"}
    policy = stack.one("SQS::QueuePolicy", "AlbumChanges/Queue")
    assert policy.logical_id in bucket.body["DependsOn"]
