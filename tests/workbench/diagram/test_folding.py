"""What a picture shows of a topology, and what it leaves out."""

from __future__ import annotations

from typing import Any

from hinagata.diagram.folding import fold
from hinagata.diagram.picture import Box, Line, Picture, Symbol
from hinagata.topology.reading import topology_of
from tests.workbench.diagram.shop import SHOP, arn, resource, role


def picture_of(**resources: Any) -> Picture:
    """Return the picture of one stack's resources."""
    return fold(topology_of(Shop={"Resources": resources}))


def boxes_of(picture: Picture) -> dict[str, Box]:
    """Return a picture's boxes by their full names."""
    return {box.full_name: box for box in picture.root.all_boxes()}


def arrows_of(picture: Picture) -> dict[tuple[str, str], tuple[str, Line]]:
    """Return what a picture's arrows say, by the full names of their ends."""
    names = {box.key: box.full_name for box in picture.root.all_boxes()}
    return {
        (names[arrow.source], names[arrow.target]): (arrow.label, arrow.line)
        for arrow in picture.arrows
    }


def test_only_what_carries_the_story_is_drawn() -> None:
    """Roles, alarms, mappings, and the topic that alarms alone speak through, are folded away."""
    assert set(boxes_of(picture_of(**SHOP))) == {
        "internet",
        "OrderApi/Api",
        "OrderApi/Intake",
        "Orders",
        "Billing",
        "Bills",
        "Audit",
    }


def test_arrows_say_what_happens() -> None:
    """Each pair of things has one arrow, with all that happens between them."""
    assert arrows_of(picture_of(**SHOP)) == {
        ("internet", "OrderApi/Api"): ("requests", Line.WAITS),
        ("OrderApi/Api", "OrderApi/Intake"): ("invokes", Line.WAITS),
        ("OrderApi/Intake", "Orders"): ("sends", Line.HANDS_OVER),
        ("OrderApi/Intake", "Audit"): ("has its name", Line.KNOWS),
        ("Orders", "Billing"): ("polled by", Line.HANDS_OVER),
        ("Billing", "Bills"): ("reads, writes", Line.WAITS),
    }


def test_a_dead_letter_queue_is_a_part_of_its_queue() -> None:
    """It is no box, but named in that of the queue that it serves, and whether it is watched."""
    (letters,) = boxes_of(picture_of(**SHOP))["Orders"].letters

    assert (letters.name, letters.watched) == ("DeadLetters", True)


def test_a_shared_dead_letter_queue_is_a_box() -> None:
    """What takes the dead letters of two queues belongs to neither."""
    redrive = {"deadLetterTargetArn": arn("Letters"), "maxReceiveCount": 5}
    picture = picture_of(
        One=resource("AWS::SQS::Queue", RedrivePolicy=redrive),
        Two=resource("AWS::SQS::Queue", RedrivePolicy=redrive),
        Letters=resource("AWS::SQS::Queue"),
    )

    assert arrows_of(picture) == {
        ("One", "Letters"): ("dead letters", Line.GIVES_UP),
        ("Two", "Letters"): ("dead letters", Line.GIVES_UP),
    }


def test_a_dead_letter_queue_that_somebody_reads_is_a_box() -> None:
    """A queue whose letters are worked off has a story of its own."""
    picture = picture_of(
        **SHOP,
        Redrive=resource(
            "AWS::Lambda::EventSourceMapping",
            "Shop/Repair/FromLetters",
            EventSourceArn=arn("DeadLetters"),
            FunctionName={"Ref": "Repair"},
        ),
        Repair=resource("AWS::Lambda::Function", "Shop/Repair/Function/Resource"),
    )

    assert arrows_of(picture)["Orders/Queue", "Orders/DeadLetters"] == (
        "dead letters",
        Line.GIVES_UP,
    )


def test_things_of_one_construct_stand_in_a_group() -> None:
    """A construct with two things is a frame; one with a single thing gives it its name."""
    root = picture_of(**SHOP).root

    assert {group.name: [box.name for box in group.boxes] for group in root.groups} == {
        "OrderApi": ["Api", "Intake"]
    }


def test_stacks_are_frames_where_there_are_several() -> None:
    """With one stack there is nothing to tell apart."""
    queue = {"Resources": {"Queue": resource("AWS::SQS::Queue", "One/Orders/Resource")}}
    table = {"Resources": {"Table": resource("AWS::DynamoDB::Table", "Two/Bills/Resource")}}

    both = fold(topology_of(One=queue, Two=table)).root
    alone = fold(topology_of(One=queue)).root

    assert [(group.name, group.is_stack) for group in both.groups] == [
        ("One", True),
        ("Two", True),
    ]
    assert alone.groups == []


def test_a_stack_that_is_one_construct_has_one_frame() -> None:
    """Two frames around the same boxes would say nothing."""
    pair = {
        "A": resource("AWS::SQS::Queue", "One/Orders/A/Resource"),
        "B": resource("AWS::SQS::Queue", "One/Orders/B/Resource"),
    }
    other = {"T": resource("AWS::DynamoDB::Table", "Two/Bills/Resource")}

    root = fold(topology_of(One={"Resources": pair}, Two={"Resources": other})).root

    assert [(group.name, len(group.boxes)) for group in root.groups] == [
        ("One/Orders", 2),
        ("Two", 1),
    ]


def test_each_schedule_is_a_box() -> None:
    """Rules share a clock, but a person draws each with its times."""
    rules = {
        name: resource(
            "AWS::Events::Rule",
            ScheduleExpression=when,
            Targets=[{"Id": "it", "Arn": arn("Report")}],
        )
        for name, when in {"Hourly": "rate(1 hour)", "Nightly": "cron(0 3 * * ? *)"}.items()
    }
    picture = picture_of(**rules, Report=resource("AWS::Lambda::Function"))

    assert arrows_of(picture) == {
        ("Hourly", "Report"): ("starts", Line.HANDS_OVER),
        ("Nightly", "Report"): ("starts", Line.HANDS_OVER),
    }
    assert boxes_of(picture)["Hourly"].what == "schedule rate(1 hour)"


def test_what_lies_outside_is_named_by_its_arn() -> None:
    """A queue of somebody else is drawn as one, by its name, and as lying outside."""
    picture = picture_of(
        Sender=resource("AWS::Lambda::Function", Role=arn("Role")),
        Role=role("", (["sqs:SendMessage"], "arn:aws:sqs:eu-west-1:123456789012:theirs")),
    )
    theirs = boxes_of(picture)["theirs"]

    assert (theirs.what, theirs.symbol, theirs.is_outside) == ("queue outside", Symbol.QUEUE, True)
    assert arrows_of(picture) == {("Sender", "theirs"): ("sends", Line.HANDS_OVER)}


def test_what_only_a_deployment_runs_is_left_out() -> None:
    """The function behind a custom resource is no part of the architecture."""
    picture = picture_of(
        Cleaner=resource("Custom::S3AutoDeleteObjects", ServiceToken=arn("Provider")),
        Provider=resource("AWS::Lambda::Function"),
        Files=resource("AWS::S3::Bucket"),
    )

    assert set(boxes_of(picture)) == {"Files"}


def test_a_bucket_of_access_logs_is_left_out() -> None:
    """Where a load balancer writes its log carries no message."""
    picture = picture_of(
        Balancer=resource(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            Scheme="internal",
            LoadBalancerAttributes=[{"Key": "access_logs.s3.bucket", "Value": {"Ref": "Logs"}}],
        ),
        Logs=resource("AWS::S3::Bucket"),
    )

    assert set(boxes_of(picture)) == {"Balancer"}


def test_a_message_back_has_an_arrow_of_its_own() -> None:
    """A worker that sends to the queue it reads is a loop, and is drawn as one."""
    loop = {
        **SHOP,
        "BillingRole": role("", (["sqs:SendMessage", "sqs:ReceiveMessage"], arn("Orders"))),
    }

    arrows = arrows_of(picture_of(**loop))

    assert arrows["Billing", "Orders"] == ("sends", Line.HANDS_OVER)
    assert arrows["Orders", "Billing"] == ("polled by", Line.HANDS_OVER)


def test_nothing_makes_an_empty_picture() -> None:
    """A template of roles alone has no story."""
    picture = picture_of(Role=resource("AWS::IAM::Role"))

    assert list(picture.root.all_boxes()) == []
    assert picture.arrows == ()
