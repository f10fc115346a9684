"""A consumer that is capped, retries a bounded number of times, and loses nothing: Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from patterns._acknowledgements import (
    AWS_KEY_OF_TABLE,
    BOUNDED_WRITER,
    PASSING_IDS,
    SQS_MAPPING,
    UNBOUNDED,
    UNBOUNDED_FUNCTION,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_seconds, in_words, resource_of, seconds
from patterns._defaults import dead_letter_queue
from patterns._flows import Sender, environment_name
from patterns._function import (
    LAMBDA_TIMEOUT_SECONDS,
    MEMORY_MB,
    function,
    own_timeout,
    underlying,
)
from patterns._off import Off
from patterns._own import refuse_beside
from patterns.point_to_point_queue import PointToPointQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from patterns._flows import Code, Records

# Wide enough for most work, narrow enough that a retry storm cannot use the account's 1,000.
_MAX_CONCURRENCY = 10
# A mapping's MaximumConcurrency takes 2 to 1,000
# (docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
_CONCURRENCY_LIMIT = 1000
_QUEUE_BATCH = 10
_TIMEOUT_SECONDS = 30
# Above ten messages a batch needs a window (docs.aws.amazon.com/lambda/latest/dg/
# services-sqs-configure.html); FIFO queues take ten at most.
_QUEUE_BATCH_WITHOUT_WINDOW = 10
_QUEUE_BATCH_LIMIT = 10_000
_STREAM_BATCH = 100
_STREAM_RETRIES = 5
# docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
_STREAM_RETRIES_LIMIT = 10_000
_STREAM_BATCH_LIMIT = 10_000
_STREAM_AGES = (60, 604_800)
_LONGEST_WINDOW_SECONDS = 300
_PARALLELIZATION = range(1, 11)
_INVOCATIONS = "Invocations"
_ASYNCHRONOUSLY = "is invoked asynchronously"
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
            or alias, whose settings, logs and error alarms are then its own affair.
        code: Source root, relative to where the app runs; only the handler's package ships. None:
            the handler is one of `pattern_runtime`, which is in the layer.
        timeout: Longest run of one batch. None: 30 s, or your own function's. Of an imported
            function it is not known: say it here.
        memory_mb: Memory in MB; CPU grows with it. None: 512.
        max_concurrency: Most batches at a time from a queue (2 to 1,000), or most executions when
            it is invoked asynchronously (reserved concurrency; your own function has its own). A
            stream's bound is its shards times `parallelization`. None: 10, or what your own
            function has reserved, if that is less. `Off(reason)` for no bound.
        idempotent: Remember the ids of processed events in a table for four days, so that a message
            delivered twice has one effect.
        environment: More environment variables.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        function: The function.
        mappings: Its event source mappings, by the id of what it consumes.
        queues: The queues that it consumes, by their id.
        failures: Dead-letter queues for streams and asynchronous invocations, by source id.
        idempotency_table: The table, if `idempotent`.
        guarded_by: The id of the `CircuitBreaker` that guards it, if one does.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    function: lambda_.IFunction
    mappings: dict[str, lambda_.CfnEventSourceMapping]
    queues: dict[str, PointToPointQueue]
    failures: dict[str, sqs.Queue]
    idempotency_table: dynamodb.Table | None
    guarded_by: str | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str | lambda_.IFunction,
        code: str | None = "functions",
        timeout: cdk.Duration | None = None,
        memory_mb: int | None = None,
        max_concurrency: int | Off | None = None,
        idempotent: bool = False,
        environment: Mapping[str, str] | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        own = None if isinstance(handler, str) else own_timeout(handler)
        if not isinstance(handler, str):
            refuse_beside(
                "handler",
                handler,
                "function",
                timeout=timeout if own is not None else None,
                memory_mb=memory_mb,
                environment=environment,
            )
        self._timeout = own or timeout or in_seconds(_TIMEOUT_SECONDS)
        self._reserved = None if isinstance(handler, str) else _reserved(handler)
        if max_concurrency is None:
            max_concurrency = min(_MAX_CONCURRENCY, self._reserved or _MAX_CONCURRENCY)
        _check(self._timeout, max_concurrency)
        self._id = construct_id
        self._told = dict(environment or {})
        self._alarms_to = alarms_to or operator_alarms(scope)
        self._max_concurrency = max_concurrency
        self._owned: list[Code] = []
        self._made = True
        self.guarded_by = None
        self._invoked_as = ""
        self._acknowledged = False
        self.mappings = {}
        self.queues = {}
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
                memory_mb=memory_mb or MEMORY_MB,
                environment=environment,
                alarms_to=self._alarms_to,
            )
            self.function = owned
            self._owned.append(owned)
        else:
            self.function = handler
            self._made = False
            if isinstance(handler, lambda_.Function):
                self._owned.append(handler)
        if isinstance(max_concurrency, Off) and self._made:
            acknowledge(self.function, UNBOUNDED_FUNCTION.because(max_concurrency.reason))
        if idempotent:
            self.idempotency_table = self._remembers()

    def consumes(
        self,
        source: PointToPointQueue | Records,
        *,
        batch_size: int | None = None,
        window: cdk.Duration | None = None,
        retries: int | None = None,
        parallelization: int | None = None,
        max_age: cdk.Duration | None = None,
    ) -> None:
        """Works through a queue or a stream.

        A queue's visibility timeout is derived from this worker's timeout and `window`; its
        dead-letter queue takes what fails. A stream's failing batch is halved until the bad
        record is alone, retried, and its position sent to a dead-letter queue of this worker.

        Args:
            source: The queue or stream, or the store whose changes are meant.
            batch_size: Messages at a time. None: 10 of a queue, 100 of a stream.
            window: Wait this long for a batch to fill, up to 5 minutes. None: do not wait.
            retries: (stream) retries of a failing batch. None: 5. A queue has its
                `max_receive_count` instead.
            parallelization: (stream) batches of one shard at a time, 1 to 10; the order within a
                partition key stays. None: 1.
            max_age: (stream) give up records older than this, 1 minute to 7 days. None: when
                retries end.

        Raises:
            ValueError: A value breaks a rule, or the queue's own visibility timeout is too short.
        """
        name = source.construct_id
        if name in self.mappings:
            message = (
                f"{self.node.path} consumes a source of id {name!r} already: one mapping a source; "
                "raise max_concurrency, or give the other source an id of its own"
            )
            raise ValueError(message)
        if self._invoked_as:
            self._refuse_both(name, self._invoked_as)
        if self.guarded_by is not None:
            message = (
                f"{self.node.path} is guarded by {self.guarded_by} already, which would not pause "
                f"{name}: call consumes({name}) first, then {self.guarded_by}.guards(worker)"
            )
            raise ValueError(message)
        waited = seconds(window) or 0
        if waited > _LONGEST_WINDOW_SECONDS:
            message = (
                f"{self.node.path}: window of {waited:g} s; Lambda waits "
                f"{_LONGEST_WINDOW_SECONDS} s at most for a batch to fill: give less"
            )
            raise ValueError(message)
        if isinstance(source, PointToPointQueue):
            self._refuse_of_queue(retries=retries, parallelization=parallelization, max_age=max_age)
            size = _QUEUE_BATCH if batch_size is None else batch_size
            mapping = self._consumes_queue(source, size, window)
            self.queues[name] = source
        else:
            mapping = self._consumes_stream(
                source,
                _STREAM_BATCH if batch_size is None else batch_size,
                window,
                _STREAM_RETRIES if retries is None else retries,
                1 if parallelization is None else parallelization,
                max_age,
            )
        self.mappings[name] = mapping

    def _consumes_queue(
        self, source: PointToPointQueue, batch_size: int, window: cdk.Duration | None
    ) -> lambda_.CfnEventSourceMapping:
        waited = seconds(window) or 0
        if source.fifo and waited:
            message = (
                f"{self.node.path}: window of {waited:g} s; {source.construct_id} is a FIFO queue, "
                "which takes no window: leave it out"
            )
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
        self._check_reservation()
        self._acknowledge_no_bound()
        source.consumed_for(self._timeout, window)
        source.queue.grant_consume_messages(self.function)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            f"From{source.construct_id}",
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
        source: Records,
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
        if not 0 <= retries <= _STREAM_RETRIES_LIMIT:
            message = (
                f"{self.node.path}: retries={retries}; Lambda takes 0 to {_STREAM_RETRIES_LIMIT}, "
                "and -1 would be for ever: a bad record would block its shard until it expires. "
                f"Give a number, e.g. {_STREAM_RETRIES}"
            )
            raise ValueError(message)
        if not 1 <= batch_size <= _STREAM_BATCH_LIMIT:
            message = (
                f"{self.node.path}: batch_size={batch_size}; a stream gives 1 to "
                f"{_STREAM_BATCH_LIMIT} records at a time, {_STREAM_BATCH} is a good number"
            )
            raise ValueError(message)
        age = seconds(max_age)
        if age is not None and not _STREAM_AGES[0] <= age <= _STREAM_AGES[1]:
            message = (
                f"{self.node.path}: max_age of {age:g} s; Lambda takes 60 s to 604800 s (7 days): "
                "give a time between, or leave it out and let the retries end"
            )
            raise ValueError(message)
        source.grant_consume(self.function)
        failures = self._keeps_failures(source.construct_id)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            f"From{source.construct_id}",
            event_source_arn=source.stream_arn,
            function_name=self.function.function_arn,
            starting_position="TRIM_HORIZON",
            batch_size=batch_size,
            maximum_batching_window_in_seconds=int(seconds(window) or 0) or None,
            parallelization_factor=parallelization,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=retries,
            maximum_record_age_in_seconds=-1 if max_age is None else max_age.to_seconds(),
            function_response_types=["ReportBatchItemFailures"],
            destination_config=_on_failure(failures),
        )
        alarm(
            self,
            f"Behind{source.construct_id}",
            says=f"{self._id}: it is {in_words(source.iterator_age_alarm)} behind "
            f"{source.construct_id}.",
            namespace="AWS/Lambda",
            metric="IteratorAge",
            # An alias's metrics have its function's name, and the alias in another dimension.
            dimensions={"FunctionName": underlying(self.function).function_name},
            above=source.iterator_age_alarm.to_milliseconds(),
            minutes=3,
            tells=self._alarms_to,
        )
        return mapping

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this worker: `<ID>_FUNCTION_NAME`."""
        return environment_name(self._id, "FUNCTION_NAME"), self.function.function_name

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` invoke it asynchronously; failures end in a dead-letter queue."""
        _grant_invoke(self.function, grantee)
        self._is_invoked()

    def invoked_by(self, service: str, construct_id: str, source_arn: str) -> None:
        """Lets one resource of a service invoke it asynchronously; `EventBus` calls it.

        Args:
            service: The service, e.g. "events.amazonaws.com".
            construct_id: Of the permission, below this worker.
            source_arn: The resource.
        """
        lambda_.CfnPermission(
            self,
            construct_id,
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal=service,
            source_arn=source_arn,
        )
        self._is_invoked()

    def _is_invoked(self) -> None:
        """Bounds asynchronous invocations, and keeps those that fail."""
        if _INVOCATIONS in self.failures:
            return
        if self.mappings:
            self._refuse_both(next(iter(self.mappings)), _ASYNCHRONOUSLY)
        self._invoked_as = _ASYNCHRONOUSLY
        self._acknowledge_no_bound()
        self._bound_invocations()
        failures = self._keeps_failures(_INVOCATIONS)
        lambda_.CfnEventInvokeConfig(
            self,
            "Asynchronous",
            function_name=underlying(self.function).function_name,
            qualifier=_qualifier(self.function),
            maximum_retry_attempts=_ASYNC_RETRIES,
            maximum_event_age_in_seconds=_ASYNC_EVENT_AGE_SECONDS,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=failures.queue_arn
                )
            ),
        )

    def grant_call(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` invoke it and wait for its answer, whose failures are the caller's."""
        _grant_invoke(self.function, grantee)

    def grant_step(self, grantee: iam.IGrantable) -> None:
        """Lets a workflow invoke it, `max_concurrency` times at once at most.

        `DurableWorkflow` calls it. What is above that is throttled, and the workflow waits.
        """
        if self.mappings:
            self._refuse_both(next(iter(self.mappings)), "is a step of a workflow")
        self._bound_invocations()
        self.grant_call(grantee)
        self._invoked_as = self._invoked_as or "is a step of a workflow"

    @property
    def max_concurrency(self) -> int | None:
        """The most batches at a time from each queue; None for no bound."""
        return None if isinstance(self._max_concurrency, Off) else self._max_concurrency

    @property
    def timeout(self) -> cdk.Duration:
        """The longest run of one batch."""
        return self._timeout

    def _check_reservation(self) -> None:
        if isinstance(self._max_concurrency, Off) or self._reserved is None:
            return
        queues = len(self.queues) + 1
        wanted = queues * self._max_concurrency
        if wanted > self._reserved:
            message = (
                f"{self.node.path}: max_concurrency={self._max_concurrency} for each of {queues} "
                f"queues is more than the {self._reserved} executions that your own function has "
                "reserved: what is above is throttled, and each time counts as a receive: reserve "
                f"{wanted} or more where the function is made, or lower max_concurrency"
            )
            raise ValueError(message)

    def _acknowledge_no_bound(self) -> None:
        # Here, for it is a finding at the mapping or at the function, as events come.
        if isinstance(self._max_concurrency, Off) and not self._acknowledged:
            self._acknowledged = True
            acknowledge(self, UNBOUNDED.because(self._max_concurrency.reason))

    def _bound_invocations(self) -> None:
        resource = resource_of(underlying(self.function))
        if isinstance(self._max_concurrency, Off) or not isinstance(resource, lambda_.CfnFunction):
            return
        if self._made:
            resource.reserved_concurrent_executions = self._max_concurrency
        elif resource.reserved_concurrent_executions is None:
            message = (
                f"{self.node.path}: your own function has no reserved_concurrent_executions, so "
                "that a storm of invocations could use the account's whole concurrency: set it "
                "where the function is made, or give max_concurrency=Off(reason)"
            )
            raise ValueError(message)

    def _refuse_both(self, source: str, invoked: str) -> None:
        if isinstance(self._max_concurrency, Off):
            return
        message = (
            f"{self.node.path} {invoked} and consumes {source}: they would share "
            "one reserved concurrency, and throttled receives count towards the dead-letter queue: "
            "make a worker for each, or give max_concurrency=Off(reason)"
        )
        raise ValueError(message)

    def _refuse_of_queue(self, **settings: object) -> None:
        given = [name for name, value in settings.items() if value is not None]
        if given:
            message = (
                f"{self.node.path}: {', '.join(given)} of a queue cannot be set: they are a "
                "stream's; a queue has its own max_receive_count and retention"
            )
            raise ValueError(message)

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
        bounded = BOUNDED_WRITER
        if isinstance(self._max_concurrency, Off):
            bounded = bounded.because(self._max_concurrency.reason)
        acknowledge(table, PASSING_IDS, AWS_KEY_OF_TABLE, bounded)
        for code in self._code():
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
                f"{self.node.path}: the handler is imported, a version or an alias, whose "
                "environment cannot be changed here: grant and tell where that function is made"
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


def _grant_invoke(handler: lambda_.IFunction, grantee: iam.IGrantable) -> None:
    # Function.grant_invoke() includes every version and alias.
    grantee.grant_principal.add_to_principal_policy(
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[handler.function_arn])
    )


def _reserved(handler: lambda_.IFunction) -> int | None:
    """The reserved concurrency of your own function; None if it has none, or it is not known."""
    resource = resource_of(underlying(handler))
    if not isinstance(resource, lambda_.CfnFunction):
        return None
    reserved = resource.reserved_concurrent_executions
    return None if reserved is None or cdk.Token.is_unresolved(reserved) else int(reserved)


def _qualifier(handler: lambda_.IFunction) -> str:
    if isinstance(handler, lambda_.Alias):
        return handler.alias_name
    return handler.version if isinstance(handler, lambda_.Version) else "$LATEST"


def _on_failure(queue: sqs.Queue) -> lambda_.CfnEventSourceMapping.DestinationConfigProperty:
    return lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=queue.queue_arn)
    )
