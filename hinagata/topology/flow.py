"""How messages travel along an edge: who waits, how often it is tried again, in what portions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from hinagata.topology.edge import FLOW, Edge, Kind
from hinagata.topology.edges.workflow import tasks
from hinagata.topology.graph import Topology
from hinagata.topology.node import Node, Role, walk
from hinagata.topology.patience import call
from hinagata.topology.value import Value, alternatives, items, number, referenced

_FUNCTION = "AWS::Lambda::Function"
_QUEUE = "AWS::SQS::Queue"
_STREAM = "AWS::Kinesis::Stream"
_INVOKE_CONFIG = "AWS::Lambda::EventInvokeConfig"
_MAPPING = "AWS::Lambda::EventSourceMapping"

# Defaults of the CloudFormation reference, of the resource that has the property.
_FUNCTION_TIMEOUT_S = 3
_QUEUE_VISIBILITY_S = 30
_QUEUE_BATCH, _STREAM_BATCH = 10, 100
# "By default, Lambda retries an asynchronous invocation twice" (Lambda developer guide,
# invocation-async-error-handling.html): after one minute, and after two more.
_ASYNC_RETRIES = 2
# "for 24 hours and up to 185 times with an exponential back off and jitter" (EventBridge user
# guide, eb-rule-retry-policy.html; Scheduler's API reference, RetryPolicy).
_EVENT_RETRIES = 185
# To AWS managed endpoints 3 + 2 + 10 + 100,000 times over 23 days (SNS developer guide,
# sns-message-delivery-retries.html).
_TOPIC_RETRIES = 100_015
# Amazon States Language, "Errors": MaxAttempts and BackoffRate of a retrier that names none.
_TASK_RETRIES, _TASK_BACKOFF = 3, 2.0
# OriginReadTimeout (CloudFront developer guide, "Response timeout").
_ORIGIN_TIMEOUT_S = 30
# "must respond within 5 seconds. If it doesn't ... Amazon Cognito retries the call. After three
# unsuccessful attempts, the function times out" (Cognito developer guide, Lambda triggers).
_TRIGGER_RETRIES = 2
# Parameter NumberOfRetries of a processor (Firehose API reference, ProcessorParameter).
_TRANSFORM_RETRIES = 3


class Flow(NamedTuple):
    """What a simulator or a run must know of a flow edge; None where it is unknown.

    Attributes:
        mode: Whether the sender waits for the answer, hands over, or is polled by the receiver.
        timeout_s: How long the sender waits for one try; of a poll, how long the receiver may
            work on a batch.
        retries: Further tries after the first one has failed; `math.inf` if nothing but the
            message's age ends them. Of a function, how often it is run again, not how often it is
            merely asked to.
        backoff: Whether the waits between tries grow.
        batch_size: Most messages handed over at once.
        window_s: Longest wait until a batch is full.
        max_in_flight: Most invocations at once; None also where nothing bounds them.
        ordered: Whether messages, of one key at least, keep their order.
        visibility_s: How long a queue hides a message that was taken from it.
        trace: Whether the trace goes on behind it, as AWS X-Ray sees it.
    """

    mode: Literal["sync", "async", "poll"]
    timeout_s: float | None = None
    retries: float | None = None
    backoff: Literal["exponential", "fixed"] | None = None
    batch_size: float | None = None
    window_s: float | None = None
    max_in_flight: float | None = None
    ordered: bool | None = None
    visibility_s: float | None = None
    trace: Literal["passes", "breaks", "unknown"] = "unknown"


def flow(edge: Edge, topology: Topology) -> Flow | None:
    """Returns how messages travel along an edge; None if none do.

    Args:
        edge: An edge of the topology.
        topology: Where the configuration of the function's asynchronous invocations is.
    """
    if edge.kind not in FLOW:
        return None
    if edge.kind is Kind.POLLS:
        return _polled(edge)
    if edge.kind is Kind.MAY_WRITE:
        return _written(edge)
    if edge.kind is Kind.INVOKES_SYNC:
        return _SYNCHRONOUS.get(edge.via.type, _called)(edge)
    return _invoked(edge, topology) if edge.kind is Kind.INVOKES_ASYNC else _delivered(edge)


def _polled(edge: Edge) -> Flow:
    source, via = edge.source, edge.via
    timeout = _timeout_of(edge.target)
    if via.type not in (_MAPPING, "AWS::Pipes::Pipe"):
        return Flow(mode="poll", timeout_s=timeout, trace="breaks")
    settings = _settings(edge)
    window = _number(via, *settings, "MaximumBatchingWindowInSeconds", default=0)
    if source.type == _QUEUE:
        return Flow(
            mode="poll",
            timeout_s=timeout,
            retries=_receives(source),
            backoff="fixed",
            batch_size=_number(via, *settings, "BatchSize", default=_QUEUE_BATCH),
            window_s=window,
            max_in_flight=_number(via, *settings, "ScalingConfig", "MaximumConcurrency"),
            ordered=source.flag("FifoQueue"),
            visibility_s=_number(source, "VisibilityTimeout", default=_QUEUE_VISIBILITY_S),
            # The consumer's trace is linked to the senders' (X-Ray developer guide, SQS).
            trace="passes",
        )
    retries = _number(via, *settings, "MaximumRetryAttempts", default=-1)
    return Flow(
        mode="poll",
        timeout_s=timeout,
        retries=math.inf if retries == -1 else retries,
        batch_size=_number(via, *settings, "BatchSize", default=_STREAM_BATCH),
        window_s=window,
        max_in_flight=_readers(edge, settings),
        ordered=True,
        # A record holds no trace header.
        trace="breaks",
    )


def _settings(edge: Edge) -> tuple[str, ...]:
    """Returns where a mapping or a pipe has the settings of its source."""
    if edge.via.type == _MAPPING:
        return ()
    parameters = "KinesisStreamParameters"
    if edge.source.type == _QUEUE:
        parameters = "SqsQueueParameters"
    elif edge.source.role is Role.TABLE:
        parameters = "DynamoDBStreamParameters"
    return ("SourceParameters", parameters)


def _receives(queue: Node) -> float | None:
    """Returns how often a message is received again before it becomes a dead letter."""
    policy = queue.get("RedrivePolicy")
    if policy is None:
        return math.inf
    count = _single(walk(policy, "maxReceiveCount"))
    return None if count is None else count - 1


def _readers(edge: Edge, settings: tuple[str, ...]) -> float | None:
    shards = _number(edge.source, "ShardCount") if edge.source.type == _STREAM else None
    each = _number(edge.via, *settings, "ParallelizationFactor", default=1)
    return None if shards is None or each is None else shards * each


def _written(edge: Edge) -> Flow:
    # The caller's SDK waits for its answer and has its own timeout and retries, told nowhere in a
    # template; what takes messages answers before anybody has worked on them.
    takes_messages = (Role.QUEUE, Role.TOPIC, Role.BUS, Role.STREAM)
    hands_over = edge.target.role in takes_messages or edge.detail == "states:StartExecution"
    breaks = edge.target.role in (Role.STREAM, Role.TABLE, Role.BUCKET)
    return Flow(
        mode="async" if hands_over else "sync",
        ordered=edge.target.flag("FifoQueue") if edge.target.type == _QUEUE else None,
        trace="breaks" if breaks else "passes",
    )


def _invoked(edge: Edge, topology: Topology) -> Flow:
    if edge.target.type != _FUNCTION:
        return Flow(mode="async", trace="unknown")
    config = _invoke_configs(topology).get((edge.target, edge.qualifier))
    retries: float | None = _ASYNC_RETRIES
    if config is not None:
        retries = _number(config, "MaximumRetryAttempts", default=_ASYNC_RETRIES)
    starts_anew = edge.source.role in (Role.BUCKET, Role.LOG, Role.SCHEDULE)
    return Flow(
        mode="async",
        timeout_s=_timeout_of(edge.target),
        retries=retries,
        backoff="exponential",
        batch_size=1,
        ordered=False,
        trace="breaks" if starts_anew else "passes",
    )


_configs: WeakKeyDictionary[Topology, dict[tuple[Node, Node | None], Node]] = WeakKeyDictionary()


def _invoke_configs(topology: Topology) -> dict[tuple[Node, Node | None], Node]:
    """The configurations of asynchronous invocations, by function and qualifier."""
    if topology not in _configs:
        _configs[topology] = {
            (function, qualifier): config
            for config in topology.of_type(_INVOKE_CONFIG)
            for function in config.nodes("FunctionName")
            for qualifier in _qualifiers(config, function, topology)
        }
    return _configs[topology]


def _qualifiers(config: Node, function: Node, topology: Topology) -> list[Node | None]:
    found: list[Node | None] = []
    for value in config.alternatives("Qualifier"):
        if isinstance(value, str) and value != "$LATEST":
            found += (
                alias
                for alias in topology.of_type("AWS::Lambda::Alias")
                if alias.get("Name") == value and function in alias.nodes("FunctionName")
            )
        else:
            found.append(next(referenced(value), None))
    return found


def _delivered(edge: Edge) -> Flow:
    retries: float | None = None
    backoff: Literal["exponential"] | None = None
    if edge.source.role is Role.TOPIC and edge.via.type.startswith("AWS::SNS::"):
        retries, backoff = _TOPIC_RETRIES, "exponential"
    elif edge.via.type in ("AWS::Events::Rule", "AWS::Scheduler::Schedule"):
        retries, backoff = _event_retries(edge), "exponential"
    breaks = edge.source.role in (Role.BUCKET, Role.LOG, Role.TABLE, Role.SCHEDULE) or (
        edge.target.role is Role.STREAM
    )
    return Flow(
        mode="async",
        retries=retries,
        backoff=backoff,
        ordered=edge.target.flag("FifoQueue") if edge.target.type == _QUEUE else None,
        trace="breaks" if breaks else "passes",
    )


def _event_retries(edge: Edge) -> float | None:
    listed = edge.via.get("Targets" if edge.via.type == "AWS::Events::Rule" else "Target")
    for target in items(listed):
        if edge.target in referenced(target):
            attempts = walk(target, "RetryPolicy", "MaximumRetryAttempts")
            return _EVENT_RETRIES if attempts is None else _single(attempts)
    return _EVENT_RETRIES


def _by_api(edge: Edge) -> Flow:
    return Flow(
        mode="sync",
        timeout_s=_waited(edge),
        retries=0,
        batch_size=1,
        # X-Ray knows no HTTP APIs (API Gateway developer guide, "Choose between").
        trace="passes" if edge.source.type == "AWS::ApiGateway::RestApi" else "breaks",
    )


def _by_load_balancer(edge: Edge) -> Flow:
    # It adds a trace id to the request, and a segment of its own to none.
    return Flow(mode="sync", timeout_s=_waited(edge), retries=0, batch_size=1, trace="passes")


def _by_distribution(edge: Edge) -> Flow:
    timeout: float | None = _ORIGIN_TIMEOUT_S
    for origin in edge.via.items("DistributionConfig", "Origins") or ():
        if edge.target in referenced(origin):
            declared = walk(origin, "CustomOriginConfig", "OriginReadTimeout")
            timeout = _ORIGIN_TIMEOUT_S if declared is None else _single(declared)
    return Flow(mode="sync", timeout_s=timeout, batch_size=1)


def _by_workflow(edge: Edge) -> Flow:
    timeouts: list[float | None] = []
    retries: list[float | None] = []
    grows = False
    for task in tasks(edge.via):
        named = referenced([walk(task.state, "Resource"), task.arguments])
        if not {edge.target, edge.qualifier}.intersection(named):
            continue
        retries.append(0)
        timeouts.append(_single(walk(task.state, "TimeoutSeconds")))
        for retrier in items(walk(task.state, "Retry")):
            attempts = walk(retrier, "MaxAttempts")
            retries.append(_TASK_RETRIES if attempts is None else _single(attempts))
            rate = walk(retrier, "BackoffRate")
            grows = grows or (_TASK_BACKOFF if rate is None else _single(rate)) != 1
    return Flow(
        mode="sync",
        timeout_s=_most(timeouts),
        # Each retrier counts its own errors: the one that tries longest is told.
        retries=_most(retries),
        backoff="exponential" if grows else None,
        batch_size=1,
        trace="passes",
    )


def _by_user_pool(edge: Edge) -> Flow:
    return Flow(
        mode="sync",
        timeout_s=_waited(edge),
        retries=_TRIGGER_RETRIES,
        batch_size=1,
        trace="breaks",
    )


def _by_graphql(edge: Edge) -> Flow:
    return Flow(mode="sync", timeout_s=_waited(edge), retries=0, batch_size=1, trace="passes")


def _by_delivery_stream(edge: Edge) -> Flow:
    timeout = _timeout_of(edge.target)
    return Flow(mode="sync", timeout_s=timeout, retries=_TRANSFORM_RETRIES, trace="breaks")


def _by_url(edge: Edge) -> Flow:
    timeout = _timeout_of(edge.target)
    return Flow(mode="sync", timeout_s=timeout, retries=0, batch_size=1, trace="passes")


def _called(_: Edge) -> Flow:
    return Flow(mode="sync")


# By the resource that declares the call.
_SYNCHRONOUS: dict[str, Callable[[Edge], Flow]] = {
    "AWS::ApiGateway::Method": _by_api,
    "AWS::ApiGateway::RestApi": _by_api,
    "AWS::ApiGatewayV2::Api": _by_api,
    "AWS::ApiGatewayV2::Integration": _by_api,
    "AWS::AppSync::DataSource": _by_graphql,
    "AWS::CloudFront::Distribution": _by_distribution,
    "AWS::Cognito::UserPool": _by_user_pool,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _by_load_balancer,
    "AWS::KinesisFirehose::DeliveryStream": _by_delivery_stream,
    "AWS::Lambda::Url": _by_url,
    "AWS::StepFunctions::StateMachine": _by_workflow,
}


def _waited(edge: Edge) -> float | None:
    """Returns how long the caller waits, if it can be only one time."""
    called = call(edge)
    waits = called.waits_s if called else None
    return next(iter(waits)) if waits is not None and len(waits) == 1 else None


def _timeout_of(node: Node) -> float | None:
    return _number(node, "Timeout", default=_FUNCTION_TIMEOUT_S) if node.type == _FUNCTION else None


def _number(node: Node, *path: str | int, default: float | None = None) -> float | None:
    """Returns a number if it can be only one."""
    numbers = node.numbers(*path, default=default)
    return next(iter(numbers)) if numbers is not None and len(numbers) == 1 else None


def _single(value: Value) -> float | None:
    """Returns the number that a resolved value is, if it can be only one."""
    found = list(alternatives(value))
    return number(found[0]) if len(found) == 1 else None


def _most(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return max(known) if known and len(known) == len(numbers) else None
