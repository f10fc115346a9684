"""Stops triggering what cannot succeed: DynamoDB, Step Functions and Lambda."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from patterns._acknowledgements import (
    AWS_KEY_OF_TABLE,
    BOUNDED_WRITER,
    BREAKER_STATE,
    ONE_EXECUTION_AN_OUTAGE,
    OWN_HISTORY,
    TRACING_PERMISSION,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import in_seconds, minutes, resource_of, seconds, service, stack_of
from patterns._flows import environment_name
from patterns._function import LAMBDA_TIMEOUT_SECONDS, MEMORY_MB, function

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from patterns.lambda_worker import LambdaWorker

_FAILURE_PERCENT = 50
_MINIMUM_CALLS = 10
_WINDOW_SECONDS = 30
_WAIT_SECONDS = 30
_LONGEST_WAIT_MINUTES = 15
_PROBES = 2
# SQS gives no more messages at a time.
_MOST_PROBES = 10
_DRAIN_RATE = 10.0
_LONGEST_DRAIN_MINUTES = 60
_LOOK_SECONDS = 5
# A step of the workflow writes about 11 entries into its history, which takes 25,000
# (docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
_LONGEST_DRAIN_LIMIT_SECONDS = 2 * 3600
# What the controller does besides the probe: a few calls, each with a few seconds' patience.
_CONTROLLER_MARGIN_SECONDS = 30
# Two batches at a time is the least that a queue's mapping takes.
_LEAST_CONCURRENCY = 2


class CircuitBreaker(Construct):
    """Pauses the workers of a dependency that is away, and brings them back gently.

    Closed, all calls pass. It opens when too large a share of them fails within a window: workers
    refuse calls at once, and the event source mappings of their queues are paused, so that
    messages wait without being received. After a wait a few messages are processed as a probe;
    while these fail, the wait doubles. Then the mappings are resumed at their least concurrency,
    with calls paced at a set rate, until the backlog is gone and everything is as before.

    The state is one item of a table, changed by conditional writes; a Step Functions workflow
    takes care of an outage from its beginning to its end, and costs nothing while there is none.
    In the worker, `circuit_breaker` of `pattern_runtime` goes around the calls.

    Example:
        `CircuitBreaker(self, "PaymentBreaker").guards(worker)`

    Args:
        scope: Parent construct.
        construct_id: Also names the workers' variables: `PaymentBreaker` gives
            PAYMENT_BREAKER_TABLE_NAME, and `circuit_breaker("PAYMENT_BREAKER")` in the code.
        failure_percent: Share of failed calls that opens it, 1 to 100. None: 50.
        minimum_calls: With fewer calls in a window it stays as it is. None: 10.
        window: How long calls are counted together, 1 s or more. None: 30 s.
        wait: From the opening to the first probe, 1 s or more; doubled after each probe that
            failed. None: 30 s.
        longest_wait: The longest wait between two probes. None: 15 minutes, or `wait` if longer.
        probes: How many messages a probe takes, 1 to 10. None: 2.
        drain_rate: Calls a second while the backlog drains. Give what the dependency bears just
            after an outage, and more than what comes in meanwhile. None: 10.
        longest_drain: After this, full speed, whatever is left; up to 2 hours. None: 1 hour.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        table: Its state.
        controller: The function that takes the steps of an outage.
        workflow: The state machine that calls it, one execution an outage.
        alarms: By name: `opened`, `stuck`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    table: dynamodb.Table
    controller: lambda_.Function
    workflow: stepfunctions.CfnStateMachine
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        failure_percent: float | None = None,
        minimum_calls: int | None = None,
        window: cdk.Duration | None = None,
        wait: cdk.Duration | None = None,
        longest_wait: cdk.Duration | None = None,
        probes: int | None = None,
        drain_rate: float | None = None,
        longest_drain: cdk.Duration | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._id = construct_id
        self._rules = {
            "failure_percent": _FAILURE_PERCENT if failure_percent is None else failure_percent,
            "minimum_calls": _MINIMUM_CALLS if minimum_calls is None else minimum_calls,
            "window_seconds": seconds(window or in_seconds(_WINDOW_SECONDS)),
            "drain_rate": _DRAIN_RATE if drain_rate is None else drain_rate,
        }
        waited = seconds(wait or in_seconds(_WAIT_SECONDS)) or 0.0
        longest = seconds(longest_wait) if longest_wait else None
        self._plan = {
            "wait_seconds": waited,
            "longest_wait_seconds": max(waited, 60.0 * _LONGEST_WAIT_MINUTES)
            if longest is None
            else longest,
            "probes": _PROBES if probes is None else probes,
            "look_seconds": _LOOK_SECONDS,
            "longest_drain_seconds": seconds(longest_drain or minutes(_LONGEST_DRAIN_MINUTES)),
            "drain_rate": self._rules["drain_rate"],
        }
        _check({**self._rules, **self._plan})
        alarms_to = alarms_to or operator_alarms(scope)
        self._sources: list[dict[str, object]] = []
        self._probe_seconds = 0.0
        # A name of its own: by reference the workers would need the workflow, which needs the
        # controller, which needs the workers.
        self._workflow_name = f"{cdk.Aws.STACK_NAME}-{construct_id}"
        self._workflow_arn = (
            f"arn:{cdk.Aws.PARTITION}:states:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:"
            f"stateMachine:{self._workflow_name}"
        )
        self.table = self._state_table()
        self.controller = function(
            self,
            "Controller",
            handler="pattern_runtime.breaker_control.handler",
            code=None,
            service=construct_id,
            timeout=in_seconds(_CONTROLLER_MARGIN_SECONDS),
            memory_mb=MEMORY_MB,
            alarms_to=alarms_to,
            environment={"STATE_TABLE_NAME": self.table.table_name},
        )
        acknowledge(self.controller, ONE_EXECUTION_AN_OUTAGE)
        self.table.grant(self.controller, "dynamodb:GetItem", "dynamodb:PutItem")
        self.workflow = self._outage()
        opened = (
            "the breaker opened, and paused what it guards. It closes by itself when the "
            "dependency is back."
        )
        stuck = (
            "nobody takes care of an outage any more, and what it guards stays paused. Read the "
            "failed execution, mend the cause, then redrive it."
        )
        self.alarms = {
            name: alarm(
                self,
                name.capitalize(),
                says=f"{construct_id}: {says}",
                namespace="AWS/States",
                metric=metric,
                dimensions={"StateMachineArn": self.workflow.ref},
                above=0,
                statistic="Sum",
                tells=alarms_to,
            )
            for name, metric, says in (
                ("opened", "ExecutionsStarted", opened),
                ("stuck", "ExecutionsFailed", stuck),
            )
        }

    def guards(self, worker: LambdaWorker) -> None:
        """Pauses a worker's queues during an outage, and lets its code ask before each call.

        Workers of one dependency share a breaker: call it for each of them.

        Args:
            worker: Consumes one or more queues, and nothing else.

        Raises:
            ValueError: The worker consumes nothing, a stream, or batches that would outlast its
                timeout at the drain rate; or a breaker guards it already.
        """
        path = f"{self.node.path}.guards({worker.node.id})"
        if worker.guarded_by is not None:
            message = (
                f"{path}: {worker.guarded_by} guards it already: one breaker a worker; give each "
                "dependency a worker of its own, with a queue between"
            )
            raise ValueError(message)
        if not worker.mappings:
            message = f"{path}: it consumes nothing that could be paused: call consumes() first"
            raise ValueError(message)
        for name in worker.mappings.keys() - worker.queues.keys():
            message = (
                f"{path}: {name} is a stream, whose order a probe would break, and whose retries "
                "end: put a queue between, which waits as long as it must"
            )
            raise ValueError(message)
        timeout = seconds(worker.timeout) or 0.0
        needed = timeout + _CONTROLLER_MARGIN_SECONDS
        if needed > LAMBDA_TIMEOUT_SECONDS:
            message = (
                f"{path}: its timeout of {timeout:g} s, which a probe may take, leaves the "
                f"controller less than {_CONTROLLER_MARGIN_SECONDS} s of Lambda's "
                f"{LAMBDA_TIMEOUT_SECONDS} s: give "
                f"{LAMBDA_TIMEOUT_SECONDS - _CONTROLLER_MARGIN_SECONDS} s or less"
            )
            raise ValueError(message)
        largest = max(int(each.batch_size or 1) for each in worker.mappings.values())
        self._refuse_slow_drain(path, largest, timeout)
        for code in worker.told(self._variables(largest, timeout)):
            grantee = code.grant_principal
            self.table.grant(grantee, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
            _grant(grantee, ["states:StartExecution"], self._workflow_arn)
        acknowledge(worker.function, ONE_EXECUTION_AN_OUTAGE)
        worker.guarded_by = self._id
        self._controls(worker, timeout)

    def _variables(self, batch: int, timeout: float) -> dict[str, str]:
        """What the worker's code is told."""
        rules = {
            **self._rules,
            # A refused batch takes half the worker's time, and a paced one not more.
            "hold_seconds": round(timeout / 2 / batch, 3),
            "patience_seconds": round(timeout / 2, 3),
        }
        told = {
            "TABLE_NAME": self.table.table_name,
            "STATE_MACHINE_ARN": self._workflow_arn,
            "RULES": json.dumps(rules),
        }
        return {environment_name(self._id, suffix): value for suffix, value in told.items()}

    def _refuse_slow_drain(self, path: str, batch: int, timeout: float) -> None:
        rate = self._rules["drain_rate"] or 0.0
        paced = _LEAST_CONCURRENCY * batch / rate
        if paced > timeout / 2:
            message = (
                f"{path}: at drain_rate={rate:g} two batches of {batch} take {paced:g} s, more "
                f"than half of the worker's timeout of {timeout:g} s: give it consumes(queue, "
                f"batch_size={max(1, int(rate * timeout / 2 / _LEAST_CONCURRENCY))}) or less, or a "
                "longer timeout"
            )
            raise ValueError(message)

    def _controls(self, worker: LambdaWorker, timeout: float) -> None:
        """Lets the controller pause the worker's queues, and probe with their messages."""
        for name, source in worker.queues.items():
            mapping = worker.mappings[name]
            self._sources.append(
                {
                    "mapping": mapping.ref,
                    "queue_url": source.queue.queue_url,
                    "queue_arn": source.queue.queue_arn,
                    "function": worker.function.function_arn,
                    "concurrency": worker.max_concurrency,
                }
            )
            _grant(
                self.controller.grant_principal,
                ["lambda:UpdateEventSourceMapping"],
                mapping.attr_event_source_mapping_arn,
            )
            source.queue.grant(
                self.controller,
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            )
            if source.queue.encryption_master_key is not None:
                source.queue.encryption_master_key.grant_decrypt(self.controller)
        worker.grant_call(self.controller)
        self._probe_seconds = max(self._probe_seconds, timeout)
        plan = {**self._plan, "probe_timeout_seconds": self._probe_seconds}
        self.controller.add_environment("PLAN", json.dumps(plan))
        self.controller.add_environment("SOURCES", stack_of(self).to_json_string(self._sources))
        resource = resource_of(self.controller)
        resource.timeout = math.ceil(self._probe_seconds + _CONTROLLER_MARGIN_SECONDS)  # type: ignore[union-attr]  # a CfnFunction

    def _state_table(self) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "State",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expiration",
            # Without it, a breaker is closed; so it is after the stack is deployed again.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(table, BREAKER_STATE, AWS_KEY_OF_TABLE, BOUNDED_WRITER)
        return table

    def _outage(self) -> stepfunctions.CfnStateMachine:
        """The workflow of one outage: take a step, wait as long as that says, and again."""
        role = iam.Role(self, "WorkflowRole", assumed_by=service("states.amazonaws.com"))
        arn = self.controller.function_arn
        _grant(role, ["lambda:InvokeFunction"], arn)
        _grant(role, ["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*")
        acknowledge(role, TRACING_PERMISSION)
        workflow = stepfunctions.CfnStateMachine(
            self,
            "Workflow",
            state_machine_name=self._workflow_name,
            role_arn=role.role_arn,
            definition={
                "Comment": f"One outage of what {self._id} guards, from its beginning to its end",
                "StartAt": "Step",
                "States": {
                    "Step": {
                        "Type": "Task",
                        "Resource": arn,
                        # For about an hour and a half: without it the queues would stay paused.
                        "Retry": [
                            {
                                "ErrorEquals": ["States.ALL"],
                                "IntervalSeconds": 2,
                                "BackoffRate": 2,
                                "MaxDelaySeconds": 60,
                                "MaxAttempts": 100,
                                "JitterStrategy": "FULL",
                            }
                        ],
                        "Next": "IsClosed",
                    },
                    "IsClosed": {
                        "Type": "Choice",
                        "Choices": [
                            {"Variable": "$.closed", "BooleanEquals": True, "Next": "Closed"}
                        ],
                        "Default": "Wait",
                    },
                    "Wait": {"Type": "Wait", "SecondsPath": "$.wait", "Next": "Step"},
                    "Closed": {"Type": "Succeed"},
                },
            },
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(
                enabled=True
            ),
        )
        # What the role allows must be there before the first execution, not only the role.
        workflow.node.add_dependency(role.node.find_child("DefaultPolicy"))
        acknowledge(workflow, OWN_HISTORY)
        return workflow


def _grant(grantee: iam.IPrincipal, actions: list[str], resource: str) -> None:
    grantee.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))


def _check(values: dict[str, float | None]) -> None:
    """Refuses what makes no breaker; a duration that only CloudFormation knows passes."""
    for name, low, high, fix in (
        ("failure_percent", 1, 100, f"{_FAILURE_PERCENT} is a good number"),
        ("minimum_calls", 1, 1_000_000, f"{_MINIMUM_CALLS} is a good number"),
        ("probes", 1, _MOST_PROBES, f"SQS gives no more at a time; {_PROBES} is a good number"),
        ("drain_rate", 0.1, 100_000, "calls a second that the dependency bears after an outage"),
    ):
        value = values[name]
        if value is not None and not low <= value <= high:
            message = f"{name}={value:g}: give {low:g} to {high:g}; {fix}"
            raise ValueError(message)
    for name, low, high, fix in (
        ("window", 1, 3600, "long enough for minimum_calls, short enough to notice"),
        ("wait", 1, 86_400, "as long as the dependency needs to come back, e.g. 30 s"),
        ("longest_wait", 1, 86_400, "how late its return may be noticed, e.g. 15 minutes"),
        ("longest_drain", 1, _LONGEST_DRAIN_LIMIT_SECONDS, "the workflow's history ends there"),
    ):
        value = values[f"{name}_seconds"]
        if value is not None and not low <= value <= high:
            message = f"{name} of {value:g} s: give {low:g} s to {high:g} s; {fix}"
            raise ValueError(message)
    wait, longest = values["wait_seconds"], values["longest_wait_seconds"]
    if wait is not None and longest is not None and longest < wait:
        message = (
            f"longest_wait of {longest:g} s is below the first wait of {wait:g} s: give at least "
            "that, or leave it out"
        )
        raise ValueError(message)
