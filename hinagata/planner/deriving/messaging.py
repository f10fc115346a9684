"""Queues, topics, buses, schedules and workflows."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from hinagata.planner.deriving.month import Month
from hinagata.topology.edge import FAILURE, Kind
from hinagata.topology.edges.workflow import usual_states
from hinagata.topology.flow import flow
from hinagata.topology.node import Node, Role

_QUEUE = "AWS::SQS::Queue"
# rate(5 minutes): EventBridge user guide, "Schedule types".
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_MINUTES_PER_DAY = 1440
# Protocols of a subscription, and the usage that its deliveries count as.
_DELIVERIES = {
    "sqs": "sqs_or_lambda",
    "lambda": "sqs_or_lambda",
    "http": "http",
    "https": "http",
    "email": "email",
    "email-json": "email",
    "sms": "sms",
    "application": "mobile_push",
    "firehose": "firehose",
}


def queues(month: Month) -> None:
    """Adds queues: sends, receives and deletes of their messages, and receives of nothing."""
    for node in month.topology.of_type(_QUEUE):
        messages = month.messages(node) + month.month_of(_letters(month, node))
        receives, batch, idle = 1.0, 1.0, 0.0
        for edge in month.topology.out(node, Kind.POLLS):
            feed = next(
                (each for each in month.handlers.feeds(edge.target) if each.edge == edge), None
            )
            first = month.fact("sqs_esm", "initial_concurrency")
            if feed is None:
                idle += first
                continue
            receives, batch = feed.tries, feed.batch
            busy = month.flows.mean(feed.visits) * month.handlers.work(edge.target).mean_s
            idle += max(0.0, first - busy)
        month.add(
            "sqs",
            node,
            type="fifo" if node.flag("FifoQueue") else "standard",
            messages=messages,
            message_kb=month.message_kb(node),
            receives=receives,
            receive_batch=batch,
            delete_batch=batch,
            pollers=idle,
        )


def _letters(month: Month, node: Node) -> float:
    """Messages a second that others give up and send here."""
    letters = 0.0
    for edge in month.topology.into(node, *FAILURE):
        if edge.source.type == _QUEUE:
            for polls in month.topology.out(edge.source, Kind.POLLS):
                letters += _given_up(month, edge.source, polls.target)
        elif edge.source in month.names.handlers:
            for feed in month.handlers.feeds(edge.source):
                if feed.edge is not None and feed.edge.source.type != _QUEUE:
                    letters += _given_up(month, feed.edge.source, edge.source)
    return letters


def _given_up(month: Month, source: Node, handler: Node) -> float:
    for feed in month.handlers.feeds(handler):
        if feed.edge is not None and feed.edge.source is source:
            lost = month.handlers.given_up(handler, feed.most_tries)
            return month.flows.mean(feed.visits) * lost
    return 0.0


def phones(month: Month) -> None:
    """Adds what code publishes to the endpoints of a platform application, which are phones."""
    for node in month.topology.of_role(Role.EXTERNAL):
        if ":sns:" in node.logical_id and ":endpoint/" in node.logical_id:
            senders = {edge.source for edge in month.topology.into(node, Kind.MAY_WRITE)}
            published = math.fsum(month.messages(sender) for sender in senders)
            month.add("sns", node, publishes=published, mobile_push=published)


def topics(month: Month) -> None:
    """Adds topics: what is published, and what is delivered by each protocol."""
    for node in month.topology.of_type("AWS::SNS::Topic"):
        published = month.messages(node)
        deliveries: dict[str, float] = {}
        subscribed = 0.0
        for subscription in _subscriptions(month, node):
            protocol = str(subscription.get("Protocol"))
            target = next(
                (
                    edge.target
                    for edge in month.topology.out(node, Kind.DELIVERS, Kind.INVOKES_ASYNC)
                    if edge.via is subscription
                ),
                None,
            )
            share = 1.0
            if target is not None and published:
                share = month.month_of(month.flows.mean(_over(month, node, target))) / published
            field = _DELIVERIES.get(protocol)
            if field is not None:
                deliveries[field] = deliveries.get(field, 0.0) + published * share
            subscribed += share
        if node.flag("FifoTopic"):
            month.add(
                "sns",
                node,
                type="fifo",
                publishes=published,
                message_kb=month.message_kb(node),
                fifo_subscriptions=subscribed,
            )
        else:
            month.add(
                "sns",
                node,
                publishes=published,
                message_kb=month.message_kb(node),
                **deliveries,
            )


def _subscriptions(month: Month, node: Node) -> Iterator[Node]:
    for subscription in month.topology.of_type("AWS::SNS::Subscription"):
        if node in subscription.nodes("TopicArn"):
            yield subscription


def _over(month: Month, source: Node, target: Node) -> dict[str, float]:
    return dict(month.flows.over.get((source, target), {}))


def buses(month: Month) -> None:
    """Adds buses, pipes and schedules: events, and how often a clock strikes."""
    for node in month.topology.of_role(Role.BUS):
        if messages := month.messages(node):
            month.add("eventbridge", node, custom_events=messages, event_kb=month.message_kb(node))
    for node in month.topology.of_type("AWS::Pipes::Pipe"):
        passed = [
            edge
            for edge in month.topology.edges(Kind.POLLS, Kind.DELIVERS, Kind.INVOKES_SYNC)
            if edge.via is node
        ]
        rate = math.fsum(month.flows.mean(_over(month, *edge[:2])) for edge in passed[:1])
        if rate:
            found = flow(passed[0], month.topology)
            batch = (found.batch_size if found else None) or 1.0
            month.add(
                "eventbridge_pipes",
                node,
                requests=month.month_of(rate),
                request_kb=month.message_kb(passed[0].source),
            )
            if batch > 1:
                month.notes.append(
                    f"{month.names.shown(node)}: taken as a request for each message; "
                    f"full batches make up to {batch:g} times fewer"
                )
    for node in month.topology.of_type("AWS::Scheduler::Schedule"):
        month.add("eventbridge_scheduler", node, invocations=_strikes(month, node))


def _strikes(month: Month, node: Node) -> float:
    text = node.get("ScheduleExpression")
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    if found:
        minutes = int(found[1]) * _MINUTES[found[2]]
        return month.seconds / 60 / minutes if minutes else 0.0
    if isinstance(text, str) and text.startswith("at("):
        return 1.0
    month.notes.append(f"{month.names.shown(node)}: taken as once a day ({text})")
    return month.seconds / 60 / _MINUTES_PER_DAY


def workflows(month: Month) -> None:
    """Adds workflows: runs, and the states that each goes through or the time that it takes."""
    for node in month.topology.of_type("AWS::StepFunctions::StateMachine"):
        runs = month.messages(node)
        if node.get("StateMachineType") == "EXPRESS":
            seconds = math.fsum(
                month.handlers.work(edge.target).mean_s
                for edge in month.topology.out(node, Kind.INVOKES_SYNC)
                if edge.target in month.names.handlers
            )
            month.add(
                "step_functions",
                node,
                type="express",
                executions=runs,
                duration_ms=seconds * 1000,
            )
        else:
            each = _states(node) + month.assume("transitions", node) if runs else 0.0
            month.add(
                "step_functions", node, type="standard", executions=runs, transitions_each=each
            )


def _states(node: Node) -> float:
    """States of an execution without a failure, and the step that starts it: each entered once."""
    return 1.0 + len(usual_states(node))
