"""A consumer that is capped, retries a bounded number of times, and loses nothing: Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from patterns._acknowledgements import SQS_MAPPING, acknowledge
from patterns._alarms import alarm, operator_alarms
from patterns._defaults import dead_letter_queue, seconds
from patterns._flows import Sender, environment_name
from patterns._function import LAMBDA_TIMEOUT_SECONDS, MEMORY_MB, function
from patterns._off import Off
from patterns.point_to_point_queue import PointToPointQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from patterns._flows import Code
    from patterns.event_stream import EventStream

# Wide enough for most work, narrow enough that a retry storm cannot use the account's 1,000.
_MAX_CONCURRENCY = 10
# A mapping's MaximumConcurrency takes 2 to 1,000
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
_CONCURRENCY_LIMIT = 1000
_QUEUE_BATCH = 10
# Above ten messages a batch needs a window (docs.aws.amazon.com/lambda/latest/dg/
# services-sqs-configure.html); FIFO queues take ten at most.
_QUEUE_BATCH_WITHOUT_WINDOW = 10
_QUEUE_BATCH_LIMIT = 10_000
_STREAM_BATCH = 100
_STREAM_RETRIES = 5
_PARALLELIZATION = range(1, 11)
_ASYNC_RETRIES = 2
_ASYNC_EVENT_AGE_SECONDS = 3600


class LambdaWorker(Construct, Sender):
    """A function that works through a queue, a stream, or events it is invoked with.

    Its concurrency is bounded, so that no storm of retries uses the account's; it reports the
    messages that failed, not the batch; retries end, and what still fails is kept where an alarm
    watches.

    Example:
        `LambdaWorker(self, "Billing", handler="shop.billing.handler").consumes(invoices)`

    Args:
        scope: Parent construct.
        construct_id: Also the hop's name in logs and spans.
        handler: Dotted path from the source root, "package.module.function"; or your own function
            or alias, whose settings are then its own affair.
        code: Source root, relative to where the app runs; only the handler's package ships.
        timeout: Longest run of one batch. None: 30 s.
        memory_mb: Memory in MB; CPU grows with it.
        max_concurrency: Most batches at a time from a queue (2 to 1,000), or most executions when
            it is invoked asynchronously (reserved concurrency). A stream's bound is its shards
            times `parallelization`. `Off(reason)` for no bound.
        idempotent: Remember the ids of processed events in a table for four days, so that a message
            delivered twice has one effect.
        environment: More environment variables.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        function: The function.
        mappings: Its event source mappings, by the id of what it consumes.
        failures: Dead-letter queues for streams and asynchronous invocations, by source id.
        idempotency_table: The table, if `idempotent`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    function: lambda_.IFunction
    mappings: dict[str, lambda_.CfnEventSourceMapping]
    failures: dict[str, sqs.Queue]
    idempotency_table: dynamodb.Table | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str | lambda_.IFunction,
        code: str = "functions",
        timeout: cdk.Duration | None = None,
        memory_mb: int = MEMORY_MB,
        max_concurrency: int | Off = _MAX_CONCURRENCY,
        idempotent: bool = False,
        environment: Mapping[str, str] | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._timeout = timeout or cdk.Duration.seconds(30)
        _check(self._timeout, max_concurrency)
        self._id = construct_id
        self._alarms_to = alarms_to or operator_alarms(self)
        self._max_concurrency = max_concurrency
        self._owned: list[Code] = []
        self.mappings = {}
        self.failures = {}
        self.idempotency_table = None
        if isinstance(handler, str):
            owned = function(
                self,
                "Function",
                handler=handler,
                code=code,
                service=construct_id,
                timeout=self._timeout,
                memory_mb=memory_mb,
                environment=environment,
                alarms_to=self._alarms_to,
            )
            self.function = owned
            self._owned.append(owned)
        else:
            self.function = handler
            if isinstance(handler, lambda_.Function):
                self._owned.append(handler)
        if isinstance(max_concurrency, Off):
            acknowledge(self.function, {"Hinagata::FM102": max_concurrency.reason})
        if idempotent:
            self.idempotency_table = self._remembers()

    def consumes(
        self,
        source: PointToPointQueue | EventStream,
        *,
        batch_size: int | None = None,
        window: cdk.Duration | None = None,
        retries: int = _STREAM_RETRIES,
        parallelization: int = 1,
        max_age: cdk.Duration | None = None,
    ) -> None:
        """Works through a queue or a stream.

        A queue's visibility timeout is derived from this worker's timeout and `window`; its
        dead-letter queue takes what fails. A stream's failing batch is halved until the bad
        record is alone, retried, and its position sent to a dead-letter queue of this worker.

        Args:
            source: The queue or stream.
            batch_size: Messages at a time. None: 10 of a queue, 100 of a stream.
            window: Wait this long for a batch to fill. None: do not wait.
            retries: (stream) retries of a failing batch.
            parallelization: (stream) batches of one shard at a time, 1 to 10; the order within a
                partition key stays.
            max_age: (stream) give up records older than this. None: when retries end.

        Raises:
            ValueError: A value breaks a rule, or the queue's own visibility timeout is too short.
        """
        if isinstance(source, PointToPointQueue):
            mapping = self._consumes_queue(source, batch_size or _QUEUE_BATCH, window)
        else:
            mapping = self._consumes_stream(
                source, batch_size or _STREAM_BATCH, window, retries, parallelization, max_age
            )
        self.mappings[source.node.id] = mapping

    def _consumes_queue(
        self, source: PointToPointQueue, batch_size: int, window: cdk.Duration | None
    ) -> lambda_.CfnEventSourceMapping:
        waited = seconds(window) or 0
        if source.fifo and waited:
            message = f"{self.node.path} consumes FIFO queue {source.node.id}: it takes no window"
            raise ValueError(message)
        limit = _QUEUE_BATCH_LIMIT if waited else _QUEUE_BATCH_WITHOUT_WINDOW
        if not 1 <= batch_size <= limit:
            message = (
                f"{self.node.path}: batch_size={batch_size}; a queue gives 1 to "
                f"{_QUEUE_BATCH_WITHOUT_WINDOW} messages at a time, or up to {_QUEUE_BATCH_LIMIT} "
                "of a standard queue with a window of 1 s or more"
            )
            raise ValueError(message)
        if self._max_concurrency == 1:
            message = (
                f"{self.node.path}: max_concurrency=1; a queue's mapping takes 2 to 1000. For one "
                "at a time use a FIFO queue with one message group"
            )
            raise ValueError(message)
        source.consumed_for(self._timeout, window)
        source.queue.grant_consume_messages(self.function)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            f"From{source.node.id}",
            event_source_arn=source.queue.queue_arn,
            function_name=self.function.function_arn,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=int(waited) or None,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=None
            if isinstance(self._max_concurrency, Off)
            else lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=self._max_concurrency
            ),
        )
        acknowledge(mapping, SQS_MAPPING)
        return mapping

    def _consumes_stream(
        self,
        source: EventStream,
        batch_size: int,
        window: cdk.Duration | None,
        retries: int,
        parallelization: int,
        max_age: cdk.Duration | None,
    ) -> lambda_.CfnEventSourceMapping:
        if parallelization not in _PARALLELIZATION:
            message = (
                f"{self.node.path}: parallelization={parallelization}; Lambda takes 1 to 10 "
                "batches of one shard at a time"
            )
            raise ValueError(message)
        if retries < 0:
            message = (
                f"{self.node.path}: retries={retries} means for ever, and a bad record would "
                f"block its shard until it expires: give a number, e.g. {_STREAM_RETRIES}"
            )
            raise ValueError(message)
        source.stream.grant_read(self.function)
        failures = self._keeps_failures(source.node.id)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            f"From{source.node.id}",
            event_source_arn=source.stream.stream_arn,
            function_name=self.function.function_arn,
            starting_position="TRIM_HORIZON",
            batch_size=batch_size,
            maximum_batching_window_in_seconds=int(seconds(window) or 0) or None,
            parallelization_factor=parallelization,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=retries,
            maximum_record_age_in_seconds=int(max_age.to_seconds()) if max_age else -1,
            function_response_types=["ReportBatchItemFailures"],
            destination_config=_on_failure(failures),
        )
        alarm(
            self,
            f"Behind{source.node.id}",
            says=f"{self._id}: it is a minute behind {source.node.id}.",
            namespace="AWS/Lambda",
            metric="IteratorAge",
            dimensions={"FunctionName": self.function.function_name},
            above=60_000,
            minutes=3,
            tells=self._alarms_to,
        )
        return mapping

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this worker: `<ID>_FUNCTION_NAME`."""
        return environment_name(self._id, "FUNCTION_NAME"), self.function.function_name

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` invoke it asynchronously; failures end in a dead-letter queue."""
        self.function.grant_invoke(grantee)
        if "Invocations" in self.failures:
            return
        failures = self._keeps_failures("Invocations")
        lambda_.CfnEventInvokeConfig(
            self,
            "Asynchronous",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=_ASYNC_RETRIES,
            maximum_event_age_in_seconds=_ASYNC_EVENT_AGE_SECONDS,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=failures.queue_arn
                )
            ),
        )
        resource = self.function.node.default_child
        if isinstance(resource, lambda_.CfnFunction) and not isinstance(self._max_concurrency, Off):
            resource.reserved_concurrent_executions = self._max_concurrency

    def _keeps_failures(self, source: str) -> sqs.Queue:
        failures = dead_letter_queue(
            self, f"{source}Failures", owner=self._id, alarms_to=self._alarms_to
        )
        failures.grant_send_messages(self.function)
        self.failures[source] = failures
        return failures

    def _remembers(self) -> dynamodb.Table:
        from aws_cdk import aws_dynamodb as dynamodb

        table = dynamodb.Table(
            self,
            "Idempotency",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expiration",
            # It holds only the ids of what was processed in the last days.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            table, {"AwsSolutions-DDB3": "it holds only the ids of events of the last days"}
        )
        for code in self._owned:
            table.grant(
                code.grant_principal,
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            )
            code.add_environment("IDEMPOTENCY_TABLE_NAME", table.table_name)
        return table

    def _code(self) -> Iterable[Code]:
        if not self._owned:
            message = (
                f"{self.node.path}: the handler is imported or an alias, whose environment cannot "
                "be changed here: use the verb where that function is made"
            )
            raise ValueError(message)
        return self._owned


def _check(timeout: cdk.Duration, max_concurrency: int | Off) -> None:
    given = seconds(timeout)
    if given is not None and not 1 <= given <= LAMBDA_TIMEOUT_SECONDS:
        message = (
            f"timeout of {given:g} s: Lambda runs 1 s to {LAMBDA_TIMEOUT_SECONDS} s; split the "
            "work, or run it on Fargate"
        )
        raise ValueError(message)
    if not isinstance(max_concurrency, Off) and not 1 <= max_concurrency <= _CONCURRENCY_LIMIT:
        message = f"max_concurrency={max_concurrency}: give 1 to 1000, or Off(reason) for no bound"
        raise ValueError(message)


def _on_failure(queue: sqs.Queue) -> lambda_.CfnEventSourceMapping.DestinationConfigProperty:
    return lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=queue.queue_arn)
    )
