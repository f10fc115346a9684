"""The proxy's rules strike calls about one resource, in whatever way it is named."""

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from microburst.core.context import RequestContext
from microburst.rules import from_dict

from hinagata.lab.faults.injection import Injection, Kind, Place
from hinagata.lab.faults.service_faults import SERVICES, rule_of
from hinagata.scenario.fault import Inject

TOPIC = "arn:aws:sns:us-east-1:000000000000:Events"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:Flow"
NAMES = {
    Kind.TABLE: "State",
    Kind.QUEUE: "Orders",
    Kind.TOPIC: TOPIC,
    Kind.STREAM: "Telemetry",
    Kind.BUS: "Shop",
    Kind.WORKFLOW: MACHINE,
}
ABOUT: list[tuple[Kind, Any]] = [
    (Kind.TABLE, {"TableName": "State"}),
    (Kind.TABLE, {"TableName": "arn:aws:dynamodb:us-east-1:0:table/State"}),
    (Kind.TABLE, {"RequestItems": {"State": [{"PutRequest": {}}]}}),
    (
        Kind.TABLE,
        {"TransactItems": [{"Put": {"TableName": "Other"}}, {"Update": {"TableName": "State"}}]},
    ),
    (Kind.QUEUE, {"QueueUrl": "http://127.0.0.1:4566/000000000000/Orders"}),
    (Kind.TOPIC, {"TopicArn": TOPIC}),
    (Kind.TOPIC, {"TargetArn": TOPIC}),
    (Kind.STREAM, {"StreamName": "Telemetry"}),
    (Kind.STREAM, {"StreamARN": "arn:aws:kinesis:us-east-1:0:stream/Telemetry"}),
    (Kind.BUS, {"Entries": [{"EventBusName": "Other"}, {"EventBusName": "Shop"}]}),
    (Kind.BUS, {"Entries": [{"EventBusName": "arn:aws:events:us-east-1:0:event-bus/Shop"}]}),
    (Kind.WORKFLOW, {"stateMachineArn": MACHINE}),
]
NOT_ABOUT: list[tuple[Kind, Any]] = [
    (Kind.TABLE, {"TableName": "StateOfAffairs"}),
    (Kind.TABLE, {"RequestItems": {"Other": []}}),
    (Kind.TABLE, {"TransactItems": [{"Put": {"TableName": "Other"}}]}),
    (Kind.TABLE, {}),
    (Kind.QUEUE, {"QueueUrl": "http://127.0.0.1:4566/000000000000/DeadOrders"}),
    (Kind.TOPIC, {"TopicArn": f"{TOPIC}2"}),
    (Kind.STREAM, {"StreamName": "TelemetryOfOthers"}),
    (Kind.BUS, {"Entries": [{"Source": "the default bus"}]}),
    (Kind.WORKFLOW, {"stateMachineArn": f"{MACHINE}2"}),
]


def fault(kind: Kind, inject: Inject = Inject.THROTTLE, **more: Any) -> Injection:
    """Return a fault of a service that is on."""
    now = time.time()
    place = Place(kind=kind, name=NAMES.get(kind, "files"))
    return Injection(number=0, inject=inject, place=place, begin=now - 1, end=now + 60, **more)


def call(kind: Kind, body: bytes) -> RequestContext:
    """Return a call of a service as the proxy sees it."""
    return RequestContext(method="POST", service=SERVICES[kind].name, body=body)


@pytest.mark.parametrize(("kind", "body"), ABOUT)
def test_a_call_about_the_resource_is_struck(kind: Kind, body: Any) -> None:
    """By name or ARN, alone, in a batch or in a transaction."""
    assert from_dict(rule_of(fault(kind))).matches(call(kind, json.dumps(body).encode()))


@pytest.mark.parametrize(("kind", "body"), NOT_ABOUT)
def test_a_call_about_another_is_not(kind: Kind, body: Any) -> None:
    """Nor one whose name only looks alike."""
    assert not from_dict(rule_of(fault(kind))).matches(call(kind, json.dumps(body).encode()))


def test_a_topic_is_found_in_a_form_too() -> None:
    """As older SDKs speak to SNS."""
    body = urlencode({"Action": "Publish", "TopicArn": TOPIC, "Message": "hello"}).encode()

    assert from_dict(rule_of(fault(Kind.TOPIC))).matches(call(Kind.TOPIC, body))


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.parametrize("inject", [Inject.SLOW, Inject.DOWN, Inject.THROTTLE, Inject.SERVER_ERROR])
def test_every_fault_of_every_service_is_a_rule(kind: Kind, inject: Inject) -> None:
    """That the proxy understands, and that does one thing."""
    rule = from_dict(rule_of(fault(kind, inject, delay_seconds=0.2, rate=0.5)))
    effects = [rule.latency is not None, rule.reset, rule.error is not None]

    assert rule.probability == 0.5
    assert effects == [inject is Inject.SLOW, inject is Inject.DOWN, sum(effects[:2]) == 0]


def test_a_rule_lasts_as_long_as_its_fault() -> None:
    """No call is struck before it begins or after it ends."""
    early = rule_of(fault(Kind.TABLE)) | {"active_at": time.time() + 60}
    late = rule_of(fault(Kind.TABLE)) | {"until": time.time() - 1}
    about = call(Kind.TABLE, b'{"TableName": "State"}')

    assert not from_dict(early).matches(about)
    assert not from_dict(late).matches(about)
