"""Answers that Node has given once: each question is a round trip, and constructs ask a lot.

Nothing here, and nothing else in `patterns`, asks while it is imported: Node is still starting.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns
    from constructs import IConstruct

_SECONDS: WeakKeyDictionary[cdk.Duration, float | None] = WeakKeyDictionary()
_WORDS: WeakKeyDictionary[cdk.Duration, str] = WeakKeyDictionary()
_STACKS: WeakKeyDictionary[IConstruct, cdk.Stack] = WeakKeyDictionary()
_RESOURCES: WeakKeyDictionary[IConstruct, cdk.CfnResource] = WeakKeyDictionary()
_ARNS: WeakKeyDictionary[sns.ITopic, str] = WeakKeyDictionary()


@cache
def days(number: int) -> cdk.Duration:
    """So many days."""
    return cdk.Duration.days(number)


@cache
def minutes(number: int) -> cdk.Duration:
    """So many minutes."""
    return cdk.Duration.minutes(number)


@cache
def in_seconds(number: int) -> cdk.Duration:
    """So many seconds."""
    return cdk.Duration.seconds(number)


def seconds(duration: cdk.Duration | None) -> float | None:
    """The duration in seconds; None for None and for a token, which only CloudFormation knows."""
    if duration is None:
        return None
    if duration not in _SECONDS:
        known = not duration.is_unresolved()
        _SECONDS[duration] = float(duration.to_seconds(integral=False)) if known else None
    return _SECONDS[duration]


def as_seconds(duration: cdk.Duration) -> float:
    """The duration in seconds, or the token for it."""
    known = seconds(duration)
    return duration.to_seconds() if known is None else known


def in_words(duration: cdk.Duration) -> str:
    """The duration for a person, e.g. "5 minutes"."""
    if duration not in _WORDS:
        _WORDS[duration] = duration.to_human_string()
    return _WORDS[duration]


def stack_of(construct: IConstruct) -> cdk.Stack:
    """The stack that a construct is in."""
    if isinstance(construct, cdk.Stack):
        return construct
    if construct not in _STACKS:
        _STACKS[construct] = cdk.Stack.of(construct)
    return _STACKS[construct]


def resource_of(construct: IConstruct) -> cdk.CfnResource | None:
    """The resource behind a construct; None for one that is imported or has none."""
    if isinstance(construct, cdk.CfnResource):
        return construct
    if construct not in _RESOURCES:
        found = construct.node.default_child
        if not isinstance(found, cdk.CfnResource):
            return None
        _RESOURCES[construct] = found
    return _RESOURCES[construct]


def arn_of(topic: sns.ITopic) -> str:
    """A topic's ARN."""
    if topic not in _ARNS:
        _ARNS[topic] = topic.topic_arn
    return _ARNS[topic]


@cache
def service(name: str) -> iam.ServicePrincipal:
    """A service as a principal, e.g. "lambda.amazonaws.com"."""
    return iam.ServicePrincipal(name)
