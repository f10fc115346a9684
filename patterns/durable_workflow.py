"""A process of several steps that survives failures: Step Functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from patterns._acknowledgements import (
    ERRORS_ALONE_LOGGED,
    LOG_DELIVERY,
    NO_USER_DATA_LOGGED,
    acknowledge,
)
from patterns._alarms import alarm, operator_alarms
from patterns._asked import as_seconds, in_seconds, seconds, service
from patterns._defaults import dead_letter_queue, log_group, watch_dead_letters
from patterns._flows import environment_name
from patterns._off import Off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

    from patterns.lambda_worker import LambdaWorker

_RETRIES = 5
_MOST_RETRIES = 100
_WAIT_SECONDS = 2
_LONGEST_WAIT_SECONDS = 60
_BACKOFF = 2.0
# A throttled step waits its turn: thirty times, up to a minute each, is about half an hour.
_THROTTLE_RETRIES = 30
_THROTTLE_WAIT_SECONDS = 1
_THROTTLED = "Lambda.TooManyRequestsException"
# What no retry mends: `pattern_runtime` raises it where the input is no event.
_NEVER_MENDS = ("MalformedEventError",)
# docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html: an execution lasts a year.
_LONGEST_SECONDS = 365 * 86_400
_STATE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
# Delivery of logs to a group of one's own; none of these takes a resource
# (docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html).
_LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
_LETTERS_ID = "DeadLetters"
_LEVELS = {"errors": "ERROR", "all": "ALL"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step of a workflow that can be undone.

    Attributes:
        worker: Does it.
        undo: Undoes it when a later step has failed for good. None: nothing to undo.
    """

    worker: LambdaWorker
    undo: LambdaWorker | None = None


class DurableWorkflow(Construct):
    """Steps that are taken one after the other, each retried, and kept where they fail for good.

    Each step is a worker that gets the event and what the steps before it returned: the event
    stays as it came, with its id and its trace, through every step (`$.results.<step>` takes what
    a step returns). A step that fails is retried with growing, jittered waits; a throttled one
    waits its turn. What fails for good undoes the steps before it, latest first, and lies in a
    dead-letter queue with the error, the event and all results. Traced and logged; alarms watch
    failed, timed out and throttled executions.

    In the worker, `each_step` of `pattern_runtime` makes the handler.

    Example:
        `DurableWorkflow(self, "Fulfilment", steps=[Step(worker=reserve, undo=release), ship])`

    Args:
        scope: Parent construct.
        construct_id: Also names the senders' variable: `Fulfilment` gives
            FULFILMENT_STATE_MACHINE_ARN.
        steps: Workers in their order, or `Step`s with what undoes them. A worker here consumes
            nothing, and runs `max_concurrency` times at once at most.
        retries: Of a step that failed, 0 to 100. None: 5.
        wait: Before the first retry, 1 s or more; doubled before each one after it, and between
            nothing and that, by chance (full jitter). None: 2 s.
        longest_wait: The longest wait between two retries. None: 1 minute, or `wait` if longer.
        final: Names of exceptions that no retry mends, e.g. ["OutOfStockError"].
        timeout: The longest execution, up to a year. None: as long as all steps, with every
            retry and what undoes them, may take. What is cut off leaves no dead letter, so it may
            not be less.
        log: "errors" logs what failed, "all" every transition, which is billed by the GB; neither
            logs what is in an event. `Off(reason)` for no log.
        dead_letters: Your own queue for what failed for good, watched by an alarm here too. None:
            a queue of its own, kept 14 days.
        alarms_to: Topic that alarms tell. None: the stack's `OperatorAlarms`.

    Attributes:
        construct_id: The id it was made with.
        workflow: The state machine.
        role: What it runs as.
        dead_letters: The queue for what failed for good.
        logs: Its log group; None if switched off.
        alarms: By name: `failed`, `timed_out`, `throttled`.

    Raises:
        ValueError: A value breaks a rule; the message says rule, value and fix.
    """

    construct_id: str
    workflow: stepfunctions.CfnStateMachine
    role: iam.Role
    dead_letters: sqs.IQueue
    logs: logs.LogGroup | None
    alarms: dict[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        steps: Sequence[LambdaWorker | Step],
        retries: int | None = None,
        wait: cdk.Duration | None = None,
        longest_wait: cdk.Duration | None = None,
        final: Sequence[str] = (),
        timeout: cdk.Duration | None = None,
        log: Literal["errors", "all"] | Off = "errors",
        dead_letters: sqs.IQueue | None = None,
        alarms_to: sns.ITopic | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.construct_id = construct_id
        self._steps = [step if isinstance(step, Step) else Step(worker=step) for step in steps]
        first = seconds(wait or in_seconds(_WAIT_SECONDS))
        longest = seconds(longest_wait) if longest_wait else None
        self._retries = _RETRIES if retries is None else retries
        self._waits = (
            _WAIT_SECONDS if first is None else first,
            max(_LONGEST_WAIT_SECONDS, first or 0) if longest is None else longest,
        )
        self._check(final, log)
        self._final = [*_NEVER_MENDS, *(name for name in final if name not in _NEVER_MENDS)]
        self._timeout = self._lasts(timeout)
        alarms_to = alarms_to or operator_alarms(scope)
        if dead_letters is None:
            self.dead_letters = dead_letter_queue(
                self, _LETTERS_ID, owner=construct_id, alarms_to=alarms_to
            )
        else:
            self.dead_letters = dead_letters
            watch_dead_letters(
                self, _LETTERS_ID, dead_letters, owner=construct_id, alarms_to=alarms_to
            )
        self.role = iam.Role(self, "Role", assumed_by=service("states.amazonaws.com"))
        for worker in self._workers():
            worker.grant_step(self.role)
        self.dead_letters.grant(self.role, "sqs:SendMessage")
        if self.dead_letters.encryption_master_key is not None:
            self.dead_letters.encryption_master_key.grant(
                self.role, "kms:Decrypt", "kms:GenerateDataKey"
            )
        self.logs = None if isinstance(log, Off) else log_group(self, "Logs")
        self.workflow = self._machine(log)
        self.alarms = {
            name: alarm(
                self,
                "".join(word.capitalize() for word in name.split("_")),
                says=f"{construct_id}: {says}",
                namespace="AWS/States",
                metric=metric,
                dimensions={"StateMachineArn": self.workflow.ref},
                above=0,
                statistic="Sum",
                minutes=minutes,
                tells=alarms_to,
            )
            for name, metric, minutes, says in (
                (
                    "failed",
                    "ExecutionsFailed",
                    1,
                    f"a step failed for good. Its event and error lie in {_LETTERS_ID}.",
                ),
                (
                    "timed_out",
                    "ExecutionsTimedOut",
                    1,
                    "an execution lasted too long and was cut off. Read it, then start it again.",
                ),
                (
                    "throttled",
                    "ExecutionThrottled",
                    3,
                    "its steps wait for Step Functions' own limit on transitions.",
                ),
            )
        }

    def address(self) -> tuple[str, str]:
        """A sender's environment variable for this workflow: `<ID>_STATE_MACHINE_ARN`."""
        return environment_name(self.construct_id, "STATE_MACHINE_ARN"), self.workflow.ref

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Lets `grantee` start an execution."""
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.workflow.ref])
        )

    def _workers(self) -> list[LambdaWorker]:
        workers = [step.worker for step in self._steps]
        return workers + [step.undo for step in self._steps if step.undo is not None]

    def _machine(self, log: str | Off) -> stepfunctions.CfnStateMachine:
        _allow(self.role, ["xray:PutTelemetryRecords", "xray:PutTraceSegments"])
        if self.logs is not None:
            _allow(self.role, _LOG_DELIVERY)
        acknowledge(self.role, LOG_DELIVERY)
        machine = stepfunctions.CfnStateMachine(
            self,
            "Workflow",
            role_arn=self.role.role_arn,
            definition=self._definition(),
            logging_configuration=None
            if self.logs is None
            else stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level=_LEVELS[str(log)],
                include_execution_data=False,
                destinations=[
                    stepfunctions.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=self.logs.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(
                enabled=True
            ),
        )
        # Step Functions looks whether it may write to the log group before it makes the workflow.
        machine.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        if isinstance(log, Off):
            acknowledge(
                machine,
                ERRORS_ALONE_LOGGED.because(log.reason),
                NO_USER_DATA_LOGGED.because(log.reason),
            )
        else:
            acknowledge(machine, NO_USER_DATA_LOGGED)
            if log == "errors":
                acknowledge(machine, ERRORS_ALONE_LOGGED)
        return machine

    def _definition(self) -> dict[str, Any]:
        """The states, in Amazon States Language."""
        states: dict[str, Any] = {}
        undone_by = "KeepFailure"
        following = [step.worker.node.id for step in self._steps[1:]]
        for step, onward in zip(self._steps, [*following, None], strict=True):
            name = step.worker.node.id
            states[name] = self._task(step.worker, "results")
            states[name] |= {"End": True} if onward is None else {"Next": onward}
            states[name]["Catch"] = [
                {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": undone_by}
            ]
            if step.undo is not None:
                undo = step.undo.node.id
                states[undo] = self._task(step.undo, "undone")
                states[undo] |= {"Next": undone_by}
                # The others are undone all the same, and the dead letter tells of this one.
                states[undo]["Catch"] = [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "ResultPath": f"$.not_undone.{undo}",
                        "Next": undone_by,
                    }
                ]
                undone_by = undo
        states["KeepFailure"] = {
            "Type": "Task",
            "Resource": f"arn:{cdk.Aws.PARTITION}:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": self.dead_letters.queue_url, "MessageBody.$": "$"},
            "Retry": self._retriers(),
            "ResultPath": "$.kept",
            "Next": "Failed",
        }
        states["Failed"] = {
            "Type": "Fail",
            "ErrorPath": "$.failure.Error",
            "CausePath": "$.failure.Cause",
        }
        names = [step.worker.node.id for step in self._steps]
        return {
            "Comment": f"{self.construct_id}: {', then '.join(names)}",
            "StartAt": names[0],
            "TimeoutSeconds": self._timeout,
            "States": states,
        }

    def _task(self, worker: LambdaWorker, kept_in: str) -> dict[str, Any]:
        return {
            "Type": "Task",
            "Resource": worker.function.function_arn,
            # The input goes on as it came, with the event's id and trace.
            "ResultPath": f"$.{kept_in}.{worker.node.id}",
            "Retry": self._retriers(),
        }

    def _retriers(self) -> list[dict[str, Any]]:
        first, longest = self._waits
        return [
            {"ErrorEquals": self._final, "MaxAttempts": 0},
            {
                "ErrorEquals": [_THROTTLED],
                "IntervalSeconds": _THROTTLE_WAIT_SECONDS,
                "BackoffRate": _BACKOFF,
                "MaxDelaySeconds": _LONGEST_WAIT_SECONDS,
                "MaxAttempts": _THROTTLE_RETRIES,
                "JitterStrategy": "FULL",
            },
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": int(first),
                "BackoffRate": _BACKOFF,
                # Step Functions wants it above the first wait.
                "MaxDelaySeconds": int(max(longest, first + 1)),
                "MaxAttempts": self._retries,
                "JitterStrategy": "FULL",
            },
        ]

    def _lasts(self, timeout: cdk.Duration | None) -> float:
        """How long an execution may last, in seconds."""
        each = _waited(_THROTTLE_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _THROTTLE_RETRIES)
        each += _waited(*self._waits, self._retries)
        runs = self._retries + _THROTTLE_RETRIES + 1
        needed = each  # to keep what failed
        for worker in self._workers():
            needed += each + runs * (seconds(worker.timeout) or 0)
        given = seconds(timeout) if timeout is not None else None
        if timeout is None and needed > _LONGEST_SECONDS:
            message = (
                f"{self.node.path}: its steps with {self._retries} retries may take {needed:g} s, "
                "and an execution lasts a year at most: lower retries or longest_wait"
            )
            raise ValueError(message)
        if given is not None and not needed <= given <= _LONGEST_SECONDS:
            message = (
                f"{self.node.path}: timeout of {given:g} s: its steps with {self._retries} retries "
                f"may take {needed:g} s, an execution lasts a year at most, and what is cut off "
                f"leaves no dead letter: give {needed:g} s to {_LONGEST_SECONDS} s, fewer retries, "
                "or leave it out"
            )
            raise ValueError(message)
        return needed if timeout is None else as_seconds(timeout)

    def _check(self, final: Sequence[str], log: object) -> None:
        path = self.node.path
        if not self._steps:
            message = f"{path}: a workflow needs a step, e.g. steps=[reserve, ship]"
            raise ValueError(message)
        taken = {"Failed", "KeepFailure"}
        for worker in self._workers():
            name = worker.node.id
            if name in taken:
                message = (
                    f"{path}: two states would be called {name!r}: each step needs a worker of its "
                    "own, with an id of its own"
                )
                raise ValueError(message)
            if not _STATE_NAME.fullmatch(name):
                message = (
                    f"{path}: the worker's id {name!r} is the name of its state, and of what it "
                    "returns: give it letters, digits and underscores, e.g. 'Reserve'"
                )
                raise ValueError(message)
            taken.add(name)
        if not 0 <= self._retries <= _MOST_RETRIES:
            message = (
                f"{path}: retries={self._retries}: give 0 to {_MOST_RETRIES}; {_RETRIES} is a good "
                "number, and what fails for good is kept"
            )
            raise ValueError(message)
        first, longest = self._waits
        if not 1 <= first <= longest or longest > 86_400:
            message = (
                f"{path}: wait of {first:g} s and longest_wait of {longest:g} s: give 1 s or more, "
                "the longest not below the first, and a day at most"
            )
            raise ValueError(message)
        if isinstance(final, str) or not all(name.isidentifier() for name in final):
            message = (
                f"{path}: final={final!r}: give the names of exceptions in a list, e.g. "
                '["OutOfStockError"]'
            )
            raise ValueError(message)
        if not isinstance(log, Off) and log not in _LEVELS:
            message = f'{path}: log={log!r}: give "errors", "all", or Off(reason)'
            raise ValueError(message)


def _waited(first: float, longest: float, times: int) -> float:
    """The longest that so many retries wait in all, in seconds."""
    return sum(min(first * _BACKOFF**before, longest) for before in range(times))


def _allow(role: iam.Role, actions: list[str]) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"]))
